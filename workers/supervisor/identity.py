"""Who runs PostgreSQL: it refuses to be root, and initdb wants its user to have a name.

For root a user namespace is the gentlest way: no file has to be readable by anybody else. Where namespaces are
forbidden (containers often), the server gets a uid of its own, and its files with it.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailplatform.settings.state import AS_NOBODY, user_namespaces_work

from .errors import CannotStart

CANDIDATES = ("mailplatform", "postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Identity:
    """How to start a command so that it is not root, and who then owns its files (None: we do)."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    @property
    def options(self) -> dict[str, Any]:
        """Arguments for subprocess and asyncio."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Make a directory of the server's."""
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.uid is not None and self.gid is not None and path.stat().st_uid != self.uid:
            os.chown(path, self.uid, self.gid)


def choose(data: Path, *, namespaces: bool) -> Identity:
    """Return who runs the server whose data is, or will be, in `data`."""
    if os.geteuid() != 0:
        return _ordinary(namespaces=namespaces)
    owner = data.stat().st_uid if data.exists() else None
    if owner:  # It was started under a uid before and stays with it.
        return _other(owner, pwd.getpwuid(owner).pw_gid, data)
    if namespaces and user_namespaces_work():
        return Identity(AS_NOBODY)
    if owner == 0:
        raise CannotStart(
            f"MAIL_STATE_DIR: the database in {data} needs user namespaces, which are forbidden here now; "
            "allow them, or start as an ordinary user who owns it"
        )
    for name in CANDIDATES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return _other(found.pw_uid, found.pw_gid, data)
    raise CannotStart(
        "MAIL_STATE_DIR: PostgreSQL does not run as root, and there is no other user; start as an ordinary user"
    )


def _ordinary(*, namespaces: bool) -> Identity:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:  # A container started with a bare number.
        if namespaces and user_namespaces_work():
            return Identity(AS_NOBODY)
    return Identity()


def _other(uid: int, gid: int, data: Path) -> Identity:
    for parent in data.absolute().parents:
        if parent.exists() and not parent.stat().st_mode & 0o001 and parent.stat().st_uid != uid:
            raise CannotStart(
                f"MAIL_STATE_DIR: user {pwd.getpwuid(uid).pw_name}, who runs PostgreSQL for root, "
                f"cannot enter {parent}; choose a directory that others can enter"
            )
    return Identity(uid=uid, gid=gid)
