"""tools/bootstrap takes a Python only when it has seen it work, and installs only what changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REAL = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
TOOLS = ("cat", "cksum", "dirname", "rm", "sed", "sh", "head", "grep", "tail")

pytestmark = pytest.mark.slow


class Checkout:
    """A checkout that requires nothing, on a machine that has only what is put there."""

    def __init__(self, path: Path) -> None:
        self.path, self.bin = path / "checkout", path / "bin"
        (self.path / "tools").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(ROOT / "tools" / "bootstrap", self.path / "tools")
        for name in ("requirements.txt", "requirements-dev.txt"):
            (self.path / name).write_text("")
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found
            (self.bin / tool).symlink_to(found)

    def program(self, name: str, script: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / name).chmod(0o755)

    def has(self, name: str) -> None:
        self.program(name, f'exec "{REAL}" "$@"')

    def bootstrap(self, what: str = "run") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.path / "tools" / "bootstrap", what],
            env={
                "PATH": str(self.bin),
                "HOME": str(self.path.parent),
                "MAIL_OS_RELEASE": str(self.path / "os-release"),
                # Some Pythons find their own library by it.
                "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
            },
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def debian(self, name: str = "debian") -> Path:
        """Make this machine Debian, or another."""
        (self.path / "os-release").write_text(f"ID={name}\n")
        return self.path / "os-release"

    def version(self) -> str:
        return subprocess.run(
            [self.path / ".venv" / "bin" / "python", "-V"], capture_output=True, text=True, check=True
        ).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_a_shim_that_fails_is_passed_over(checkout: Checkout) -> None:
    checkout.program("python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    checkout.program("python3.12", "echo Python 3.12.9")  # Says so, and runs nothing that it is given.
    checkout.has("python3")
    done = checkout.bootstrap()
    assert done.returncode == 0, done.stderr
    assert checkout.version().startswith("Python 3.")
    assert checkout.bootstrap().stderr == ""  # Nothing is left to do.


def test_a_python_of_pyenv_is_found_by_its_path(checkout: Checkout) -> None:
    home = checkout.path.parent / ".pyenv" / "versions" / "3.13.0" / "bin"
    home.mkdir(parents=True)
    checkout.has("python")
    (checkout.bin / "python").rename(home / "python")
    assert checkout.bootstrap().returncode == 0


def test_no_python_is_one_line_that_names_the_ways(checkout: Checkout) -> None:
    checkout.program("python3", "exit 1")
    done = checkout.bootstrap()
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    for way in ("apt", "pyenv", "uv", "MAIL_PYTHON"):
        assert way in done.stderr
    assert not (checkout.path / ".venv").exists()


def test_it_installs_again_only_when_the_requirements_changed(checkout: Checkout) -> None:
    checkout.has("python3")
    assert "installing" in checkout.bootstrap("dev").stderr
    assert checkout.bootstrap("dev").stderr == ""
    assert checkout.bootstrap("run").stderr == ""  # What the tools need contains what running needs.
    (checkout.path / "requirements.txt").write_text("# changed\n")
    assert "installing requirements.txt" in checkout.bootstrap("run").stderr


def test_a_broken_environment_is_made_again(checkout: Checkout) -> None:
    checkout.has("python3")
    checkout.bootstrap()
    python = checkout.path / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python")
    assert checkout.bootstrap().returncode == 0
    assert checkout.version()


def test_an_environment_that_was_moved_is_made_again(checkout: Checkout) -> None:
    checkout.has("python3")
    checkout.bootstrap()
    moved = checkout.path.rename(checkout.path.with_name("elsewhere"))
    checkout.path = moved
    assert "made .venv" in checkout.bootstrap().stderr


def test_uv_is_asked_last(checkout: Checkout) -> None:
    checkout.has("fetched")
    checkout.program("uv", f'test "$2" = find && echo "{checkout.bin / "fetched"}"; exit 0')
    assert checkout.bootstrap().returncode == 0
    assert os.path.lexists(checkout.path / ".venv")


def test_a_browser_that_is_there_is_enough(checkout: Checkout) -> None:
    checkout.program("chromium", "exit 0")
    assert (checkout.bootstrap("browser").returncode, checkout.bootstrap("browser").stderr) == (0, "")


def test_a_browser_is_installed_by_root_on_debian(checkout: Checkout) -> None:
    checkout.debian()
    checkout.program("id", "echo 0")
    checkout.program(
        "apt-get", f'case "$*" in *install*chromium) printf "#!/bin/sh\n" >{checkout.bin}/chromium ;; esac'
    )
    assert checkout.bootstrap("browser").returncode == 0
    assert (checkout.bin / "chromium").exists()


def test_no_browser_is_one_line(checkout: Checkout) -> None:
    cases = [
        ("fedora", "0", "exit 0", "not Debian"),
        ("debian", "1000", "exit 0", "as root"),
        ("debian", "0", "echo no way; exit 1", "no way"),
    ]
    for system, uid, apt, says in cases:
        checkout.debian(system)
        checkout.program("id", f"echo {uid}")
        checkout.program("apt-get", apt)
        done = checkout.bootstrap("browser")
        assert done.returncode == 1
        last = done.stderr.splitlines()[-1]
        assert last.startswith("bootstrap: ")
        assert says in last
