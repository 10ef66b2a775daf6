"""Codes of an app, as RFC 6238 has them, and how far a clock may be off."""

import base64

import pytest

from apps.accounts.onetime import counter_of, new_recovery_codes, new_secret, uri

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert counter_of(RFC_SECRET, code, seconds=seconds) == seconds // 30
    assert counter_of(RFC_SECRET, f" {code[:3]} {code[3:]} ", seconds=seconds) == seconds // 30


@pytest.mark.parametrize(
    ("late", "is_taken"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)]
)
def test_a_clock_may_be_one_step_off(late: int, *, is_taken: bool) -> None:
    found = counter_of(RFC_SECRET, "081804", seconds=1111111109 + late)
    assert (found == 1111111109 // 30) == is_taken


@pytest.mark.parametrize("code", ["", "28708", "2870822", "٢٨٧٠٨٢", "\ud800", "28708\0", "x" * 10_000])
def test_nonsense_is_no_code(code: str) -> None:
    assert counter_of(RFC_SECRET, code, seconds=59) is None


def test_an_app_learns_who_we_are() -> None:
    secret = new_secret()
    assert len(secret) == 32
    made = uri(secret, address="alice@example.test", issuer="mail.example.test")
    assert made.startswith("otpauth://totp/mail.example.test:alice%40example.test?")
    assert f"secret={secret}" in made


def test_recovery_codes_are_ten_and_easily_read() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    for code in codes:
        assert len(code) == 11
        assert set(code) <= set("abcdefghijklmnopqrstuvwxyz234567-")
