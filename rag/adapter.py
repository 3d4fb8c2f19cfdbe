"""The adapter that Kotae brings for the chat model that it brings: low-rank matrices, added to the model's own.

Trained for the two things that the model is asked: whether the excerpts state the answer, and the answer
(`benchmarks/adapter.py`). A user may name another one, or none. Knows the files, not what is done with them.
"""

from pathlib import Path

from index.durable import file_digest
from index.errors import ModelError
from index.modelspec import ModelStatus
from rag.qwen import QWEN_CODER
from rag.settings import Settings

ADAPTER = Path(__file__).parent / "adapters" / "qwen2.5-coder-1.5b-answers.gguf"
ADAPTER_SHA256 = "82fc2ef44ad3ff5e153d9af36ee9376865bda7f5fc02c71767122064ac716b4c"
NONE = "none"  # what KOTAE_CHAT_ADAPTER says for no adapter


def adapter_file(settings: Settings) -> Path | None:
    """The adapter of the chat model in this process: what is asked for, else Kotae's own where it fits.

    Raises ModelError for a damaged one; one that a user names is read when the model is loaded.
    """
    if settings.chat_adapter and settings.chat_adapter != NONE:
        return Path(settings.chat_adapter).expanduser().resolve()
    if not _is_own(settings):
        return None
    if problem := _problem():
        raise ModelError(problem)
    return ADAPTER


def describe_adapter(settings: Settings) -> list[ModelStatus]:
    """One line for Kotae's own adapter; none where it is not used."""
    if settings.chat_url or not _is_own(settings):
        return []
    problem = _problem()
    return [
        ModelStatus(
            name=ADAPTER.stem,
            kind="adapter",
            ready=not problem,
            path=ADAPTER if ADAPTER.is_file() else None,
            size=ADAPTER.stat().st_size if ADAPTER.is_file() else 0,
            digest=ADAPTER_SHA256,
            licence="Apache-2.0",
            origin="trained for Kotae (NOTICE says on what)",
            source=problem or str(ADAPTER),
        )
    ]


def _is_own(settings: Settings) -> bool:
    return not settings.chat_adapter and settings.chat_model == QWEN_CODER.name


def _problem() -> str:
    """What is wrong with the file, "" where nothing is."""
    found = f"SHA-256 {file_digest(ADAPTER)}" if ADAPTER.is_file() else "no file"
    if found == f"SHA-256 {ADAPTER_SHA256}":
        return ""
    return (
        f"the adapter {str(ADAPTER)!r} has {found} instead of SHA-256 {ADAPTER_SHA256}: install Kotae again, or set "
        f"KOTAE_CHAT_ADAPTER={NONE} to do without it (answers are right less often)"
    )
