"""Other ways to learn are held against ours on the same mail."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bench.spam.made.make import messages

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made mail of two languages: one to learn from, one to judge."""
    root = tmp_path_factory.mktemp("mail")
    for code in ("en", "de"):
        for number, (label, _, raw) in enumerate(messages(code, 60)):
            folder = root / code / ("ham" if label == "ham" else "spam")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.eml").write_bytes(raw)
    return root


def test_each_learns_what_it_was_shown(mail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spam", "compare", "--train", str(mail / "en"), "--test", str(mail / "en"))
    lines = capsys.readouterr().out.splitlines()
    names = [line[:20].strip() for line in lines]
    assert names[0] == "ours"
    assert {"naive Bayes", "support vectors", "nearest neighbours", "decision tree", "random forest"} < set(
        names
    )
    assert {"gradient boosting", "neural network", "logistic regression"} < set(names)
    for line in lines:
        area = float(line.partition("1-ROCA ")[2].partition(" %")[0])
        assert area < 15, f"what was learned from is not known again: {line}"


def test_some_of_them(mail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--train", str(mail / "en"), "--test", str(mail / "de"), "--model", "naive Bayes"]
    call_command("spam", "compare", *asked)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_what_there_is_not(mail: Path) -> None:
    with pytest.raises(CommandError, match="no such model: oracle"):
        call_command("spam", "compare", "--train", str(mail), "--test", str(mail), "--model", "oracle")


def test_too_little_to_learn_from(tmp_path: Path, mail: Path) -> None:
    for name in ("ham", "spam"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.eml").write_bytes(b"Subject: x\r\n\r\ny\r\n")
    with pytest.raises(CommandError, match="ten messages"):
        call_command("spam", "compare", "--train", str(tmp_path), "--test", str(mail))
