"""Whatever bytes are taken for an ENVELOPE: texts or nothing, and no error escapes."""

from apps.protocols.imap.envelope import FIELDS, field, written_day


def test_one_input(data: bytes) -> None:
    """Read every field."""
    for name in FIELDS:
        field(data, name)
    written_day(data)
