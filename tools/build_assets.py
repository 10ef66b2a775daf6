"""Build static/dist: scripts, styles, icons and words of the islands, hashed and packed.

Does nothing when what is there was built from the same sources, so a release that carries static/dist needs no
Node.js. Checks the budget of bytes; a breach fails the build.
"""

import argparse
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools import messages, node  # noqa: E402  # run as a program, not as a package

FRONTEND = ROOT / "frontend"
DIST = ROOT / "static" / "dist"
# Loaded by pages under these names; what they share becomes chunks of its own.
ENTRIES = ("pages", "webmail", "console")
# What a browser fetches before the page can be used, in bytes packed with brotli: scripts, styles.
BUDGET = {"webmail": (55_000, 16_000), "console": (20_000, 16_000), "pages": (20_000, 16_000)}
# What comes later, on demand, named by the file its chunk is made of.
LAZY_BUDGET = {"composer": 45_000, "chart": 25_000, "passkey": 4_000}


def main() -> int:
    """Build what is out of date; 1, with one line, where that cannot be done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="check the types as well, and run the scripts' tests"
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing when all is well")
    options = parser.parse_args()
    wanted, stamp = _sources_hash(), DIST / ".stamp"
    current = stamp.exists() and stamp.read_text() == wanted
    messages.compile_all()
    if current and not options.check:
        return 0
    try:
        runs, npm = node.find()
        _install(runs, npm)
        if not current:
            _build(runs)
            stamp.write_text(wanted)
        if options.check:
            _check(runs)
    except (node.NoNodeError, subprocess.CalledProcessError, BudgetError) as error:
        print(f"assets: {error}", file=sys.stderr)
        return 1
    if not options.quiet:
        print("\n".join(_sizes()))
    return 0


class BudgetError(Exception):
    """More bytes than a page may cost."""


def _sources_hash() -> str:
    """Name what the assets are made of; templates too, for the styles hold only the classes in use."""
    digest = hashlib.sha256()
    listed = [FRONTEND / "package-lock.json", FRONTEND / "tsconfig.json", *Path(__file__).parent.glob("*.py")]
    for folder in (
        FRONTEND / "src",
        FRONTEND / "css",
        ROOT / "templates",
        ROOT / "apps/pages/templatetags",
        ROOT / "locale",
    ):
        listed += [
            path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".mo", ".pyc"}
        ]
    for path in sorted(listed):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _install(runs: list[str], npm: list[str]) -> None:
    modules, lock = FRONTEND / "node_modules", (FRONTEND / "package-lock.json").read_bytes()
    stamp, wanted = modules / ".stamp", hashlib.sha256(lock).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    begun = time.monotonic()
    _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], runs)
    stamp.write_text(wanted)
    print(f"assets: packages installed in {time.monotonic() - begun:.0f} s", file=sys.stderr)


def _build(runs: list[str]) -> None:
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir(parents=True)
    meta = DIST / "meta.json"
    esbuild = FRONTEND / "node_modules" / "@esbuild"
    program = next(iter(esbuild.glob("*/bin/esbuild")), None)
    if program is None:
        raise node.NoNodeError("esbuild has no program for this machine")
    _run([str(program), *(f"src/{name}.ts" for name in ENTRIES), "--bundle", "--splitting", "--format=esm", "--minify",
          "--target=es2022", "--legal-comments=none", f"--outdir={DIST}", "--entry-names=[name]-[hash]",
          "--chunk-names=[name]-[hash]", f"--metafile={meta}", "--log-level=warning"], runs)  # fmt: skip
    _run([*runs, "node_modules/@tailwindcss/cli/dist/index.mjs", "-i", "css/app.css", "-o", str(DIST / "app.css"), "--minify"],
         runs)  # fmt: skip
    _run([str(program), "css/composer.css", "--bundle", "--minify", "--target=es2022", f"--outfile={DIST / 'composer.css'}",
          "--log-level=warning"], runs)  # fmt: skip
    names = {name: _hashed(DIST / name) for name in ("app.css", "composer.css")}
    outputs = json.loads(meta.read_text())["outputs"]
    for path, output in outputs.items():
        if output.get("entryPoint"):
            names[f"{Path(output['entryPoint']).stem}.js"] = Path(path).name
    (DIST / "icons.svg").write_text(_sprite())
    names["icons.svg"] = _hashed(DIST / "icons.svg")
    for language, words in messages.catalogues():
        (DIST / f"words.{language}.js").write_text(words)
        names[f"words.{language}.js"] = _hashed(DIST / f"words.{language}.js")
    first = {name: _first_load(f"{name}.js", names, outputs) for name in ENTRIES}
    (DIST / "manifest.json").write_text(
        json.dumps({"names": names, "first": first}, indent=1, sort_keys=True)
    )
    for path in DIST.iterdir():
        if path.suffix in {".js", ".css", ".svg"}:
            _pack(path)
    _check_budget(names, first)


def _first_load(entry: str, names: dict[str, str], outputs: dict[str, dict[str, object]]) -> list[str]:
    """Return the scripts an entry loads at once: itself and the chunks it imports statically."""
    by_name = {Path(path).name: output for path, output in outputs.items()}
    found, ahead = [], [names[entry]]
    while ahead:
        name = ahead.pop()
        if name in found:
            continue
        found.append(name)
        imports = by_name[name].get("imports", [])
        assert isinstance(imports, list)
        ahead += [Path(each["path"]).name for each in imports if each["kind"] == "import-statement"]
    return found


def _hashed(path: Path) -> str:
    name = f"{path.stem}-{hashlib.sha256(path.read_bytes()).hexdigest()[:8].upper()}{path.suffix}"
    path.rename(path.with_name(name))
    return name


def _sprite() -> str:
    """Return one SVG file with the icons that the islands name, as symbols."""
    from lucide.templatetags.lucide import lucide

    used: set[str] = set()
    for path in (FRONTEND / "src").rglob("*.ts"):
        used |= set(re.findall(r"\bicon\(\s*\"([a-z0-9-]+)\"", path.read_text()))
        used |= set(re.findall(r"/\* icon \*/ \"([a-z0-9-]+)\"", path.read_text()))
    symbols = []
    for name in sorted(used):
        shapes = re.sub(r"^<svg[^>]*>|</svg>$", "", lucide(name))
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'


def _pack(path: Path) -> None:
    import brotli

    data = path.read_bytes()
    path.with_name(path.name + ".br").write_bytes(brotli.compress(data))
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(data, 9, mtime=0))


def _packed_size(name: str) -> int:
    return (DIST / f"{name}.br").stat().st_size


def _check_budget(names: dict[str, str], first: dict[str, list[str]]) -> None:
    styles = _packed_size(names["app.css"])
    for entry, (most_scripts, most_styles) in BUDGET.items():
        scripts = sum(map(_packed_size, first[entry]))
        if scripts > most_scripts or styles > most_styles:
            raise BudgetError(
                f"{entry}: {scripts} bytes of scripts of {most_scripts}, {styles} of styles of {most_styles}"
            )
    for name, most in LAZY_BUDGET.items():
        for path in DIST.glob(f"{name}-*.js"):
            if _packed_size(path.name) > most:
                raise BudgetError(f"{path.name}: {_packed_size(path.name)} bytes of {most}")


def weights() -> list[tuple[str, int, int]]:
    """Return what pages load first, and what comes later: a name, bytes packed with brotli, and what is allowed."""
    manifest = json.loads((DIST / "manifest.json").read_text())
    styles = _packed_size(manifest["names"]["app.css"])
    found = []
    for entry, scripts in manifest["first"].items():
        found.append((f"{entry}: scripts", sum(map(_packed_size, scripts)), BUDGET[entry][0]))
        found.append((f"{entry}: styles", styles, BUDGET[entry][1]))
    for name, most in LAZY_BUDGET.items():
        found += [(f"{name}, on demand", _packed_size(path.name), most) for path in DIST.glob(f"{name}-*.js")]
    return found


def _sizes() -> list[str]:
    return [f"assets: {name:20} {size:6} bytes of {most}" for name, size, most in weights()]


def _check(runs: list[str]) -> None:
    """Check the types and run the tests of the scripts."""
    modules = FRONTEND / "node_modules"
    _run([*runs, str(modules / "typescript" / "bin" / "tsc"), "-p", "."], runs)
    tests = sorted((FRONTEND / "tests").glob("*.test.ts"))
    if tests:
        out = FRONTEND / "node_modules" / ".tests"
        program = next((modules / "@esbuild").glob("*/bin/esbuild"))
        _run([str(program), *map(str, tests), "--bundle", "--platform=node", "--format=esm", f"--outdir={out}",
              "--out-extension:.js=.mjs", "--log-level=warning"], runs)  # fmt: skip
        _run([*runs, "--test", *(str(out / f"{test.stem}.mjs") for test in tests)], runs)


def _run(command: list[str], runs: list[str]) -> None:
    done = subprocess.run(
        command,
        cwd=FRONTEND,
        env=node.environment(runs),
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-6000:], sep="\n", file=sys.stderr)
        done.check_returncode()


if __name__ == "__main__":
    sys.exit(main())
