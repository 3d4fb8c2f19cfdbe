"""The container files say what the code knows: settings, commands, folders. Building them needs a daemon."""

import dataclasses
import json
import re
from pathlib import Path

import pytest
import yaml

from rag.settings import Settings
from ui.cli import _parser

ROOT = Path(__file__).parent.parent
SETTINGS = {f"KOTAE_{field.name.upper()}" for field in dataclasses.fields(Settings)}


@pytest.mark.parametrize("name", ["Containerfile", "compose.yaml"])
def test_every_setting_named_is_one(name: str) -> None:
    named = set(re.findall(r"KOTAE_\w+", (ROOT / name).read_text("utf-8")))
    assert named
    assert named - SETTINGS == set()


def test_the_image_holds_every_package_and_starts_the_page() -> None:
    lines = (ROOT / "Containerfile").read_text("utf-8").splitlines()
    copied = {line.split()[1] for line in lines if re.fullmatch(r"COPY (\w+) \1", line)}
    assert copied == {"index", "rag", "ui"}
    (command,) = [json.loads(line.removeprefix("CMD ")) for line in lines if line.startswith("CMD ")]
    options = _parser().parse_args(command[1:])
    assert (command[0], options.host, options.port) == ("kotae", "0.0.0.0", 7860)
    assert str(options.users) == "/data/users"


def test_the_model_and_the_chroma_server_behind_the_page_are_reached_by_the_page_alone() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    served = services["model"]["command"][services["model"]["command"].index("--served-model-name") + 1]
    assert services["page"]["environment"] == {
        "KOTAE_CHAT_URL": "${KOTAE_CHAT_URL-http://model:8000/v1}",
        "KOTAE_CHAT_MODEL": "${KOTAE_CHAT_MODEL-" + served + "}",
        "KOTAE_CHROMA_URL": "${KOTAE_CHROMA_URL-http://chroma:8000}",
    }
    for name in ("model", "chroma"):
        assert ("ports" in services[name], services[name]["networks"]) == (False, ["inside"])
    assert (services["page"]["hostname"], services["page"]["depends_on"]) == ("page", ["model", "chroma"])
    pinned = re.findall(r"^chromadb==(.+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    assert [f"chromadb/chroma:{version}" for version in pinned] == [services["chroma"]["image"]]
    assert services["page"]["ports"] == ["127.0.0.1:7860:7860"]
