"""How often each rule of the starter set matches, in ham and in spam of each corpus: `python -m bench.spam.rules`.

Reads folders `<corpus>/{ham,spam,phish}` (--data), or extracts ../shared/data/spam/dev.tar.zst to a place that is
removed at the end. What identifies a corpus is stripped from each message before it is judged. Prints one line a rule:
its weight, its hits, and the weight they would give it, shrunk: (spam hits + a) / (ham hits + b) as log-odds, halved
where few messages matched. Rules alone convict nobody: the last lines say what all of them together reach.
"""

import argparse
import math
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from apps.spam.learning.stripping import stripped
from apps.spam.reading import read
from apps.spam.rules import starter
from apps.spam.rules.definitions import Came
from apps.spam.rules.engine import RuleSet, compile_rules

ARCHIVE = Path(__file__).resolve().parents[3] / "shared" / "data" / "spam" / "dev.tar.zst"
LABELS = {"ham": "ham", "spam": "spam", "phish": "spam"}
LINES = (2.0, 4.0, 6.0, 9.0)
SHRINK = 8.0
"""Messages of nothing in particular that each rule is thought to have matched besides."""


def messages(root: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield corpus, label and file of every message below a folder."""
    for folder in sorted(path for path in root.rglob("*") if path.is_dir() and path.name in LABELS):
        corpus = folder.parent.name
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.name != "SOURCE.txt":
                yield corpus, LABELS[folder.name], path


def suggested(ham: float, spam: float, totals: Counter[str]) -> float:
    """Return the weight that rates of hits would give, shrunk toward nothing."""
    if not totals["ham"] or not totals["spam"]:
        return 0.0
    rate = (spam + 0.5) / (totals["spam"] + 1), (ham + 0.5) / (totals["ham"] + 1)
    seen = ham + spam
    return math.log(rate[0] / rate[1]) * seen / (seen + SHRINK)


class Run:
    """What a pass over all messages showed."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.hits: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        self.totals: Counter[tuple[str, str]] = Counter()
        self.scores: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.examples: dict[str, list[str]] = defaultdict(list)
        self.seconds = 0.0
        self.bytes = 0

    def take(self, corpus: str, label: str, path: Path) -> None:
        """Hold one message against all rules."""
        raw = stripped(path.read_bytes())
        reading = read(raw)
        begun = time.process_time()
        found = self.rules.find(reading, Came())
        evidence = self.rules.match(reading, Came())
        self.seconds += (time.process_time() - begun) / 2
        self.bytes += len(raw)
        key = corpus, label
        self.totals[key] += 1
        self.scores[key].append(evidence.score)
        for name, detail in found.details.items():
            self.hits[name][key] += 1
            if label == "ham" and len(self.examples[name]) < 4:
                self.examples[name].append(f"{path.name[:40]}: {detail[:90]}")


def table(run: Run) -> None:
    """Print a line for each rule, those that match ham first."""
    keys = sorted(run.totals)
    by_label: Counter[str] = Counter()
    for (_, label), count in run.totals.items():
        by_label[label] += count
    print("rule".ljust(32), "weight", "  fit", *(f"{corpus[:8]}/{label}".rjust(14) for corpus, label in keys))
    rows = []
    for one in starter.document().rules:
        hits = run.hits.get(one.rule.name, Counter())
        ham = sum(count for (_, label), count in hits.items() if label == "ham")
        spam = sum(count for (_, label), count in hits.items() if label == "spam")
        rows.append((-ham, one.rule.name, one.rule.score, suggested(ham, spam, by_label), hits))
    for _, name, score, fit, hits in sorted(rows, key=lambda row: row[:2]):
        shown = (str(hits[key]).rjust(14) if hits[key] else ".".rjust(14) for key in keys)
        print(name.ljust(32), f"{score:6.2f}", f"{fit:5.2f}", *shown)


def lines(run: Run) -> None:
    """Print how much of each corpus lies at or above each line, by rules alone."""
    for key in sorted(run.totals):
        scores = run.scores[key]
        shares = (
            f"≥{line:g}: {100 * sum(score >= line for score in scores) / len(scores):6.2f}%" for line in LINES
        )
        print("/".join(key).ljust(32), f"{len(scores):6d} messages ", *shares)
    count = sum(run.totals.values())
    print(
        f"{run.seconds / count * 1000:.3f} ms CPU a message of {run.bytes / count / 1000:.1f} KB in the mean"
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How often each rule of the starter set matches.")
    parser.add_argument(
        "--data", type=Path, help="folders of messages; the archive of the project unless said"
    )
    parser.add_argument("--every", type=int, default=1, help="look at every n-th message alone")
    parser.add_argument("--examples", action="store_true", help="print what matched in ham")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rules-") as place:
        root = options.data
        if root is None:
            if not ARCHIVE.is_file():
                print(f"{ARCHIVE} is not there: name folders by --data", file=sys.stderr)
                return 1
            subprocess.run(["tar", "--zstd", "-xf", str(ARCHIVE), "-C", place], check=True)
            root = Path(place)
        run = Run(compile_rules(one.rule for one in starter.document().rules))
        for number, (corpus, label, path) in enumerate(messages(root)):
            if number % options.every == 0:
                run.take(corpus, label, path)
    table(run)
    lines(run)
    if options.examples:
        for name, told in sorted(run.examples.items()):
            for line in told:
                print(name, "|", line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
