"""Labelled mail is read from whatever holds it, judged without a database, and measured."""

import io
import json
import mailbox
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.spam.evaluation import corpora, runs
from apps.spam.evaluation.measures import measure
from apps.spam.learning.linear import Table

SPAM = "Subject: cheap pills\n\nbuy cheap pills number {} now, casino bonus winner\n"
HAM = "Subject: meeting notes\n\nthe meeting agenda {} for tomorrow, thanks for the review\n"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Table.empty, "__defaults__", (14,))


def folder(path: Path, count: int = 12, *, start: int = 0, unwanted: str = "spam") -> Path:
    for label, text in (("ham", HAM), (unwanted, SPAM)):
        (path / label).mkdir(parents=True)
        for number in range(start, start + count):
            (path / label / f"{number}.eml").write_text(text.format(number))
    (path / "README.md").write_text("no message")
    return path


def read(path: Path) -> list[tuple[str, int]]:
    return [(one.label, len(one.raw)) for one in corpora.read_corpus(path)]


def test_a_folder_is_read_with_labels_of_its_folders(tmp_path: Path) -> None:
    found = read(folder(tmp_path / "a", 3, unwanted="phish"))
    assert [label for label, _ in found] == ["ham"] * 3 + ["phish"] * 3
    assert corpora.count_corpus(tmp_path / "a") == 6


@pytest.mark.parametrize("kind", [".tar", ".tar.gz", ".tar.zst"])
def test_a_tarball_holds_the_same(tmp_path: Path, kind: str) -> None:
    made = folder(tmp_path / "a", 3)
    file = tmp_path / f"a{kind}"
    with tarfile.open(tmp_path / "plain.tar", "w:gz" if kind == ".tar.gz" else "w") as archive:
        archive.add(made, "a")
    if kind == ".tar.zst":
        if not shutil.which("zstd"):
            pytest.skip("the program zstd is not installed")
        subprocess.run(["zstd", "-q", str(tmp_path / "plain.tar"), "-o", str(file)], check=True)
    else:
        (tmp_path / "plain.tar").rename(file)
    assert sorted(read(file)) == sorted(read(made))


def test_a_mbox_and_a_maildir_are_read(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "spam.mbox")
    for number in range(3):
        box.add(mailbox.mboxMessage(SPAM.format(number).encode()))
    box.flush()
    assert [label for label, _ in read(tmp_path / "spam.mbox")] == ["spam"] * 3
    (tmp_path / "mail").mkdir()
    maildir = mailbox.Maildir(tmp_path / "mail" / "ham")
    maildir.add(HAM.format(1).encode())
    assert [label for label, _ in read(tmp_path / "mail")] == ["ham"]


def test_what_holds_no_labels_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "1.eml").write_text(HAM)
    for path in (tmp_path / "x", tmp_path / "nothing"):
        with pytest.raises(corpora.CorpusError, match=path.name):
            read(path)
    (tmp_path / "broken.tar").write_bytes(b"no archive" * 100)
    with pytest.raises(corpora.CorpusError, match="broken"):
        read(tmp_path / "broken.tar")


def test_measures() -> None:
    perfect = measure([False] * 99 + [True], [-5.0] * 99 + [5.0])
    assert perfect.roca == 0
    assert perfect.recall == 100
    assert perfect.false_positives == 0
    assert perfect.calibration < 0.01
    assert measure([False, True], [1.0, 1.0]).roca == 50
    assert measure([False, True], [1.0, -1.0]).roca == 100
    assert measure([True], [1.0]).roca is None
    half = measure([True, False] * 50, [10.0] * 100)
    assert half.calibration == pytest.approx(0.5, abs=0.01)
    assert "1-ROCA" in str(half)
    assert "-" in str(measure([], []))


def test_a_stream_is_in_the_order_mail_came() -> None:
    def one(name: str, header: str) -> corpora.Labelled:
        return corpora.Labelled(name, "ham", f"{header}\n\n".encode())

    early = one(
        "b", "Received: from a\n by b; Tue, 6 Aug 2019 14:03:27 +0200\nDate: Tue, 6 Aug 2030 14:03:27 +0200"
    )
    late = one("a", "Date: Wed, 7 Aug 2019 14:03:27 +0200")
    none = one("c", "Subject: x")
    assert [message.file for message in runs.as_stream([late, early, none])] == ["c", "b", "a"]


@pytest.mark.parametrize("online", [False, True])
def test_the_command_judges_one_folder_taught_by_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, online: bool
) -> None:
    out = tmp_path / "out.jsonl"
    options = ["--online"] if online else []
    folder(tmp_path / "a")
    folder(tmp_path / "b", start=50, unwanted="phish")
    call_command(
        "spam", "evaluate", "--train", str(tmp_path / "a"), "--test", str(tmp_path / "b"),
        "--prior", "none", "--out", str(out), *options,
    )  # fmt: skip
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert {tuple(line) for line in lines} == {("file", "label", "p", "action", "cpu_ms")}
    assert all((line["p"] > 0.5) == (line["label"] == "phish") for line in lines)
    assert {line["action"] for line in lines if line["label"] == "ham"} == {"inbox"}
    assert "1-ROCA 0.000 %" in capsys.readouterr().err


def test_a_prior_is_trained_and_used(tmp_path: Path) -> None:
    folder(tmp_path / "a")
    folder(tmp_path / "b", start=50)
    prior, out = tmp_path / "prior.bin", tmp_path / "out.jsonl"
    call_command("spam", "train", "--source", str(tmp_path / "a"), "--out", str(prior))
    call_command("spam", "evaluate", "--test", str(tmp_path / "b"), "--prior", str(prior), "--out", str(out))
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert all((line["p"] > 0.5) == (line["label"] == "spam") for line in lines)
    said = io.StringIO()
    call_command(
        "spam", "explain", str(tmp_path / "b" / "spam" / "50.eml"), "--prior", str(prior), stdout=said
    )
    assert "pills" in said.getvalue()


def test_a_prior_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.bin").write_bytes(b"nonsense")
    with pytest.raises(CommandError, match=r"bad\.bin"):
        call_command("spam", "explain", str(tmp_path / "x"), "--prior", str(tmp_path / "bad.bin"))
