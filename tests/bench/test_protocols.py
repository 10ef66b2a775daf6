"""The protocols: choices of mail that are the same each time, runs that know nothing of each other, rows that say so."""

import json
from pathlib import Path

import pytest

from bench.spam import __main__ as table
from bench.spam import data
from bench.spam.data import Mail, canary, lay, marks, read, sample
from bench.spam.judge import Judge, NotMeasuredError, by_source
from bench.spam.protocols import PROTOCOLS, Row


def _collection(folder: Path) -> list[Mail]:
    """Write a small collection of two sources, spam easily told."""
    lines = []
    for corpus in ("spamassassin", "lists_modern"):
        for number in range(24):
            label = "spam" if number % 3 == 0 else "ham"
            words = "cheap pills casino winner" if label == "spam" else "meeting agenda notes compiler"
            path = folder / corpus / label / f"{number}.eml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(
                f"From: a{number}@{label}.example\nTo: b@example.test\nSubject: {words} {number}\n"
                f"Date: Mon, {number + 1} Mar 2021 10:00:00 +0000\n\n{words} {number} of {corpus}, {words}.\n"
            )
            said = {
                "file": str(path.relative_to(folder)),
                "label": label,
                "corpus": corpus,
                "date": f"2021-03-{number:02}",
            }
            lines.append(json.dumps(said))
    (folder / "manifest.jsonl").write_text("\n".join(lines) + "\n")
    return read(folder)


def test_samples_are_the_same_each_time_and_parts_of_each_other(tmp_path: Path) -> None:
    mails = _collection(tmp_path)
    assert sample(mails, 5, 1) == sample(reversed(mails), 5, 1) == sample(mails, 9, 1)[:5]
    assert sample(mails, 5, 1) != sample(mails, 5, 2)


def test_marks_hold_both_kinds(tmp_path: Path) -> None:
    mails = _collection(tmp_path)
    for seed in range(20):
        chosen = marks(mails, 2, seed)
        assert {mail.label for mail in chosen} == {"ham", "spam"}
        assert len(set(marks(mails, 48, seed))) == 48


def test_mail_is_laid_out_by_label(tmp_path: Path) -> None:
    mails = _collection(tmp_path / "from")
    lay(tmp_path / "to", mails)
    assert len(list((tmp_path / "to" / "spam").iterdir())) == 16
    assert len(by_source(mails)["lists_modern"]) == 24
    assert canary(tmp_path / "to") == []


@pytest.mark.slow
def test_a_run_is_taught_by_one_source_and_judges_another(tmp_path: Path) -> None:
    judge = Judge(tmp_path, _collection(tmp_path / "dev"))
    tests = judge.corpus("lists_modern")
    lines = judge.evaluate(tests, train={"spamassassin": judge.corpus("spamassassin")})
    assert len(lines) == len(tests)
    assert min(line.p for line in lines if line.is_spam) > max(line.p for line in lines if not line.is_spam)
    assert not list(tmp_path.glob("run-*"))


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotMeasuredError, match="lingspam"):
        Judge(tmp_path).corpus("lingspam")


def test_goals() -> None:
    assert Row("a", 1.0).reached is None
    assert Row("a", 1.0, 1).reached
    assert Row("a", float("nan"), 1).reached is False
    assert Row("a", 95, 95, at_least=True).reached
    assert not Row("a", 94.9, 95, at_least=True).reached


def test_without_the_collection_it_says_so_loudly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(data, "archive", lambda: None)
    assert table.main(["online", "--out", str(tmp_path / "out.json")]) == 0
    assert "SKIPPED" in capsys.readouterr().out
    assert json.loads((tmp_path / "out.json").read_text())["protocols"] == {}


def test_each_protocol_says_what_it_does() -> None:
    assert all((protocol.__doc__ or "").strip() for protocol in PROTOCOLS.values())
