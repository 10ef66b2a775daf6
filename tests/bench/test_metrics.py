"""The measures, on lists short enough to reckon by hand."""

import math
from pathlib import Path

import pytest

from bench.spam.metrics import (
    Line,
    calibration,
    cpu,
    false_positives,
    read_lines,
    recall,
    recall_at,
    refused,
    roca,
    wilson,
)


def _lines(*said: tuple[str, float, str]) -> list[Line]:
    return [Line(f"{number}.eml", label, p, action, 1.0) for number, (label, p, action) in enumerate(said)]


GOOD = _lines(
    ("ham", 0.01, "inbox"), ("ham", 0.2, "inbox"), ("spam", 0.9, "junk"), ("phish", 0.999999999, "refuse")
)


def test_it_works() -> None:
    assert roca(GOOD) == 0
    assert recall_at(GOOD) == recall(GOOD) == 100
    assert false_positives(GOOD) == 0
    assert refused(GOOD) == 0


def test_one_pair_of_four_the_wrong_way_round() -> None:
    lines = _lines(("ham", 0.1, "inbox"), ("ham", 0.8, "tag"), ("spam", 0.7, "inbox"), ("spam", 0.9, "junk"))
    assert roca(lines) == pytest.approx(25)
    assert recall(lines) == 50
    assert false_positives(lines) == 0, "a tagged message is in the inbox"
    assert recall_at(lines) == 50


def test_equal_scores_are_half_wrong() -> None:
    assert roca(_lines(("ham", 0.5, "inbox"), ("spam", 0.5, "inbox"))) == pytest.approx(50)


def test_recall_where_one_in_a_hundred_may_be_wrong() -> None:
    ham = [("ham", number / 1000, "inbox") for number in range(1, 100)]
    lines = _lines(*ham, ("ham", 0.99, "junk"), ("spam", 0.95, "junk"), ("spam", 0.05, "inbox"))
    assert recall_at(lines, 1) == 50
    assert recall_at(lines, 0) == 0


def test_a_kind_that_is_missing_is_not_a_number() -> None:
    assert math.isnan(roca(_lines(("ham", 0.1, "inbox"))))
    assert math.isnan(recall_at(_lines(("ham", 0.1, "inbox"))))
    assert math.isnan(recall([]))
    assert math.isnan(cpu([])[0])


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (0, 0, 0, 100),
        (0, 1000, 0, 0.3827),
        (1, 1000, 0.0177, 0.5642),
        (50, 100, 40.383, 59.617),
        (10, 10, 72.25, 100),
    ],
)
def test_the_bound_of_wilson(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=0.005)


def test_calibration_of_one_who_is_always_sure_and_half_right() -> None:
    lines = _lines(("ham", 0.999999, "junk"), ("spam", 0.999999, "junk"))
    assert calibration(lines) == pytest.approx(0.5, abs=1e-3)
    assert calibration(GOOD) == pytest.approx((0.01 + 0.2 + 0.1) / 4, abs=1e-3)


def test_lines_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text('{"file": "a.eml", "label": "spam", "p": 1.0, "action": "junk", "cpu_ms": 2.5}\n')
    (line,) = read_lines(path)
    assert line.is_spam
    assert line.is_caught
    assert line.score > 20
    assert cpu([line]) == (2.5, 2.5)
