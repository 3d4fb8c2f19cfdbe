"""How the page is served: everything an operator may change about it, in one place. Checked before anything starts."""

import os
from dataclasses import dataclass
from pathlib import Path

from index.errors import SettingsError
from ui.users import Users

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class PageSettings:
    """`kotae chat` sets each of these by the option of the same name. Raises SettingsError for what cannot be used.

    Beyond this machine somebody must be asked who they are: by passwords of ours, or by a proxy in front.
    """

    host: str = "127.0.0.1"
    port: int = 7860  # 0 takes a free one
    users: Path | None = None  # file of names and hashed passwords, as `kotae users` writes it
    proxy_header: str = ""  # header in which a proxy that has asked for the password names the user
    proxy_from: tuple[str, ...] = LOOPBACK  # addresses that proxy_header is believed from
    root_path: str = ""  # path under which a proxy shows the page: "/kotae"
    tls_cert: Path | None = None
    tls_key: Path | None = None

    def __post_init__(self) -> None:
        if self.host not in LOOPBACK and not self.users and not self.proxy_header:
            raise SettingsError(
                f"cannot serve on {self.host!r}: others could read the articles; name a file of users with --users "
                "(`kotae users FILE NAME` writes it) or a proxy's header with --proxy-header, or use "
                f"one of {', '.join(LOOPBACK)}"
            )
        if self.root_path and (not self.root_path.startswith("/") or self.root_path.endswith("/")):
            raise SettingsError(f"the root path is {self.root_path!r}: write it as /kotae")
        if bool(self.tls_cert) != bool(self.tls_key):
            raise SettingsError("--tls-cert and --tls-key belong together: give both")
        for path in (self.tls_cert, self.tls_key):
            if path and not os.access(path, os.R_OK):
                raise SettingsError(f"cannot read {str(path)!r}: give the path of a PEM file")
        if self.users:
            Users.read(self.users)

    @property
    def protected(self) -> bool:
        """Whether everyone is asked who they are. Only then may the page be reached by any name."""
        return bool(self.users or self.proxy_header)
