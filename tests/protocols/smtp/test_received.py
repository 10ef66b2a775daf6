"""The Received header says how a message came, and nothing about the other recipients."""

import dataclasses
import datetime as dt
import email

from apps.protocols.smtp.received import Hop, address_literal, protocol, received

NOW = dt.datetime(2026, 3, 1, 12, 0, 5, tzinfo=dt.UTC)
HOP = Hop("mail.sender.test", "192.0.2.1", "mx.example.test", "abc123", esmtp=True, tls="TLSv1.3 X", signed_in=False, smtputf8=False)  # fmt: skip


def test_it_works() -> None:
    assert received(HOP, recipient="alice@example.test", now=NOW) == (
        b"Received: from mail.sender.test ([192.0.2.1])\r\n"
        b"\tby mx.example.test with ESMTPS id abc123 (TLSv1.3 X)\r\n"
        b"\tfor <alice@example.test>;\r\n"
        b"\tSun, 01 Mar 2026 12:00:05 +0000\r\n"
    )


def test_several_recipients_are_not_named() -> None:
    header = received(HOP, recipient=None, now=NOW)
    assert b"for <" not in header
    assert email.message_from_bytes(header)["Received"].endswith("12:00:05 +0000")


def test_the_protocol_is_named() -> None:
    assert protocol(dataclasses.replace(HOP, esmtp=False, tls="")) == "SMTP"
    assert protocol(dataclasses.replace(HOP, tls="")) == "ESMTP"
    assert protocol(dataclasses.replace(HOP, signed_in=True)) == "ESMTPSA"
    assert protocol(dataclasses.replace(HOP, smtputf8=True)) == "UTF8SMTPS"


def test_peers_are_written_as_literals() -> None:
    assert address_literal("2001:DB8::1") == "[IPv6:2001:db8::1]"
    assert address_literal("::ffff:192.0.2.1") == "[192.0.2.1]"
    assert address_literal("fe80::1%eth0") == "[IPv6:fe80::1]"
    assert address_literal("") == "unknown"
