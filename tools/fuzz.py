"""Run the fuzz targets of tests/fuzz under atheris: all of them in turn, or those named.

Inputs that reach new code are kept in var/fuzz/corpus/NAME and start the next run; what the repository keeps in
tests/fuzz/corpus/NAME is only read. An input that fails is kept in var/fuzz/failed, and the command that repeats
it is printed.
"""

import argparse
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGETS = ROOT / "tests/fuzz"
KEPT = TARGETS / "corpus"
OURS = ROOT / "var/fuzz"
LIMITS = ["-rss_limit_mb=1024", "-timeout=30", "-max_len=4096", "-len_control=20", "-reload=0"]
"""Memory, the seconds one input may take, and how long inputs grow."""
_RUNS = re.compile(r"^stat::number_of_executed_units:\s+(\d+)", re.MULTILINE)
_SAID = re.compile(r"(?<=Uncaught Python exception: ===\n).*|^==\d+== ERROR.*", re.MULTILINE)
_FAILED = re.compile(r"Test unit written to (\S+)")


def names() -> list[str]:
    """Return the names of all targets."""
    return sorted(path.stem.removeprefix("fuzz_") for path in TARGETS.glob("fuzz_*.py"))


def run_one(name: str, arguments: list[str]) -> None:
    """Become the fuzzer of one target; `arguments` are libFuzzer's."""
    import atheris

    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.test")
    # Everything of ours is imported here, so that it tells which of its branches were taken.
    with atheris.instrument_imports(include=["apps", "mailplatform"]):
        import django

        django.setup()
        from tests.fuzz.limits import bounded

        target = bounded(name)
    atheris.Setup([sys.argv[0], *arguments], target)
    atheris.Fuzz()


def fuzz(name: str, seconds: int) -> bool:
    """Run one target for so long in a process of its own; returns whether nothing failed."""
    found, failed = OURS / "corpus" / name, OURS / "failed"
    found.mkdir(parents=True, exist_ok=True)
    failed.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, __file__, "--one", name, str(found)]
    if (KEPT / name).is_dir():
        command.append(str(KEPT / name))
    command += [
        *LIMITS,
        f"-max_total_time={seconds}",
        f"-artifact_prefix={failed}/{name}-",
        "-print_final_stats=1",
    ]
    log = OURS / f"{name}.log"
    with log.open("wb") as out:
        status = subprocess.run(
            command, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT, check=False
        ).returncode
    text = log.read_text("utf-8", "replace")
    runs = _RUNS.search(text)
    print(f"{name:20} {runs[1] if runs else '?':>9} runs  {'ok' if status == 0 else 'FAILED'}", flush=True)
    if status == 0:
        return True
    said = _SAID.search(text)
    print(*(f"    {line}" for line in (said[0] if said else text[-1000:]).splitlines()), sep="\n")
    if unit := _FAILED.search(text):
        print(f"    the input: {Path(unit[1]).read_bytes()[:200]!r}")
        print(f"    repeat:    {os.path.relpath(sys.executable, ROOT)} tools/fuzz.py --one {name} {unit[1]}")
    print(f"    the log:   {log}", flush=True)
    return False


def main() -> int:
    """Read the command line."""
    if sys.argv[1:2] == ["--one"]:
        run_one(sys.argv[2], sys.argv[3:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="NAME", help="targets to run; all when none is named")
    parser.add_argument("--seconds", type=int, default=60, help="how long each of them runs (60)")
    options = parser.parse_args()
    if unknown := set(options.targets) - set(names()):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if find_spec("atheris") is None:
        parser.error("atheris is not installed: it is there for Linux on x86_64, with Python 3.12 and 3.13")
    failed = [name for name in options.targets or names() if not fuzz(name, options.seconds)]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
