"""Fuzz target: whatever strangers said and wrote, a notification stays the message we mean it to be."""

import contextlib
import datetime as dt

from apps.protocols.addresses import Address, AddressError
from apps.protocols.mime.headers import fields, header_end
from apps.protocols.mime.parts import PartTable
from apps.protocols.mime.scan import scan
from apps.protocols.smtp.dsn import Action, RecipientStatus, Report, write

NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
HEADER = [
    b"Date",
    b"From",
    b"To",
    b"Subject",
    b"Message-ID",
    b"Auto-Submitted",
    b"MIME-Version",
    b"Content-Type",
]


def test_one_input(data: bytes) -> None:
    """The first line is whose mail failed, the second what its server said, the rest the message returned."""
    line, _, rest = data.partition(b"\n")
    said, _, original = rest.partition(b"\n")
    address = Address("bob", "example.test")
    with contextlib.suppress(AddressError):
        address = Address.parse(line.decode("utf-8", "surrogateescape"))
    text = said.decode("utf-8", "replace")
    status = RecipientStatus(str(address), Action.FAILED, "5.0.0", text, text, text, NOW, NOW)
    for full in (False, True):
        report = Report(
            reporting_mta="mx.example.test",
            to=str(address),
            subject=text,
            explanation=text,
            message_id="1@mx.example.test",
            now=NOW,
            recipients=[status],
            arrived=NOW,
            envelope_id=text,
            original=original,
            return_full=full,
        )
        written = write(report)
        assert [name for name, _ in fields(written[: header_end(written)])] == HEADER
        assert len(PartTable.decode(scan(written).parts).root.children) == 3
