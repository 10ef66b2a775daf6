"""Where state is kept when nobody says so, and where its sockets fit."""

import functools
import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

SYSTEM_STATE = Path("/var/lib/mailplatform")
SOCKET_BYTES = 107  # The longest path of a Unix socket.
NOBODY = 65534  # Known to every system; in a user namespace it is a name for ourselves.
AS_NOBODY = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")


@functools.cache
def user_namespaces_work() -> bool:
    """Say whether we may make a user namespace in which we are nobody in particular."""
    try:
        return (
            subprocess.run([*AS_NOBODY, "true"], capture_output=True, check=False, timeout=10).returncode == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def state_directory(checkout: Path, *, embedded: bool, namespaces: bool) -> Path:
    """Return the directory for state: `var` of the checkout wherever an embedded PostgreSQL can run there.

    PostgreSQL refuses to run as root. Without user namespaces it runs under another uid, which a checkout below
    root's home would lock out; then state is kept under /var/lib. What was decided once is kept in `var/state`,
    for a machine that changes its mind must not make mail disappear.
    """
    ours, decided = checkout / "var", checkout / "var" / "state"
    if decided.exists():
        return Path(decided.read_text().strip())
    if not embedded or os.geteuid() != 0 or (ours / "pg" / "data").exists():
        return ours
    if namespaces and user_namespaces_work():
        return ours
    return SYSTEM_STATE


def socket_path(directory: Path, name: str) -> Path:
    """Return where a socket of this name lies: in `directory`, or somewhere short when its path is too long."""
    if len(os.fsencode(directory / name)) <= SOCKET_BYTES:
        return directory / name
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    root = Path("/run") if os.geteuid() == 0 and Path("/run").is_dir() else Path(tempfile.gettempdir())
    return root / f"mailplatform-{os.geteuid()}-{digest}" / name
