"""Write the made mail into a folder: `python -m bench.spam.made DIR [--per-language N]`."""

import argparse
from collections import Counter
from pathlib import Path

from bench.spam.made.make import PER_LANGUAGE, all_messages


def main() -> None:
    """One message a file, `<class>/<language>-<kind>-<number>.eml`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--per-language", type=int, default=PER_LANGUAGE, metavar="N")
    asked = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    for code, label, kind, raw in all_messages(asked.per_language):
        counts[code, label] += 1
        folder = asked.folder / label
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{code}-{counts[code, label]:04d}-{kind}.eml").write_bytes(raw)
    for (code, label), count in sorted(counts.items()):
        print(f"{code} {label:5} {count}")


main()
