"""The spam filter against its goals: `make bench-spam`, or `python -m bench.spam [--quick] [PROTOCOL...]`.

Prints one table and writes it as JSON. Without the collection of labelled mail only the canary can be measured.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from bench.spam import data
from bench.spam.judge import Judge, NotMeasuredError
from bench.spam.protocols import PROTOCOLS, Row

MARKS = {True: "reached", False: "MISSED", None: ""}


def main(arguments: list[str]) -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.spam", description=__doc__)
    parser.add_argument("protocol", nargs="*", help=f"of {', '.join(PROTOCOLS)}; all without")
    parser.add_argument("--quick", action="store_true", help="samples in place of whole collections")
    parser.add_argument("--data", type=Path, help="dev.tar.zst, or a folder with its manifest.jsonl")
    parser.add_argument("--out", type=Path, default=data.ROOT / "var" / "bench-spam.json")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.protocol) - set(PROTOCOLS):
        parser.error(f"there is no protocol {', '.join(sorted(unknown))}")
    given = asked.data or data.archive()
    if given is None:
        print("\n*** SKIPPED: ../shared/data/spam/dev.tar.zst is not here; only the canary is measured ***\n")
    mails = data.read(data.unpack(given)) if given else []
    names = asked.protocol or list(PROTOCOLS)
    if not mails:
        names = [name for name in names if name == "canary"]
    results: dict[str, list[dict[str, object]]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-spam-") as work:
        judge = Judge(Path(work), mails, quick=asked.quick)
        if "shipped" not in judge.priors:
            print("\n*** there is no shipped prior: rows that need one are missing ***")
        _save(asked.out, results, quick=asked.quick)
        for name in names:
            results[name] = _run(name, judge)
            _save(asked.out, results, quick=asked.quick)
    print(f"\nwritten to {asked.out}")
    return 0


def _run(name: str, judge: Judge) -> list[dict[str, object]]:
    """Run a protocol and print its rows as they come."""
    said = PROTOCOLS[name].__doc__ or ""
    print(f"\n== {name}: {said.strip()}   (python -m bench.spam {name})", flush=True)
    began = time.monotonic()
    rows: list[dict[str, object]] = []
    try:
        for row in PROTOCOLS[name](judge):
            print(_line(row), flush=True)
            rows.append({**asdict(row), "reached": row.reached})
    except NotMeasuredError as error:
        print(f"  *** NOT MEASURED: {error} ***", flush=True)
        rows.append({"measure": name, "error": str(error)})
    print(f"-- {time.monotonic() - began:.0f} s", flush=True)
    return rows


def _line(row: Row) -> str:
    goal = "" if row.goal is None else f"{'>=' if row.at_least else '<='} {row.goal:g}"
    return f"  {row.measure:<62} {row.value:>9.3f}  {goal:<9} {MARKS[row.reached]:<8} {row.note}".rstrip()


def _save(path: Path, results: dict[str, list[dict[str, object]]], *, quick: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"quick": quick, "protocols": results}, indent=1) + "\n")


if __name__ == "__main__":
    os.nice(max(0, 10 - os.nice(0)))  # others work here too
    sys.exit(main(sys.argv[1:]))
