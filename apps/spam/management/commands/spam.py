"""`manage.py spam`: the filter on the command line, on mail in files: no database, no network, no server."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from apps.spam.evaluation import corpora, runs
from apps.spam.evaluation.corpora import Labelled
from apps.spam.evaluation.judges import OfflineJudge, meanings
from apps.spam.evaluation.measures import measure
from apps.spam.learning import fusion, prior
from apps.spam.learning.explaining import explain
from apps.spam.learning.learner import Learner, taught
from apps.spam.learning.prior import Prior
from apps.spam.learning.stripping import stripped

EPILOG = """
  manage.py spam train --source DIR --source DIR --out FILE     make a prior of labelled mail
  manage.py spam evaluate --train DIR --test DIR --out FILE     judge mail of one source, taught by another
  manage.py spam evaluate --prior shipped --test DIR --online --out FILE
  manage.py spam compare --train DIR --test DIR                 hold other ways to learn against ours
  manage.py spam explain message.eml                            say why, in words

A DIR is a folder with ham/ and spam/ (or phish/) below it, a mbox or Maildir under such a name, or a tarball.
"""


class Command(BaseCommand):
    """Train, evaluate and explain the learned filter."""

    help = "Train, evaluate and explain the learned filter, on mail in files."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the verbs."""
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = EPILOG
        verbs = parser.add_subparsers(dest="verb", required=True)
        train = verbs.add_parser("train", help="make a prior of labelled mail")
        train.add_argument("--source", type=Path, nargs="+", action="extend", required=True, metavar="DIR")
        train.add_argument(
            "--made",
            type=Path,
            nargs="+",
            action="extend",
            default=[],
            metavar="DIR",
            help="mail made for the purpose: teaches half as much",
        )
        train.add_argument("--out", type=Path, required=True, metavar="FILE")
        train.add_argument("--most", type=int, default=prior.MOST, help="features kept in each group")
        evaluate = verbs.add_parser("evaluate", help="judge labelled mail and measure how well")
        evaluate.add_argument("--train", type=Path, nargs="+", action="extend", default=[], metavar="DIR")
        evaluate.add_argument("--test", type=Path, nargs="+", action="extend", required=True, metavar="DIR")
        evaluate.add_argument("--online", action="store_true", help="learn each message once it is judged")
        evaluate.add_argument(
            "--learned-only", action="store_true", help="without rules and what content gives away"
        )
        evaluate.add_argument("--prior", default="shipped", metavar="none|shipped|FILE")
        evaluate.add_argument("--out", type=Path, required=True, metavar="FILE", help="lines of JSON")
        compared = verbs.add_parser("compare", help="hold other ways to learn against ours, on the same mail")
        compared.add_argument("--train", type=Path, nargs="+", action="extend", required=True, metavar="DIR")
        compared.add_argument("--test", type=Path, nargs="+", action="extend", required=True, metavar="DIR")
        compared.add_argument(
            "--model",
            nargs="+",
            action="extend",
            default=[],
            metavar="NAME",
            help="these alone, like 'naive Bayes'",
        )
        explained = verbs.add_parser("explain", help="say why a message is judged as it is")
        explained.add_argument("file", type=Path)
        explained.add_argument("--prior", default="shipped", metavar="none|shipped|FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one of them."""
        try:
            match options["verb"]:
                case "train":
                    self._train(options["source"], options["made"], options["out"], options["most"])
                case "evaluate":
                    self._evaluate(options)
                case "compare":
                    self._compare(options["train"], options["test"], options["model"])
                case _:
                    self._explain(options["file"], options["prior"])
        except corpora.CorpusError as error:
            raise CommandError(str(error)) from error

    def _train(self, sources: list[Path], made: list[Path], out: Path, most: int) -> None:
        lessons = [one for source in sources for one in runs.lessons(source, _progress)]
        half = [one for source in made for one in runs.lessons(source, _progress)]
        learner = taught(lessons, half=half)
        learner.calibration = fusion.FOR_PRIOR
        about = {"messages": str(len(lessons)), "made": str(len(half))}
        data = prior.dump(runs.as_prior(learner, about), most=most)
        out.write_bytes(data)
        self.stderr.write(f"{out}: {len(data)} bytes")

    def _evaluate(self, options: dict[str, Any]) -> None:
        known = self._prior(options["prior"])
        sources = [runs.lessons(source, _progress) for source in options["train"]]
        if sources:
            learner = runs.teach(sources, lambda: self._prior(options["prior"]) if known else None)
        else:
            learner = Learner.of(known) if known else Learner()
        total: int | None = None
        tests: Iterable[Labelled] = (one for path in options["test"] for one in corpora.read_corpus(path))
        if options["online"]:
            tests = runs.as_stream(_progress(tests, "order", None))
            total = len(tests)
        else:
            counts = [corpora.count_corpus(path) for path in options["test"]]
            total = None if None in counts else sum(count or 0 for count in counts)
        judge = OfflineJudge(learner, alone=options["learned_only"])
        with options["out"].open("w", encoding="utf-8") as out:
            lines = runs.judged(judge, _progress(tests, "judge", total), online=options["online"])
            self.stderr.write(str(runs.write(lines, out)))

    def _compare(self, train: list[Path], test: list[Path], names: list[str]) -> None:
        # A hundred megabytes that no other verb needs.
        from apps.spam.evaluation.comparing import compare, models

        if unknown := sorted(set(names) - set(models())):
            raise CommandError(f"no such model: {', '.join(unknown)}; there are {', '.join(models())}")
        known = [one for source in train for one in runs.lessons(source, _progress)]
        unseen = [one for source in test for one in runs.lessons(source, _progress)]
        try:
            found = compare(known, unseen, names)
        except ValueError as error:
            raise CommandError(str(error)) from error
        learner = taught(known)
        ours = measure([is_spam for _, is_spam in unseen], [learner.judge(one).score for one, _ in unseen])
        self.stdout.write(f"{'ours':20} {ours}")
        for one in found:
            self.stdout.write(
                f"{one.name:20} {one.measures}; {one.train_seconds:.1f} s to train, {one.judge_ms:.2f} ms to judge"
            )

    def _explain(self, file: Path, name: str) -> None:
        known = self._prior(name)
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        learner = Learner.of(known) if known else Learner()
        answer = OfflineJudge(learner).judge(raw)
        meant = meanings()
        lines = [f"score {answer.score:+.2f}: {answer.action}"]
        for symbol in sorted(answer.evidence.symbols, key=lambda one: -abs(one.weight)):
            said = (
                f"{meant.get(symbol.name, '')} ({symbol.detail})"
                if symbol.detail
                else meant.get(symbol.name, "")
            )
            lines.append(f"{symbol.weight:+7.2f}  {symbol.name}: {said}")
        lines += ["", "What the learners say:", *explain(learner, stripped(raw))]
        for line in lines:
            self.stdout.write("".join(c if c.isprintable() else " " for c in line))

    def _prior(self, name: str) -> Prior | None:
        """Read the prior asked for; the shipped one may be missing, and is said to be."""
        if name == "none":
            return None
        try:
            return prior.load(prior.SHIPPED if name == "shipped" else Path(name))
        except prior.PriorError as error:
            if name != "shipped":
                raise CommandError(str(error)) from error
            self.stderr.write(f"Judged without a prior: {error}")
            return None


def _progress(found: Iterable[Labelled], what: str, total: int | None) -> Iterable[Labelled]:
    return tqdm(found, desc=what, total=total, unit="msg", file=sys.stderr, mininterval=0.5, disable=None)  # type: ignore[no-any-return]
