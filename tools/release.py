"""Pack what is committed, and the built assets, into dist/mailplatform-VERSION.tar.gz."""

import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Write the archive and print its path."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    name = f"mailplatform-{version}"
    out = ROOT / "dist" / f"{name}.tar"
    out.parent.mkdir(exist_ok=True)
    subprocess.run(["git", "archive", f"--prefix={name}/", "-o", str(out), "HEAD"], cwd=ROOT, check=True)
    with tarfile.open(out, "a") as archive:
        built = [
            *sorted((ROOT / "static" / "dist").iterdir()),
            *sorted(ROOT.glob("locale/*/LC_MESSAGES/*.mo")),
        ]
        for path in built:
            archive.add(path, arcname=f"{name}/{path.relative_to(ROOT)}")
    subprocess.run(["gzip", "-9f", str(out)], check=True)
    print(f"{out}.gz")
    return 0


if __name__ == "__main__":
    sys.exit(main())
