"""One unpacked copy of PostgreSQL's binaries for many state directories: tests and benchmarks make a lot of them."""

from pathlib import Path

from mailplatform.settings.state import SYSTEM_STATE

from .identity import choose
from .postgres import install_binaries

OURS = Path(__file__).parents[2] / "var"


def link_binaries(state: Path, *, namespaces: bool = True) -> None:
    """Link the binaries into a new state directory: unpacking takes seconds."""
    identity = choose(state / "pg" / "data", namespaces=namespaces)
    # Who runs as somebody else cannot read what lies in our home.
    kept = SYSTEM_STATE if identity.uid is not None else OURS
    binaries = install_binaries(kept / "pg").parent
    (state / "pg").mkdir(parents=True)
    (state / "pg" / binaries.name).symlink_to(binaries)
