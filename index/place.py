"""Where articles lie: a path of this machine, or an address. An address travels as a Path too, as every place does.

A Path keeps one of an address's two slashes, which `place` mends. Asks neither disk nor network.
"""

import re
from pathlib import Path

_ADDRESS = re.compile(r"([a-z][a-z0-9+-]+):/+(.*)", re.DOTALL)  # two letters at least: one is a drive of Windows


def place(path: Path) -> str:
    """A path as the user writes it: an address with both of its slashes."""
    return address_of(path) or str(path)


def address_of(path: Path) -> str:
    """The address that a path stands for, "" for a path on this machine."""
    match = _ADDRESS.fullmatch(path.as_posix())
    return f"{match[1]}://{match[2]}" if match else ""


def local(path: Path) -> Path:
    """The path that a `file://` address means; any other as it is."""
    scheme, _, rest = address_of(path).partition("://")
    return Path(f"/{rest}") if scheme == "file" else path
