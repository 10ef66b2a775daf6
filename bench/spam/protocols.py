"""The protocols: each teaches the filter by some mail, lets it judge other mail, and says how far from the goal it is.

Mail is never judged by who learned it, nor are folds of one corpus: in-corpus figures say nothing.
"""

import itertools
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.spam import data, metrics
from bench.spam.canary.__main__ import write as write_canary
from bench.spam.canary.texts import languages
from bench.spam.data import Mail
from bench.spam.evasion import WAYS, rewrite
from bench.spam.judge import Judge, by_source
from bench.spam.metrics import Line


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    measure: str
    value: float
    goal: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the goal is; None: there is none."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal


type Protocol = Callable[[Judge], Iterator[Row]]


def _quality(
    name: str, lines: Sequence[Line], *, area: float = 0.25, strict: float | None = None
) -> Iterator[Row]:
    """What every run on unseen mail is asked: `area` and `strict` are the goals of the first two."""
    wanted = [line for line in lines if not line.is_spam]
    wrong = sum(line.is_caught for line in wanted)
    low, high = metrics.wilson(wrong, len(wanted))
    yield Row(f"{name}: 1-ROCA %", metrics.roca(lines), area)
    yield Row(f"{name}: recall at 1 % false positives", metrics.recall_at(lines), strict, at_least=True)
    yield Row(
        f"{name}: false positives %",
        metrics.false_positives(lines),
        0.1,
        note=f"{wrong} of {len(wanted)}, 95 %: {low:.2f} to {high:.2f}",
    )
    yield Row(f"{name}: false positives, 95 % bound", high, 0.3)
    yield Row(f"{name}: wanted mail refused", metrics.refused(lines), 0)
    yield Row(f"{name}: recall at the threshold %", metrics.recall(lines), 95, at_least=True)
    yield Row(f"{name}: calibration error", metrics.calibration(lines), 0.03)


def cross_corpus(judge: Judge) -> Iterator[Row]:
    """Taught by one source, judging another."""
    lists = judge.some(judge.corpus("lists_modern"), 800)
    old = judge.some(judge.corpus("spamassassin"), 800)
    yield from _quality("spamassassin to lists", judge.evaluate(lists, train={"spamassassin": old}))
    yield from _quality("lists to spamassassin", judge.evaluate(old, train={"lists_modern": lists}))
    ling = judge.some(judge.corpus("lingspam"), 400)
    yield from _quality(
        "spamassassin and lists to lingspam",
        judge.evaluate(ling, train={"spamassassin": old, "lists_modern": lists}),
    )


def shipped(judge: Judge) -> Iterator[Row]:
    """The shipped prior, nothing taught, on mail it has not seen."""
    lists = judge.some(judge.corpus("lists_modern"), 800)
    phish = judge.some(judge.corpus("phishing_pot"), 200)
    yield from _quality("shipped to lists", judge.evaluate(lists, prior="shipped"))
    wanted = [mail for mail in lists if mail.label == "ham"]
    lines = judge.evaluate([*wanted, *phish], prior="shipped")
    yield Row("shipped to phishing: 1-ROCA %", metrics.roca(lines), 0.25)
    yield Row("shipped to phishing: recall at the threshold %", metrics.recall(lines), 95, at_least=True)


def time_split(judge: Judge) -> Iterator[Row]:
    """The same lists two years later, and today's phishing beside their wanted mail."""
    early = judge.corpus("lists_modern", when=lambda mail: mail.date < "2021")
    late = judge.some(judge.corpus("lists_modern", when=lambda mail: mail.date >= "2021"), 600)
    old = judge.some(judge.corpus("spamassassin"), 800)
    for prior in judge.priors:
        lines = judge.evaluate(late, train={"lists_modern": early}, prior=prior)
        yield from _quality(f"later years, prior {prior}", lines, area=0.01, strict=99.9)
    wanted = [mail for mail in late if mail.label == "ham"]
    lines = judge.evaluate(
        [*wanted, *judge.some(judge.corpus("phishing_pot"), 200)],
        train={"lists_modern": early, "spamassassin": old},
    )
    yield Row("modern phishing: 1-ROCA %", metrics.roca(lines), 0.01)
    yield Row("modern phishing: recall at 1 % false positives", metrics.recall_at(lines), 99.9, at_least=True)
    yield Row("modern phishing: recall at the threshold %", metrics.recall(lines), 95, at_least=True)


def online(judge: Judge) -> Iterator[Row]:
    """A stream in the order it came, each message learned once it is judged."""
    lists = judge.some(judge.corpus("lists_modern"), 1000)
    for prior in judge.priors:
        yield Row(
            f"online over the lists, prior {prior}: 1-ROCA %",
            metrics.roca(judge.evaluate(lists, prior=prior, online=True)),
            0.05,
        )
    everything = judge.some(judge.corpus("lists_modern", "spamassassin", "phishing_pot"), 2000)
    yield Row("online over all of it: 1-ROCA %", metrics.roca(judge.evaluate(everything, online=True)), 0.05)


def delayed(judge: Judge) -> Iterator[Row]:
    """Labels that come once a block is over: each tenth of the lists judged by what the ones before taught."""
    stream = sorted(judge.some(judge.corpus("lists_modern"), 1000), key=lambda mail: (mail.date, mail.name))
    size = math.ceil(len(stream) / 10)
    lines: list[Line] = []
    for start in range(size, len(stream), size):
        lines += judge.evaluate(
            stream[start : start + size], train={"lists_modern": stream[:start]}, prior=judge.priors[0]
        )
    yield Row("labels a block late: 1-ROCA %", metrics.roca(lines), None)
    yield Row("labels a block late: recall at the threshold %", metrics.recall(lines), 99, at_least=True)
    yield Row("labels a block late: false positives %", metrics.false_positives(lines), 0.1)


def cold_start(judge: Judge) -> Iterator[Row]:
    """Few marks of a new site, over several choices of which."""
    pool = judge.corpus("lists_modern")
    for prior in judge.priors:
        for count in (10, 50, 200):
            found = []
            for seed in range(2 if judge.quick else 5):
                taught = data.marks(pool, count, seed)
                rest = data.sample(set(pool) - set(taught), 500 if judge.quick else 1500, seed)
                found.append(metrics.roca(judge.evaluate(rest, train={"lists_modern": taught}, prior=prior)))
            spread = f"{min(found):.2f} to {max(found):.2f}"
            goal = 1.8 if (count, prior) == (50, "shipped") else None
            yield Row(f"{count} marks, prior {prior}: 1-ROCA %", statistics.mean(found), goal, note=spread)


def curve(judge: Judge) -> Iterator[Row]:
    """More and more marks of all sources, judging the last year of the lists."""
    last = judge.corpus("lists_modern", when=lambda mail: mail.date >= "2022")
    tests = judge.some(last, 500)
    pool = sorted(set(judge.mails) - set(last), key=lambda mail: mail.name)
    for prior in judge.priors:
        found: dict[int, float] = {}
        for count in (10, 50, 200, 1000, 10_000):
            seeds = 1 if judge.quick or count > 1000 else 3
            found[count] = statistics.mean(
                metrics.roca(
                    judge.evaluate(tests, train=by_source(data.marks(pool, count, seed)), prior=prior)
                )
                for seed in range(seeds)
            )
            yield Row(f"after {count} marks, prior {prior}: 1-ROCA %", found[count])
        values = list(found.values())
        rise = max(later / max(before, 1e-6) for before, later in itertools.pairwise(values))
        yield Row(f"learning curve, prior {prior}: largest rise, times", rise, 1.1)
        fall = found[1000] / max(found[10], 1e-6)
        yield Row(f"learning curve, prior {prior}: 1,000 marks by 10", fall, 0.5)


def canary(judge: Judge) -> Iterator[Row]:
    """Harmless mail of each language, judged by a filter that no user of it has taught."""
    folder = judge.work / "canary"
    for code in languages():
        write_canary(folder, code)
    tests = data.canary(folder)
    if "shipped" in judge.priors:
        yield from _canary(judge.evaluate(tests, prior="shipped"), "shipped")
    if judge.mails:
        everything = by_source(judge.some(judge.mails, 2000))
        yield from _canary(judge.evaluate(tests, train=everything), "taught by the collection")


def _canary(lines: Sequence[Line], by: str) -> Iterator[Row]:
    worst = 0
    for code in languages():
        mine = [line for line in lines if f"/{code}__" in line.file]
        caught = sum(line.is_caught for line in mine)
        people = sum(line.is_caught for line in mine if "__personal" in line.file)
        yield Row(f"canary {code}, {by}: of {len(mine)}", caught, 2, note=f"{people} personal")
        worst = max(worst, people)
    yield Row(f"canary, {by}: personal, of the worst language", worst, 0)
    yield Row(f"canary, {by}: false positives % of all", metrics.false_positives(lines))


def evasion(judge: Judge) -> Iterator[Row]:
    """Spam rewritten so as not to be known, by a filter taught by earlier mail; what is lost in points of recall."""
    early = judge.corpus("lists_modern", when=lambda mail: mail.date < "2021")
    late = judge.corpus("lists_modern", when=lambda mail: mail.date >= "2021" and mail.label == "spam")
    chosen = data.sample(late, 60 if judge.quick else 200, "evasion")
    chosen += data.sample(judge.corpus("phishing_pot"), 30 if judge.quick else 100, "evasion")
    for prior in judge.priors:
        tests = [*chosen, *_rewritten(chosen, judge.work / f"evasion-{prior}")]
        lines = judge.evaluate(tests, train={"lists_modern": early}, prior=prior)
        plain = metrics.recall([line for line in lines if not _way(line)])
        lost = {way: plain - metrics.recall([line for line in lines if _way(line) == way]) for way in WAYS}
        yield Row(f"before evasion, prior {prior}: recall %", plain)
        for way, points in lost.items():
            yield Row(f"evasion {way}, prior {prior}: points lost", points)
        yield Row(f"evasion, prior {prior}: points lost, mean", statistics.mean(lost.values()), 3)


def _way(line: Line) -> str:
    name = Path(line.file).name
    return name.partition("__")[0].removeprefix("evaded-") if name.startswith("evaded-") else ""


def _rewritten(mails: Sequence[Mail], folder: Path) -> Iterator[Mail]:
    for way in WAYS:
        (folder / way).mkdir(parents=True, exist_ok=True)
        for mail in mails:
            path = folder / way / f"{mail.name}.eml"
            path.write_bytes(rewrite(mail.path.read_bytes(), way))
            yield Mail(f"evaded-{way}", "spam", path, mail.date)


def cost(judge: Judge) -> Iterator[Row]:
    """CPU a message of about 6.5 KB takes."""
    usual = [mail for mail in judge.corpus("lists_modern") if 5500 < mail.path.stat().st_size < 7500]
    taught = judge.some(judge.corpus("spamassassin"), 800)
    lines = judge.evaluate(usual, train={"spamassassin": taught})
    mean, most = metrics.cpu(lines)
    yield Row("CPU of a message of 6.5 KB, ms", mean, 2, note=f"95 % below {most:.2f}, {len(lines)} messages")


PROTOCOLS: dict[str, Protocol] = {
    "cross_corpus": cross_corpus,
    "shipped": shipped,
    "time_split": time_split,
    "online": online,
    "delayed": delayed,
    "cold_start": cold_start,
    "curve": curve,
    "canary": canary,
    "evasion": evasion,
    "cost": cost,
}
