"""Follow a Dockerfile without Docker: its stages become directories, RUN runs in them by chroot.

`dockerfile_steps.py Dockerfile --base DIR --context DIR --out DIR [--bind PATH ...]` needs root and Linux. The base
image is the directory DIR, as debootstrap makes it. Each step's mounts are in a namespace of its own, so nothing
is left mounted whatever happens. It knows what docker/Dockerfile uses, and refuses anything else.
"""

import argparse
import contextlib
import fnmatch
import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

METADATA = {"LABEL", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"}
# How a machine reaches its package indexes is its own affair, and not part of the image.
PASSED = ("PIP_", "NPM_CONFIG_", "npm_config_", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY",
          "NO_PROXY", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")  # fmt: skip


# Where RUN sees the authorities this machine trusts; Debian's own file is rewritten by its package.
AUTHORITIES = "/run/authorities.pem"
TRUSTING = dict.fromkeys(
    ["PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "npm_config_cafile"], AUTHORITIES
)


class StepError(Exception):
    """A step that failed or that we do not know."""


@dataclass(slots=True)
class Stage:
    """A stage while it is built, and at last the image."""

    root: Path
    env: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    )
    directory: str = "/"
    user: str = "0:0"
    entrypoint: list[str] = field(default_factory=list)


def parse(text: str) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile: the word and what follows it."""
    joined = text.replace("\\\n", " ")
    lines = [line.strip() for line in joined.splitlines()]
    steps = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(word.upper(), rest.strip()) for word, _, rest in steps]


class Builder:
    """Build the stages one after another."""

    def __init__(self, base: Path, context: Path, out: Path, binds: list[str], authorities: str) -> None:
        self.base, self.context, self.out = base, context, out
        paths = sorted({os.path.normpath("/" + bind.lstrip("/")) for bind in binds})
        own = [path for path in paths if not any(path.startswith(f"{other}/") for other in paths)]
        self.mounts = {path: path for path in own} | ({AUTHORITIES: authorities} if authorities else {})
        self.stages: dict[str, Stage] = {}
        self.stage: Stage | None = None
        self.ignored = [
            line for line in (context / ".dockerignore").read_text().splitlines() if line[:1] not in {"", "#"}
        ]

    def build(self, steps: list[tuple[str, str]]) -> Stage:
        """Follow the steps; return the last stage."""
        for word, rest in steps:
            print(f"  {word} {rest[:110]}", flush=True)
            if word == "FROM":
                self._from(rest.split())
                continue
            stage = self.stage
            if stage is None:
                raise StepError(f"{word} before FROM")
            match word:
                case "ENV":
                    stage.env |= dict(pair.split("=", 1) for pair in shlex.split(rest))
                case "WORKDIR":
                    stage.directory = rest
                    self._inside(stage, rest).mkdir(parents=True, exist_ok=True)
                case "USER":
                    stage.user = rest
                case "COPY":
                    self._copy(stage, rest.split())
                case "RUN":
                    self._run(stage, rest)
                case "ENTRYPOINT":
                    stage.entrypoint = json.loads(rest)
                case _ if word not in METADATA:
                    raise StepError(f"{word} is not known here")
        assert self.stage is not None
        return self.stage

    def _from(self, words: list[str]) -> None:
        source, name = words[0], words[2]
        known = self.stages.get(source)
        self.stage = Stage(self.out / name)
        subprocess.run(
            ["cp", "-a", "--reflink=auto", str(known.root if known else self.base), str(self.stage.root)],
            check=True,
        )
        if known:
            self.stage.env, self.stage.directory = dict(known.env), known.directory
        self.stages[name] = self.stage

    def _inside(self, stage: Stage, path: str) -> Path:
        return stage.root / os.path.normpath(str(Path(stage.directory) / path)).lstrip("/")

    def _copy(self, stage: Stage, words: list[str]) -> None:
        source, is_ours = self.context, True
        if words[0].startswith("--from="):
            source, is_ours = self.stages[words.pop(0).removeprefix("--from=")].root, False
        *names, target = words
        into = self._inside(stage, target)
        for name in names:
            path = source / name.lstrip("/")
            if path.is_dir():
                ignore = self._ignore if is_ours else None
                shutil.copytree(path, into, symlinks=True, dirs_exist_ok=True, ignore=ignore)
            else:
                destination = into / path.name if target.endswith("/") else into
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, destination)

    def _ignore(self, directory: str, names: list[str]) -> set[str]:
        found = set()
        for name in names:
            path = str((Path(directory) / name).relative_to(self.context))
            for pattern in self.ignored:
                plain = pattern.removeprefix("**/")
                if fnmatch.fnmatch(path, plain) or (plain != pattern and fnmatch.fnmatch(name, plain)):
                    found.add(name)
        return found

    def _run(self, stage: Stage, command: str) -> None:
        env = stage.env | {"HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
        env |= {name: value for name, value in os.environ.items() if name.startswith(PASSED)}
        env |= TRUSTING if AUTHORITIES in self.mounts else {}
        made = [place for at, what in self.mounts.items() if (place := _mount_point(stage.root, at, what))]
        script = 'set -e; root=$1; mount --rbind /dev "$root/dev"; mount -t proc proc "$root/proc"; '
        script += "".join(
            f'mount --rbind {shlex.quote(what)} "$root"{shlex.quote(at)}; '
            for at, what in self.mounts.items()
        )
        script += 'exec chroot "$root" /bin/sh -c "cd $2 && $3"'
        done = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "-", str(stage.root), stage.directory,
             command], env=env, check=False, capture_output=True, text=True)  # fmt: skip
        for place in made:
            place.unlink() if place.is_file() else place.rmdir()
            with contextlib.suppress(OSError):
                for parent in place.parents:
                    parent.rmdir()
        if done.returncode:
            raise StepError(f"RUN {command}\n{(done.stdout + done.stderr)[-6000:]}")


def _mount_point(root: Path, at: str, what: str) -> Path | None:
    """Make the place to mount on, if it is not there; return it to be removed."""
    place = root / at.lstrip("/")
    if place.exists():
        return None
    if Path(what).is_dir():
        place.mkdir(parents=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    return place


def main() -> int:
    """Build; print the image's directory, environment, user and entrypoint as JSON into OUT/image.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dockerfile", type=Path)
    for name in ("base", "context", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--bind", action="append", default=[], help="a path of this machine that RUN sees")
    parser.add_argument(
        "--authorities", default="", help="a PEM file of the authorities that package indexes are trusted by"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        builder = Builder(options.base, options.context, options.out, options.bind, options.authorities)
        image = builder.build(parse(options.dockerfile.read_text()))
    except StepError as error:
        print(error, file=sys.stderr)
        return 1
    (options.out / "image.json").write_text(json.dumps(
        {"root": str(image.root.resolve()), "env": image.env, "directory": image.directory, "user": image.user,
         "entrypoint": image.entrypoint}))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
