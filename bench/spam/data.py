"""The labelled mail that is measured with: unpacked once, chosen from, and laid out in folders for one run.

The collections are read where they lie and are no part of the project; what is unpacked goes to `var/`.
"""

import json
import random
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNPACKED = ROOT / "var" / "bench-spam" / "dev"


@dataclass(frozen=True, slots=True)
class Mail:
    """One labelled message in a file."""

    corpus: str
    label: str
    path: Path
    date: str

    @property
    def name(self) -> str:
        """A file name that no other message has."""
        return f"{self.corpus}__{self.path.name}"


def archive() -> Path | None:
    """Return where the collection lies: beside the checkout, or one further up for a worktree."""
    places = [
        parent / "shared" / "data" / "spam" / "dev.tar.zst" for parent in (ROOT.parent, ROOT.parent.parent)
    ]
    return next((place for place in places if place.exists()), None)


def unpack(given: Path) -> Path:
    """Return a folder with the manifest: the one given, or what a tarball holds, unpacked once."""
    if given.is_dir():
        return given
    state = given.stat()
    mark = f"{given.resolve()} {state.st_size} {int(state.st_mtime)}"
    done = UNPACKED / ".done"
    if not done.exists() or done.read_text() != mark:
        UNPACKED.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "--zstd", "-xf", given, "-C", UNPACKED], check=True)
        done.write_text(mark)
    return UNPACKED


def read(folder: Path) -> list[Mail]:
    """Return the messages that the manifest lists."""
    with (folder / "manifest.jsonl").open(encoding="utf-8") as lines:
        return [
            Mail(said["corpus"], said["label"], folder / said["file"], said.get("date") or "")
            for said in map(json.loads, lines)
        ]


def canary(folder: Path) -> list[Mail]:
    """Return the messages of the canary below a folder it was written to."""
    return [Mail(path.parts[-3], "ham", path, "") for path in sorted(folder.glob("*/ham/*.eml"))]


def sample(mails: Iterable[Mail], count: int, seed: object) -> list[Mail]:
    """Return some of them, the same for the same seed; a smaller sample of one seed is part of a larger one."""
    chosen = sorted(mails, key=lambda mail: mail.name)
    random.Random(f"sample {seed}").shuffle(chosen)
    return chosen[:count]


def marks(mails: Iterable[Mail], count: int, seed: object) -> list[Mail]:
    """Return as many that somebody marked: as they come, but one of each kind at least."""
    chosen = sample(mails, 1 << 30, seed)
    for wanted in (True, False):
        place = next((n for n, mail in enumerate(chosen) if (mail.label == "ham") == wanted), 0)
        chosen.insert(0, chosen.pop(place))
    return chosen[:count]


def lay(folder: Path, mails: Iterable[Mail]) -> Path:
    """Lay messages out as links in FOLDER/LABEL/."""
    for mail in mails:
        place = folder / mail.label
        place.mkdir(parents=True, exist_ok=True)
        (place / mail.name).symlink_to(mail.path.resolve())
    return folder
