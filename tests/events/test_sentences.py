"""The story of a message says whether its sender was confirmed."""

import datetime as dt
from typing import Any

import pytest

from apps.events.sentences import sentence
from apps.events.trace import Recorded

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def told(checks: Any) -> str:
    detail = {"origin": "mx", "sender": "a@x.test", "recipients": ["b@y.test"], "size": 1, "checks": checks}
    return sentence(Recorded(NOW, "accepted", 1, detail)).partition("not judged.")[2].strip()


@pytest.mark.parametrize(
    ("dmarc", "words"),
    [
        ({"result": "pass", "aligned": ["spf", "dkim"]}, "SPF + DKIM confirm that it comes from x.test."),
        (
            {"result": "fail", "policy": "reject"},
            "Nothing confirms that it comes from x.test, which asks to treat it as junk.",
        ),
        (
            {"result": "fail", "policy": "none"},
            "Nothing confirms that it comes from x.test, which asks for nothing then.",
        ),
        ({"result": "none"}, "x.test does not say how its mail can be recognised."),
        ({"result": "temperror"}, "Whether it comes from x.test could not be found out."),
    ],
)
def test_it_works(dmarc: dict[str, Any], words: str) -> None:
    assert told({"dmarc": {"domain": "x.test", **dmarc}}) == words


def test_why_a_policy_was_not_followed() -> None:
    checks = {
        "dmarc": {"result": "fail", "policy": "reject", "domain": "x.test"},
        "override": "signed by y.test",
    }
    assert told(checks).endswith("its policy was not followed (signed by y.test).")


@pytest.mark.parametrize("checks", [None, {}, [], "x", {"dmarc": "x"}])
def test_nothing_where_nobody_asked(checks: Any) -> None:
    assert told(checks) == ""
