"""Write the canary into a folder: `python -m bench.spam.canary DIR [LANGUAGE...]`."""

import sys
from pathlib import Path

from bench.spam.canary import languages, mails


def write(folder: Path, code: str) -> int:
    """Write the messages of a language as DIR/LANGUAGE/ham/SORT-NNN.eml; how many."""
    count = 0
    for mail in mails(code):
        path = folder / code / mail.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mail.raw)
        count += 1
    return count


def main(arguments: list[str]) -> int:
    """Write those asked for, or all."""
    if not arguments:
        print(__doc__)
        return 2
    for code in arguments[1:] or languages():
        print(f"{code}: {write(Path(arguments[0]), code)} messages")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
