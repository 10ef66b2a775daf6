"""Make the prior that is shipped: `python tools/spam_prior.py`, some minutes; the same input makes the same file.

It is taught by the SpamAssassin public corpus, which may be used freely, and by mail of our own making in fourteen
languages (bench/spam/made), and by nothing else.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORPORA = ROOT.parent / "shared" / "data" / "spam" / "dev.tar.zst"
PRIOR = ROOT / "apps" / "spam" / "learning" / "prior.bin"


def main() -> int:
    """Unpack, make, train."""
    if not CORPORA.exists():
        print(f"{CORPORA} is missing", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            ["tar", "--zstd", "-xf", str(CORPORA), "-C", name, "--wildcards", "*spamassassin/*"], check=True
        )
        made = folder / "made"
        subprocess.run([sys.executable, "-m", "bench.spam.made", str(made)], check=True, cwd=ROOT)
        source = next(folder.rglob("spamassassin"))
        command = [
            "manage.py",
            "spam",
            "train",
            "--source",
            str(source),
            "--made",
            str(made),
            "--out",
            str(PRIOR),
        ]
        return subprocess.run([sys.executable, *command], check=False, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
