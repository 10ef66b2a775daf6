"""`make show`: run every tests/show/NN_name.sh against a running system and tell what each showed.

A system is started for it in a temporary directory, on free ports. A script finds it by these variables:
RUN (the path of its run.json), MAIL_STATE_DIR and the rest of its settings, PYTHON (ours, with the project
importable), CHECKOUT and SCRATCH (a directory of the script's own). It prints its evidence, exits 0, and
exits 75 with a reason when this machine lacks something it needs.

`python tools/show.py 03 07` runs some of them; RUN=var/run.json uses a system that runs already.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SKIPPED = 75
sys.path.insert(0, str(ROOT))


def main(chosen: list[str]) -> int:
    """Run the scripts; the number of those that failed."""
    scripts = [
        path
        for path in sorted((ROOT / "tests" / "show").glob("[0-9][0-9]_*.sh"))
        if not chosen or any(path.name.startswith(name) for name in chosen)
    ]
    with tempfile.TemporaryDirectory(prefix="mp-show-", ignore_cleanup_errors=True) as directory:
        scratch = Path(directory)
        scratch.chmod(0o711)
        if given := os.environ.get("RUN"):
            return _run(scripts, {**os.environ, "RUN": str(Path(given).absolute())}, scratch)
        from tests.servers import link_binaries
        from tests.supervisor.system import System, environment

        state = scratch / "state"
        state.mkdir(mode=0o711)
        link_binaries(state)
        env = environment(state)
        system = System(state, env)
        system.wait(120)
        try:
            return _run(scripts, {**env, "RUN": str(state / "run.json")}, scratch)
        finally:
            system.stop()


def _run(scripts: list[Path], env: dict[str, str], scratch: Path) -> int:
    failed, skipped = [], []
    env |= {"PYTHON": sys.executable, "CHECKOUT": str(ROOT), "PYTHONPATH": str(ROOT)}
    for script in scripts:
        print(f"\n== {script.stem}", flush=True)
        own = scratch / script.stem
        own.mkdir(mode=0o755)
        began = time.monotonic()
        code = subprocess.run(
            ["bash", str(script)], cwd=own, env={**env, "SCRATCH": str(own)}, check=False
        ).returncode
        word = {0: "shown", SKIPPED: "SKIPPED"}.get(code, f"FAILED ({code})")
        print(f"-- {script.stem}: {word} in {time.monotonic() - began:.1f} s", flush=True)
        failed += [script.stem] if code not in {0, SKIPPED} else []
        skipped += [script.stem] if code == SKIPPED else []
    print(
        f"\n{len(scripts) - len(failed) - len(skipped)} shown, {len(failed)} failed, {len(skipped)} skipped"
    )
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
