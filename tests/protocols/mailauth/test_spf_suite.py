"""The suite of openspf, as far as it lies in ../shared/data/spf: every case must come out as it says."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from apps.protocols.mailauth.spf import check_spf

from .zones import Answers

DATA = Path(__file__).parents[3].parent / "shared/data/spf"
FILES = sorted(DATA.glob("rfc7208*.yml"))


def cases() -> list[Any]:
    """Return every case of every file."""
    found = []
    for path in FILES:
        for scenario in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if not scenario:
                continue
            for name, case in scenario["tests"].items():
                found.append(
                    pytest.param(case, scenario["zonedata"], id=f"{scenario['description']}: {name}")
                )
    return found


@pytest.mark.skipif(not FILES, reason=f"NOT TESTED: no suite of openspf in {DATA}")
def test_the_suite_is_here() -> None:
    assert len(cases()) > 50


@pytest.mark.parametrize(("case", "zone"), cases())
def test_case(case: dict[str, Any], zone: dict[str, Any]) -> None:
    inquiry = check_spf(
        str(case["host"]),
        sender=str(case["mailfrom"] or ""),
        helo=str(case["helo"]),
        receiver="mail.example.test",
    )
    found = Answers(zone).run(inquiry)
    wanted = case["result"]
    assert found.result.value in (wanted if isinstance(wanted, list) else [wanted]), found
    explanation = case.get("explanation")
    if explanation:
        assert found.explanation == ("" if explanation == "DEFAULT" else explanation)
