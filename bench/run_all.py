"""Every benchmark, one after the other: `make bench`, or `python -m bench.run_all NAME ...` for some."""

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def names() -> list[str]:
    """Return the benchmarks: the modules of this folder that can be run."""
    return [
        path.stem
        for path in sorted(HERE.glob("*.py"))
        if path != Path(__file__) and 'if __name__ == "__main__"' in path.read_text()
    ]


def main() -> int:
    """Run them; the number of those that failed."""
    failed = 0
    for name in sys.argv[1:] or names():
        print(f"\n== {name}", flush=True)
        began = time.monotonic()
        code = subprocess.run(
            [sys.executable, "-m", f"bench.{name}"], cwd=HERE.parent, check=False
        ).returncode
        print(
            f"-- {name}: {'done' if code == 0 else f'FAILED ({code})'} in {time.monotonic() - began:.0f} s",
            flush=True,
        )
        failed += code != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
