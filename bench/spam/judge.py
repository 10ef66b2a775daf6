"""One run of `manage.py spam evaluate`: what it is taught and what it judges laid out in folders, its lines read back."""

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from apps.spam.learning.prior import SHIPPED
from bench.spam.data import ROOT, Mail, lay, sample
from bench.spam.metrics import Line, read_lines

CORPORA = ("spamassassin", "lists_modern", "lingspam", "phishing_pot")


class NotMeasuredError(Exception):
    """What a protocol needs is not there."""


@dataclass(slots=True)
class Judge:
    """Runs the filter on choices of mail, in a process of its own each time: nothing is left of one run in the next."""

    work: Path
    mails: list[Mail] = field(default_factory=list)
    quick: bool = False
    runs: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def priors(self) -> tuple[str, ...]:
        """What a filter may know before it is taught: what ships, if it does yet, and nothing."""
        return ("shipped", "none") if SHIPPED.exists() else ("none",)

    def corpus(self, *names: str, when: Callable[[Mail], bool] | None = None) -> list[Mail]:
        """Return messages of some corpora."""
        found = [mail for mail in self.mails if mail.corpus in names and (when is None or when(mail))]
        if not found:
            raise NotMeasuredError(f"no messages of {', '.join(names)}")
        return found

    def some(self, mails: Sequence[Mail], quickly: int) -> list[Mail]:
        """Return all of them, or when it must go quickly, a sample."""
        return sample(mails, quickly, "quick") if self.quick else list(mails)

    def evaluate(
        self,
        tests: Sequence[Mail],
        *,
        train: Mapping[str, Sequence[Mail]] | None = None,
        prior: str = "none",
        online: bool = False,
    ) -> list[Line]:
        """Judge messages after being taught by others; `train` names the sources, each a folder of its own."""
        with tempfile.TemporaryDirectory(prefix=f"run-{next(self.runs)}-", dir=self.work) as base:
            folder = Path(base)
            out = folder / "lines.jsonl"
            command = [sys.executable, "manage.py", "spam", "evaluate", "--prior", prior, "--out", str(out)]
            for name, mails in (train or {}).items():
                if mails:
                    command += ["--train", str(lay(folder / "train" / name, mails))]
            command += ["--test", str(lay(folder / "test", tests)), *(["--online"] if online else [])]
            done = subprocess.run(
                command,
                cwd=ROOT,
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                check=False,
            )
            if done.returncode:
                raise NotMeasuredError(done.stderr.strip()[-600:])
            if "without a prior" in done.stderr:
                raise NotMeasuredError("there is no shipped prior yet")
            lines = read_lines(out)
        if len(lines) != len(tests):
            raise NotMeasuredError(f"{len(lines)} of {len(tests)} messages were judged")
        return lines


def by_source(mails: Sequence[Mail]) -> dict[str, list[Mail]]:
    """Return messages by corpus, as sources to be taught by."""
    return {name: [mail for mail in mails if mail.corpus == name] for name in CORPORA}
