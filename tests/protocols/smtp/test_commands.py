"""MAIL, RCPT and EHLO: what is understood, what is forgiven, and what is answered to the rest."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.addresses import Address
from apps.protocols.smtp import replies
from apps.protocols.smtp.commands import (
    CommandError,
    Extensions,
    Mail,
    Rcpt,
    parse_hello,
    parse_mail,
    parse_rcpt,
)
from apps.protocols.smtp.replies import Reply

ALICE = Address("alice", "example.test")
ALL = Extensions(auth=True, dsn=True)
HELO = Extensions(esmtp=False)
MAILS = [
    (b"FROM:<alice@example.test>", Mail(ALICE)),
    (b"from: <alice@EXAMPLE.test>  ", Mail(ALICE)),
    (b"FROM:<>", Mail(None)),
    (b"FROM:<> BODY=8BITMIME SIZE=0", Mail(None, size=0, eight_bit=True)),
    (b"FROM:<@a.test,@b.test:alice@example.test> size=100", Mail(ALICE, size=100)),
    (b'FROM:<"al> ice"@example.test> BODY=7bit', Mail(Address("al> ice", "example.test"))),
    ("FROM:<zoë@example.test> SMTPUTF8".encode(), Mail(Address("zoë", "example.test"), smtputf8=True)),
    (b"FROM:<alice@example.test> AUTH=<>", Mail(ALICE)),
    (b"FROM:<alice@example.test> RET=hdrs ENVID=QQ+2B1", Mail(ALICE, ret="HDRS", envid="QQ+2B1")),
]
WRONG_MAILS = [
    (b"", replies.BAD_SENDER_SYNTAX),
    (b"FROM", replies.BAD_SENDER_SYNTAX),
    (b"FROM:", replies.BAD_SENDER_SYNTAX),
    (b"FROM:alice@example.test", replies.BAD_SENDER_SYNTAX),
    (b"FROM:<alice>", replies.BAD_SENDER_SYNTAX),
    (b"FROM:<alice@example.test", replies.BAD_SENDER_SYNTAX),
    (b"FROM:<alice@example.test>x", replies.BAD_SENDER_SYNTAX),
    (b"FROM:<alice@example.test> <bob@example.test>", replies.BAD_SYNTAX),
    (b"FROM:<alice@example.test> SIZE=", replies.BAD_SYNTAX),
    (b"FROM:<alice@example.test> SIZE=1e3", replies.BAD_SYNTAX),
    (b"FROM:<alice@example.test> SIZE=" + b"9" * 21, replies.BAD_SYNTAX),
    (b"FROM:<alice@example.test> SIZE=1 SIZE=2", replies.BAD_SYNTAX),
    (b"FROM:<alice@example.test> BODY=BINARYMIME", replies.BAD_BODY),
    (b"FROM:<alice@example.test> SMTPUTF8=1", replies.BAD_SYNTAX),
    (b"FROM:<alice@example.test> FUN=1", replies.UNKNOWN_PARAMETER),
    ("FROM:<zoë@example.test>".encode(), replies.NEEDS_SMTPUTF8),
    ("FROM:<alice@straße.test>".encode(), replies.NEEDS_SMTPUTF8),
    (b"FROM:<zo\xff@example.test> SMTPUTF8", replies.BAD_CHARACTERS),
]
WRONG_RCPTS = [
    (b"TO:<>", replies.BAD_RECIPIENT_SYNTAX),
    (b"TO:<nobody>", replies.BAD_RECIPIENT_SYNTAX),
    (b"FROM:<alice@example.test>", replies.BAD_RECIPIENT_SYNTAX),
    (b"TO:<alice@example.test> NOTIFY=NEVER,DELAY", replies.BAD_SYNTAX),
    (b"TO:<alice@example.test> ORCPT=alice@example.test", replies.BAD_SYNTAX),
    (b"TO:<alice@example.test> SIZE=1", replies.UNKNOWN_PARAMETER),
    ("TO:<zoë@example.test>".encode(), replies.NEEDS_SMTPUTF8),
]


def rcpt(argument: bytes, offered: Extensions = ALL, *, smtputf8: bool = False) -> Rcpt:
    return parse_rcpt(argument, offered, smtputf8=smtputf8, hostname="mx.example.test")


@pytest.mark.parametrize(("argument", "mail"), MAILS)
def test_it_works(argument: bytes, mail: Mail) -> None:
    assert parse_mail(argument, ALL) == mail


@pytest.mark.parametrize(("argument", "reply"), WRONG_MAILS)
def test_a_wrong_sender_is_answered(argument: bytes, reply: Reply) -> None:
    with pytest.raises(CommandError) as error:
        parse_mail(argument, ALL)
    assert error.value.reply == reply


def test_recipients_are_read() -> None:
    assert rcpt(b"TO:<alice@example.test>") == Rcpt(ALICE)
    assert rcpt(b"TO:<Postmaster>") == Rcpt(Address("Postmaster", "mx.example.test"))
    assert rcpt("TO:<zoë@example.test>".encode(), smtputf8=True) == Rcpt(Address("zoë", "example.test"))
    assert rcpt(b"TO:<alice@example.test> NOTIFY=success,FAILURE ORCPT=rfc822;a+2Bb@x.test") == Rcpt(
        ALICE, "SUCCESS,FAILURE", "rfc822;a+2Bb@x.test"
    )


@pytest.mark.parametrize(("argument", "reply"), WRONG_RCPTS)
def test_a_wrong_recipient_is_answered(argument: bytes, reply: Reply) -> None:
    with pytest.raises(CommandError) as error:
        rcpt(argument)
    assert error.value.reply == reply


@pytest.mark.parametrize("parameter", [b"SIZE=1", b"BODY=8BITMIME", b"FUN"])
def test_after_helo_there_are_no_parameters(parameter: bytes) -> None:
    with pytest.raises(CommandError):
        parse_mail(b"FROM:<alice@example.test> " + parameter, HELO)


@pytest.mark.parametrize("parameter", [b"RET=FULL", b"ENVID=1", b"AUTH=<>"])
def test_what_was_not_offered_is_not_understood(parameter: bytes) -> None:
    with pytest.raises(CommandError) as error:
        parse_mail(b"FROM:<alice@example.test> " + parameter, Extensions())
    assert error.value.reply == replies.UNKNOWN_PARAMETER


def test_a_client_names_itself() -> None:
    for name in (b"mail.example.test", b"[192.0.2.1]", b"[IPv6:2001:db8::1]", b"my_pc", b"pc/1"):
        assert parse_hello(name) == name.decode()
    for name in (b"", b"  ", b"two words", b"a(b)", b"a\0b", b"a;b", b"<a>", b"a" * 256, "zoë".encode()):
        with pytest.raises(CommandError):
            parse_hello(name)


@given(st.binary())
def test_only_the_declared_error_escapes(argument: bytes) -> None:
    for text in (argument, b"FROM:<" + argument, b"FROM:<alice@example.test> " + argument):
        with contextlib.suppress(CommandError):
            parse_mail(text, ALL)
    for text in (b"TO:<" + argument, b"TO:<alice@example.test> " + argument):
        with contextlib.suppress(CommandError):
            rcpt(text, smtputf8=True)
    with contextlib.suppress(CommandError):
        parse_hello(argument)
