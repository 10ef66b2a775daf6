"""Verifiers other systems made: they match what they should, and nonsense matches nothing."""

import base64
import hashlib

import argon2
import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from passlib.handlers.md5_crypt import md5_crypt
from passlib.handlers.sha2_crypt import sha256_crypt, sha512_crypt

from apps.accounts import imported
from apps.accounts.hashing import SCHEME, check_password, hash_password, needs_rehash

PASSWORD = "Pässwörd 1"
RAW = PASSWORD.encode()


def salted(name: str, scheme: str) -> str:
    digest = hashlib.new(name, RAW + b"salt").digest()
    return f"{{{scheme}}}{base64.b64encode(digest + b'salt').decode()}"


def adapted(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=").replace("+", ".")


DOVECOT_PBKDF2 = hashlib.pbkdf2_hmac("sha1", RAW, b"saltsalt", 5000).hex()
DJANGO_PBKDF2 = base64.b64encode(hashlib.pbkdf2_hmac("sha256", RAW, b"saltsalt", 5000)).decode()
PASSLIB_PBKDF2 = adapted(hashlib.pbkdf2_hmac("sha512", RAW, b"saltsalt", 5000))

VERIFIERS = [
    ("SHA512-CRYPT", sha512_crypt.using(rounds=5000).hash(PASSWORD)),
    ("SHA512-CRYPT", "{CRYPT}" + sha512_crypt.using(rounds=1000).hash(PASSWORD)),
    ("SHA256-CRYPT", "{SHA256-CRYPT}" + sha256_crypt.using(rounds=1000).hash(PASSWORD)),
    ("MD5-CRYPT", "{MD5-CRYPT}" + md5_crypt.hash(PASSWORD)),  # type: ignore[no-untyped-call]
    ("BLF-CRYPT", "{BLF-CRYPT}" + bcrypt.hashpw(RAW, bcrypt.gensalt(4)).decode()),
    ("BLF-CRYPT", bcrypt.hashpw(RAW, bcrypt.gensalt(4)).decode().replace("$2b$", "$2y$")),
    ("SSHA", salted("sha1", "SSHA")),
    ("SSHA256", salted("sha256", "SSHA256")),
    ("SSHA512", salted("sha512", "ssha512")),
    ("PBKDF2", f"{{PBKDF2}}$1$saltsalt$5000${DOVECOT_PBKDF2}"),
    ("PBKDF2", f"pbkdf2_sha256$5000$saltsalt${DJANGO_PBKDF2}"),
    ("PBKDF2", f"$pbkdf2-sha512$5000${adapted(b'saltsalt')}${PASSLIB_PBKDF2}"),
    ("ARGON2", "{ARGON2ID}" + argon2.PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)),
]


@pytest.mark.parametrize(
    ("scheme", "text"), VERIFIERS, ids=[f"{scheme} {n}" for n, (scheme, _) in enumerate(VERIFIERS)]
)
def test_it_works(scheme: str, text: str) -> None:
    found = imported.recognise(text)
    assert found is not None
    assert found[0] == scheme
    assert check_password(*found, PASSWORD)
    assert not check_password(*found, PASSWORD + "x")
    assert not check_password(*found, "")
    assert needs_rehash(*found)


# Made by others: the C library's crypt(3), and OpenBSD's own example.
@pytest.mark.parametrize(
    ("text", "password"),
    [
        (
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
            "Hello world!",
        ),
        ("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!"),
        ("$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1", "Hello world!"),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
    ],
)
def test_others_say_so_too(text: str, password: str) -> None:
    found = imported.recognise(text)
    assert found is not None
    assert check_password(*found, password)


@pytest.mark.parametrize(
    "text", ["", "plain", "{PLAIN}secret", "{NO-SUCH}x", "{}", "{SSHA}", "$9$abc", "{CRYPT}ab1234567890z"]
)
def test_what_names_no_scheme_is_not_recognised(text: str) -> None:
    assert imported.recognise(text) is None


def test_a_word_that_says_nothing_may_be_there_any_number_of_times() -> None:
    assert imported.recognise("{CRYPT}{crypt}" * 5000 + "$1$a") == ("MD5-CRYPT", "$1$a")
    assert imported.recognise("{CRYPT}" * 5000) is None


def test_a_verifier_of_many_threads_is_not_checked() -> None:
    made = argon2.PasswordHasher(time_cost=1, memory_cost=8 * 17, parallelism=17).hash(PASSWORD)
    assert not imported.check("ARGON2", made, PASSWORD)


@given(st.sampled_from(imported.SCHEMES), st.text(max_size=200), st.text(max_size=40))
def test_nonsense_matches_nothing_and_raises_nothing(scheme: str, verifier: str, password: str) -> None:
    assert not imported.check(scheme, verifier, password)


@given(st.sampled_from(VERIFIERS), st.integers(0, 200), st.characters(codec="ascii"))
def test_a_damaged_verifier_raises_nothing(made: tuple[str, str], at: int, char: str) -> None:
    scheme, verifier = imported.recognise(made[1]) or ("", "")
    at %= len(verifier)
    imported.check(scheme, verifier[:at] + char + verifier[at + 1 :][:300], "wrong password")
    imported.check(scheme, verifier[:at], "wrong password")


@pytest.mark.parametrize(
    ("scheme", "verifier"),
    [
        ("SHA512-CRYPT", "$6$rounds=999999999$saltstring$" + "x" * 86),
        ("BLF-CRYPT", "$2b$31$" + "C" * 53),
        ("PBKDF2", f"$1$saltsalt$999999999${DOVECOT_PBKDF2}"),
        (
            "ARGON2",
            "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ),
        (
            "ARGON2",
            "$argon2id$v=19$m=64,t=999999,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ),
    ],
)
def test_a_verifier_that_would_cost_minutes_matches_nothing_at_once(scheme: str, verifier: str) -> None:
    assert not imported.check(scheme, verifier, PASSWORD)


def test_an_unsalted_digest_is_no_salted_one() -> None:
    assert not imported.check("SSHA", base64.b64encode(hashlib.sha1(RAW).digest()).decode(), PASSWORD)


def test_ours_is_argon2id_at_the_stated_cost() -> None:
    verifier = hash_password(PASSWORD)
    assert verifier.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password(SCHEME, verifier, PASSWORD)
    assert not check_password(SCHEME, verifier, PASSWORD + "x")
    assert not needs_rehash(SCHEME, verifier)
    assert needs_rehash(SCHEME, verifier.replace("t=2", "t=1"))


@given(st.text(max_size=120))
def test_a_malformed_verifier_of_ours_never_matches(verifier: str) -> None:
    assert not check_password(SCHEME, verifier, "")
