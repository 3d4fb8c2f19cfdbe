"""Who may use the page: names and hashed passwords in a file. Knows nothing of HTTP but what a header holds.

One line each, `name:scrypt:n:r:p:salt:hash`; the hash cannot be turned back into the password.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path

from index.errors import SettingsError

_COST, _BLOCK, _LANES = 2**14, 8, 5  # OWASP's choice for scrypt with 16 MB: about 0.2 s a try
_MEMORY = 64 * 1024 * 1024
SHORTEST = 8  # characters of a password


class Users:
    """The users of a file, read anew when it changes."""

    def __init__(self, path: Path, lines: Mapping[str, str]) -> None:
        self._path = path
        self._lines = dict(lines)
        self._read_at = _changed(path)
        self._key = secrets.token_bytes(32)
        self._proven: set[bytes] = set()  # keyed digests of what has been right: a hash takes long on purpose
        self._hashing = threading.Lock()

    @classmethod
    def read(cls, path: Path) -> "Users":
        """Raises SettingsError for a file that cannot be read, or holds nobody."""
        return cls(path, _lines_of(path))

    def name_of(self, authorization: str, *, remembered: bool = False) -> str:
        """Whom an Authorization header proves: Basic, or Bearer with `name:password` for clients with one key.

        "" when it proves nobody. `remembered`: only what has been right before, which costs no time.
        """
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() == "basic":
            try:
                value = base64.b64decode(value.strip(), validate=True).decode("utf-8")
            except (binascii.Error, UnicodeDecodeError):
                return ""
        elif scheme.lower() != "bearer":
            return ""
        name, colon, password = value.strip().partition(":")
        return name if colon and self.knows(name, password, remembered=remembered) else ""

    def knows(self, name: str, password: str, *, remembered: bool = False) -> bool:
        """Whether this is the password of this user; `remembered`: and has been seen to be before."""
        if _changed(self._path) != self._read_at:
            self._lines, self._read_at = _lines_of(self._path), _changed(self._path)
            self._proven.clear()
        proof = hmac.digest(self._key, f"{name}\0{password}".encode(), "sha256")
        if proof in self._proven or remembered:
            return proof in self._proven
        line = self._lines.get(name, _NOBODY)  # the same work for a name that is not there
        with self._hashing:  # one at a time: guessing must not take all processors
            right = _matches(line, password) and name in self._lines
        if right:
            self._proven.add(proof)
        return right


def add_user(path: Path, name: str, password: str) -> None:
    """Writes a user into the file, in place of an older line of the same name. Raises SettingsError."""
    if not name or any(character in ":\n\r\0" for character in name) or name != name.strip():
        raise SettingsError(f"the name is {name!r}: use one without colons and spaces around it")
    if len(password) < SHORTEST:
        raise SettingsError(f"the password has {len(password)} characters: use {SHORTEST} or more")
    lines = _lines_of(path) if path.exists() else {}
    lines[name] = _hashed(password)
    text = "".join(f"{one}:{rest}\n" for one, rest in lines.items())
    temporary = path.with_name(f".{path.name}.new")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError as error:
        raise SettingsError(f"cannot write {str(path)!r}: {error.strerror or error}") from error


def _lines_of(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the users in {str(path)!r}: {error}") from error
    lines = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.partition(":")
        if not _parts(rest):
            raise SettingsError(
                f"{path}:{number} is no `name:scrypt:...` line: write users with `kotae users {path} NAME`"
            )
        lines[name] = rest
    if not lines:
        raise SettingsError(f"nobody is named in {str(path)!r}: add a user with `kotae users {path} NAME`")
    return lines


def _hashed(password: str) -> str:
    salt = secrets.token_bytes(16)
    made = _scrypt(password, salt, _COST, _BLOCK, _LANES)
    return ":".join(["scrypt", str(_COST), str(_BLOCK), str(_LANES), salt.hex(), made.hex()])


def _parts(line: str) -> tuple[int, int, int, bytes, bytes] | None:
    kind, *rest = line.split(":")
    try:
        cost, block, lanes, salt, made = rest
        return (
            (int(cost), int(block), int(lanes), bytes.fromhex(salt), bytes.fromhex(made)) if kind == "scrypt" else None
        )
    except ValueError:
        return None


def _matches(line: str, password: str) -> bool:
    parts = _parts(line)
    if not parts:
        return False
    cost, block, lanes, salt, made = parts
    return hmac.compare_digest(_scrypt(password, salt, cost, block, lanes), made)


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=lanes, maxmem=_MEMORY, dklen=32)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


_NOBODY = f"scrypt:{_COST}:{_BLOCK}:{_LANES}:{'00' * 16}:{'00' * 32}"
