"""Fuzz target: the arguments of EHLO, MAIL and RCPT."""

import contextlib

from apps.protocols.smtp.commands import CommandError, Extensions, parse_hello, parse_mail, parse_rcpt

ALL = Extensions(auth=True, dsn=True)


def test_one_input(data: bytes) -> None:
    """Read the bytes as each of them."""
    with contextlib.suppress(CommandError):
        parse_mail(data, ALL)
    with contextlib.suppress(CommandError):
        parse_rcpt(data, ALL, smtputf8=True, hostname="mx.example.test")
    with contextlib.suppress(CommandError):
        parse_hello(data)
