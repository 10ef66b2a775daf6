"""Records and policies of MTA-STS, as published well and badly."""

import pytest

from apps.protocols.mailauth.lookups import Answer, Status
from apps.protocols.mailauth.mta_sts import (
    MAX_AGE,
    MAX_BYTES,
    Announced,
    Mode,
    Policy,
    PolicyError,
    find_policy,
    policy_lines,
    read_policy,
    read_record,
)

GOOD = b"version: STSv1\r\nmode: enforce\r\nmx: mx1.far.example\r\nmx: *.far.example\r\nmax_age: 86400\r\n"


def announced(*texts: str, status: Status = Status.FOUND) -> Announced:
    inquiry = find_policy("far.example")
    assert next(inquiry).name == "_mta-sts.far.example"
    try:
        inquiry.send(Answer(status, texts))
    except StopIteration as stop:
        found: Announced = stop.value
        return found
    raise AssertionError


def test_it_works() -> None:
    assert announced("v=STSv1; id=20260101T000000;") == Announced("20260101T000000")
    policy = read_policy(GOOD)
    assert policy == Policy(Mode.ENFORCE, ("mx1.far.example", "*.far.example"), 86400)
    assert read_policy("\n".join(policy_lines(policy)).encode()) == policy
    assert policy_lines(policy)[:2] == ("version: STSv1", "mode: enforce")


@pytest.mark.parametrize(
    "text",
    [
        "v=STSv1",
        "v=STSv2; id=1;",
        "id=1; v=STSv1;",
        "v=STSv1; id=a-b;",
        "v=STSv1; id=;",
        "v=STSv1; id=" + "a" * 33,
    ],
)
def test_records_that_are_none(text: str) -> None:
    assert read_record(text) == ""


def test_what_follows_in_a_record_is_ignored() -> None:
    assert read_record("v=STSv1 ; id=7 ; more=words") == "7"
    assert read_record("v=STSv1;id=7;more=words") == "7"


def test_two_records_are_as_good_as_none_and_others_do_not_count() -> None:
    assert announced("v=STSv1; id=1;", "v=STSv1; id=2;") == Announced()
    assert announced("v=spf1 -all", "v=STSv1; id=2;") == Announced("2")


def test_a_fault_is_told_from_nothing() -> None:
    assert announced(status=Status.FAULT) == Announced(is_fault=True)
    assert announced(status=Status.NO_DOMAIN) == Announced()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "version"),
        (GOOD.replace(b"STSv1", b"STSv9"), "version"),
        (GOOD.replace(b"enforce", b"maybe"), "mode"),
        (GOOD.replace(b"86400", b"a day"), "max_age"),
        (GOOD.replace(b"86400", b"-1"), "max_age"),
        (b"version: STSv1\nmode: enforce\nmax_age: 1\n", "mx"),
        (GOOD + b"mx: two words\n", "host"),
        (GOOD + b"<html>\n", "without a name"),
        (GOOD + b"\xff", "UTF-8"),
        (GOOD + b"x: " + b"y" * MAX_BYTES, "64 KB"),
        (GOOD + b"mx: a.example\n" * 101, "100"),
    ],
)
def test_policies_that_cannot_be_used(body: bytes, why: str) -> None:
    with pytest.raises(PolicyError, match=why):
        read_policy(body)


def test_lenient_where_the_rfc_is() -> None:
    policy = read_policy(GOOD.replace(b"\r\n", b"\n") + b"\nmode: none\nnew: thing\n")
    assert policy.mode is Mode.ENFORCE
    assert read_policy(
        b"version: STSv1\nmode: none\nmax_age: 99999999999999".replace(b"9" * 14, b"9999999999")
    ) == (Policy(Mode.NONE, (), MAX_AGE))


@pytest.mark.parametrize(
    ("host", "is_named"),
    [
        ("mx1.far.example", True),
        ("MX1.Far.Example.", True),
        ("mx2.far.example", True),
        ("a.mx2.far.example", False),
        ("far.example", False),
        ("mx1.far.example.evil.example", False),
    ],
)
def test_which_hosts_a_policy_names(host: str, is_named: bool) -> None:
    assert read_policy(GOOD).names(host) is is_named
