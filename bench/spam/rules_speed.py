"""What rules cost: `python -m bench.spam.rules_speed`, milliseconds and megabytes of 400, 1,000 and 4,000 of them.

The rules are the starter set and copies of it whose words are spelt otherwise, so they share nothing. `real` are messages
of 5.5 to 7.5 KB in the folders of --data, as bench/spam/rules.py takes them; `dense` are made of nothing but the samples
that rules must not match, sentence after sentence: the hardest text there is for what tells candidates. Each count is measured in a process of its own; of several rounds the best counts, for others use the machine, too.
"""

import argparse
import random
import re
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from apps.spam.learning.stripping import stripped
from apps.spam.reading import Reading, read
from apps.spam.rules import starter
from apps.spam.rules.definitions import Came, Rule, Target
from apps.spam.rules.engine import RuleSet, compile_rules

from .rules import messages

COUNTS = (429, 1000, 4000)
BYTES = 6500
MESSAGES = 40
ROUNDS = 9
_WORD = re.compile(r"(?<![\\\[a-z])[a-z]{4,}(?![\]a-z])")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _spelt(spelling: dict[int, int], word: re.Match[str]) -> str:
    return word.group().translate(spelling)


def rules(count: int) -> list[Rule]:
    """Return so many rules."""
    own = [one.rule for one in starter.document().rules]
    made, turn = list(own[:count]), 0
    while len(made) < count:
        turn += 1
        spelling = str.maketrans(_LETTERS, "".join(random.Random(turn).sample(_LETTERS, len(_LETTERS))))
        for rule in own[: count - len(made)]:
            expression = rule.expression
            if rule.target is not Target.META:
                expression = _WORD.sub(partial(_spelt, spelling), expression)
            made.append(
                Rule(f"{rule.name}_{turn}"[:64], rule.target, expression, rule.score, rule.header, rule.sort)
            )
    return made


def real(data: Path) -> list[bytes]:
    """Return messages of about the usual length."""
    sizes = range(5500, 7500)
    paths = [path for _, _, path in messages(data) if path.stat().st_size in sizes]
    return [stripped(path.read_bytes()) for path in paths[:: max(1, len(paths) // 150)]]


def dense() -> list[bytes]:
    """Return messages of the same length and other words."""
    lines = [
        text
        for one in starter.document().rules
        if one.rule.target is Target.BODY and one.rule.name.rpartition("_")[2] in {"EN", "DE", one.rule.name}
        for text in one.rule.samples.miss
    ]
    found = []
    for number in range(MESSAGES):
        text = "\n".join(random.Random(number).choices(lines, k=400)).encode()[:BYTES]
        found.append(
            b"Received: from mail.example.org\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
            b"Message-ID: <abc@mail.example.org>\nDate: Mon, 2 Mar 2026 10:00:00 +0100\nFrom: Anna <anna@example.org>\n"
            b"To: bob@example.test\nSubject: Lunch\n\nhttps://example.org/lunch\n" + text
        )
    return found


def resident() -> float:
    """Return the memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def measure(count: int, data: Path | None) -> str:
    """Measure one count, in this process."""
    texts = {"dense": dense(), **({"real": real(data)} if data else {})}
    readings = {kind: [read(raw) for raw in found] for kind, found in texts.items()}
    compile_rules(rules(60)).match(readings["dense"][0], Came())  # What is imported is not the rules'.
    wanted = rules(count)
    before, begun = resident(), time.process_time()
    compiled = compile_rules(wanted)
    built = time.process_time() - begun
    best = {kind: min(one_round(compiled, some) for _ in range(ROUNDS)) for kind, some in readings.items()}
    return (
        f"{count:5d} rules: {', '.join(f'{kind} {one * 1000:.3f} ms' for kind, one in best.items())} CPU a message, "
        f"{resident() - before:.1f} MB, compiled in {built:.2f} s ({len(compiled.broken)} left out)"
    )


def one_round(compiled: RuleSet, readings: list[Reading]) -> float:
    """Return the seconds a message took in the mean."""
    begun = time.process_time()
    for reading in readings:
        compiled.match(reading, Came())
    return (time.process_time() - begun) / len(readings)


def main() -> int:
    """Measure all, each apart."""
    parser = argparse.ArgumentParser(description="What rules against spam cost.")
    parser.add_argument("--count", type=int, help="measure this many here")
    parser.add_argument("--data", type=Path, help="folders of messages")
    options = parser.parse_args()
    if options.count:
        print(measure(options.count, options.data))
        return 0
    for count in COUNTS:
        more = ["--data", str(options.data)] if options.data else []
        subprocess.run(
            [sys.executable, "-m", "bench.spam.rules_speed", "--count", str(count), *more], check=True
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
