"""A report that mail programs and people can read, whatever a stranger's server said."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart

from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.smtp.dsn import Action, RecipientStatus, Report, headers_of, write

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ORIGINAL = b"From: <bob@example.test>\r\nSubject: lunch\r\n\r\nAt noon?\r\n"


def a_report(**changes: object) -> Report:
    recipient = RecipientStatus(
        "nobody@far.example",
        Action.FAILED,
        "5.1.1",
        original="rfc822;nobody@far.example",
        remote_mta="mx.far.example",
        diagnostic="550 5.1.1 No such user",
        last_attempt=NOW,
    )
    values: dict[str, object] = {
        "reporting_mta": "mail.example.test",
        "to": "bob@example.test",
        "subject": "Not delivered: lunch",
        "explanation": "Your message was not delivered.",
        "message_id": "1@mail.example.test",
        "now": NOW,
        "recipients": [recipient],
        "arrived": NOW,
        "envelope_id": "abc",
        "original": ORIGINAL,
    } | changes
    return Report(**values)  # type: ignore[arg-type]


def groups_of(part: MIMEPart) -> list[EmailMessage]:
    """The groups of fields of a message/delivery-status, which the library reads as messages."""
    return part.get_payload()  # type: ignore[return-value]


def read(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, policy=email.policy.default)


def test_it_works() -> None:
    message = read(write(a_report()))
    assert message.get_content_type() == "multipart/report"
    words, status, returned = message.iter_parts()
    assert words.get_content().strip() == "Your message was not delivered."
    about, recipient = groups_of(status)
    assert about["Reporting-MTA"] == "dns; mail.example.test"
    assert about["Original-Envelope-Id"] == "abc"
    assert recipient["Final-Recipient"] == "rfc822; nobody@far.example"
    assert recipient["Action"] == "failed"
    assert recipient["Status"] == "5.1.1"
    assert recipient["Diagnostic-Code"] == "smtp; 550 5.1.1 No such user"
    assert returned.get_content_type() == "text/rfc822-headers"
    assert "At noon?" not in returned.as_string()
    assert message["Auto-Submitted"] == "auto-replied"


def test_the_whole_message_comes_back_when_asked() -> None:
    data = write(a_report(return_full=True))
    assert ORIGINAL in data
    assert list(read(data).iter_parts())[2].get_content_type() == "message/rfc822"


def test_mallorys_server_cannot_add_fields() -> None:
    evil = RecipientStatus(
        "x@far.example", Action.FAILED, "5.0.0", diagnostic="550 no\r\nAction: delivered\r\n\r\nx"
    )
    data = write(a_report(recipients=[evil]))
    (_, recipient) = groups_of(list(read(data).iter_parts())[1])
    assert recipient.get_all("Action") == ["failed"]


def test_a_boundary_inside_the_original_is_avoided() -> None:
    data = write(a_report(original=b"Subject: x\r\n\r\n--report\r\n", return_full=True))
    assert len(list(read(data).iter_parts())) == 3


def test_utf8_is_labelled() -> None:
    recipient = RecipientStatus("jürgen@example.test", Action.FAILED, "5.1.1")
    data = write(a_report(original="Subject: Grüße\r\n\r\n".encode(), recipients=[recipient]))
    assert b"message/global-headers" in data
    assert "Final-Recipient: utf-8; jürgen@example.test".encode() in data


def test_huge_headers_are_cut_at_a_line() -> None:
    block = headers_of(b"".join(b"X-%d: y\r\n" % n for n in range(20000)) + b"\r\nbody")
    assert len(block) <= 64 * 1024
    assert block.endswith(b"y\r\n")


@given(st.binary(), st.text(), st.booleans())
def test_any_original_and_any_words_make_three_parts(original: bytes, diagnostic: str, full: bool) -> None:
    recipient = RecipientStatus("x@far.example", Action.FAILED, "5.0.0", diagnostic=diagnostic)
    data = write(a_report(original=original, recipients=[recipient], return_full=full))
    assert data.count(b"\r\n--report") >= 3
    assert data.endswith(b"--\r\n")
