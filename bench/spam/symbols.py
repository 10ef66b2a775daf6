"""How often each symbol of a message's content is found in wanted and unwanted mail: `python -m bench.spam.symbols`.

Reads one message a file from `<corpus>/{ham,spam,phish}/` of the folders given (by default the collections beside the
project, unpacked for the time), strips what tells a collection apart, and prints the rate of each symbol, the log of the
ratio of rates shrunk towards 0, and the weight it has. Collections under non-commercial licences are shown and not counted.
"""

import argparse
import io
import math
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import zstandard
from tqdm import tqdm

from apps.spam.content import examine
from apps.spam.content.catalogue import KINDS
from apps.spam.learning.stripping import stripped
from apps.spam.reading import read
from apps.spam.symbols import Sort

HERE = Path(__file__).resolve()
ARCHIVES = [HERE.parents[up] / "shared" / "data" / "spam" / "dev.tar.zst" for up in (3, 4)]
CORPORA = ("spamassassin", "lists_modern", "lingspam", "phishing_pot")

LOOKED_AT_ONLY = frozenset({"phishing_pot"})
"""Collections whose licence lets nobody ship what was made of them: their rates are shown, and no weight comes from them."""
SHRINK = 20.0
"""Messages of nothing in particular that each symbol is thought to have been found in besides."""


def names_in(path: str) -> list[tuple[str, str]]:
    """Return the symbols of one message, each with its detail."""
    evidence = examine(read(stripped(Path(path).read_bytes())))
    return [(symbol.name, symbol.detail) for symbol in evidence.symbols]


def counted(paths: list[str], label: str, show: str = "") -> Counter[str]:
    """Return how many messages have each symbol; print the details of one."""
    found: Counter[str] = Counter()
    with ProcessPoolExecutor(2) as pool:
        for path, names in zip(
            paths, tqdm(pool.map(names_in, paths, chunksize=50), total=len(paths), desc=label), strict=True
        ):
            found.update(name for name, _ in names)
            for name, detail in names:
                if name == show:
                    tqdm.write(f"{path}: {detail}")
    return found


def shrunk(bad: int, of_bad: int, good: int, of_good: int) -> float:
    """Return the log of the ratio of two rates, drawn towards 0 where few messages tell it."""
    ratio = math.log((bad + 0.5) / (of_bad + 1)) - math.log((good + 0.5) / (of_good + 1))
    return ratio * (bad + good) / (bad + good + SHRINK)


def main() -> None:
    """Count, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="folders with ham/ and spam/ or phish/")
    parser.add_argument("--show", default="", metavar="SYMBOL", help="print where one symbol was found")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as unpacked:
        table(chosen.folders or collections(Path(unpacked)), chosen.show)


def collections(into: Path) -> list[Path]:
    """Unpack the collections beside the project; return their folders."""
    archive = next((path for path in ARCHIVES if path.exists()), None)
    if archive is None:
        raise SystemExit("the collections are not beside the project: name folders with ham/ and spam/")
    raw = zstandard.ZstdDecompressor().stream_reader(archive.read_bytes()).read()
    with tarfile.open(fileobj=io.BytesIO(raw)) as files:
        files.extractall(into, filter="data")
    return [into / name for name in CORPORA]


def table(folders: list[Path], show: str) -> None:
    """Print the table for these folders."""
    counts: dict[tuple[str, str], tuple[Counter[str], int]] = {}
    for folder, label, paths in labelled(folders):
        counts[folder, label] = counted(paths, f"{folder} {label}", show), len(paths)
    columns = list(counts)
    counted_in = [key for key in columns if key[0] not in LOOKED_AT_ONLY]
    bad = [key for key in counted_in if key[1] != "ham"]
    good = [key for key in counted_in if key[1] == "ham"]
    heads = [f"{folder[:12]} {label}" for folder, label in columns]
    print(
        f"rates in 1000 messages\n{'symbol':30}"
        + "".join(f"{head:>18}" for head in heads)
        + "   log ratio  weight"
    )
    for name, (weight, sort) in sorted(KINDS.items(), key=lambda item: (item[1][1], item[0])):
        numbers = {key: counts[key][0][name] for key in columns}
        if not any(numbers.values()) and sort is not Sort.BULK:
            print(f"{name:30}" + f"{'-':>18}" * len(columns) + f"{'':12}{weight:8.1f}")
            continue
        ratio = shrunk(
            sum(numbers[key] for key in bad), sum(counts[key][1] for key in bad),
            sum(numbers[key] for key in good), sum(counts[key][1] for key in good),
        )  # fmt: skip
        cells = "".join(f"{1000 * numbers[key] / max(counts[key][1], 1):18.1f}" for key in columns)
        print(f"{name:30}{cells}{ratio:12.2f}{weight:8.1f}")


def labelled(folders: list[Path]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield name, label and messages of what lies in each folder."""
    for folder in folders:
        for label in ("ham", "spam", "phish"):
            if paths := sorted(str(path) for path in (folder / label).glob("*.eml")):
                yield folder.name, label, paths


if __name__ == "__main__":
    main()
