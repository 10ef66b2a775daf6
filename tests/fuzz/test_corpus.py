"""Every kept input is played through its target, without a fuzzer: what was found once stays found."""

from pathlib import Path

import pytest

from .limits import bounded

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
KEPT = sorted(path.relative_to(CORPUS).as_posix() for path in CORPUS.glob("*/*"))
FINDINGS = CORPUS / "findings.txt"


@pytest.mark.parametrize("kept", KEPT)
def test_kept_input(kept: str) -> None:
    bounded(kept.partition("/")[0])((CORPUS / kept).read_bytes())


def test_every_target_has_kept_inputs() -> None:
    targets = {path.stem.removeprefix("fuzz_") for path in HERE.glob("fuzz_*.py")}
    assert {kept.partition("/")[0] for kept in KEPT} == targets


def test_every_finding_says_why_it_is_kept() -> None:
    for line in FINDINGS.read_text().splitlines():
        kept, _, why = line.partition(": ")
        assert kept in KEPT
        assert why.endswith(".")
