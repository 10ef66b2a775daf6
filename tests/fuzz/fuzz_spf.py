"""Fuzz target: whatever a policy says, and DNS answers, an SPF check comes to a result after a bounded number of questions."""

from apps.protocols.mailauth.lookups import Answer, Lookup, Mx, Status
from apps.protocols.mailauth.spf import SpfResult, check_spf


def test_one_input(data: bytes) -> None:
    """Check a sender; the lines of the input are sender, greeting and then what each question is answered."""
    sender, helo, *lines = [*data.decode("utf-8", "surrogateescape").split("\n"), ""]
    inquiry = check_spf("192.0.2.3", sender=sender, helo=helo, receiver="mail.example.test", now=1)
    asked = 0
    try:
        lookup = next(inquiry)
        while True:
            line = lines[asked % len(lines)] if lines else ""
            asked += 1
            assert asked < 200
            assert 0 < len(lookup.name) <= 253
            lookup = inquiry.send(_answer(lookup, line))
    except StopIteration as stop:
        found: SpfResult = stop.value
        assert found.explanation.isascii()


def _answer(lookup: Lookup, line: str) -> Answer:
    match line:
        case "":
            return Answer(Status.NO_DATA)
        case "!":
            return Answer(Status.FAULT)
    if lookup.kind == "MX":
        return Answer(Status.FOUND, tuple(Mx(n, name) for n, name in enumerate(line.split())))
    if lookup.kind == "TXT":
        return Answer(Status.FOUND, (line,))
    return Answer(Status.FOUND, tuple(line.split()))
