"""Fuzz target: whatever DNS holds, a DMARC check ends, soon, and a fault is never a failure."""

from dataclasses import dataclass

from apps.protocols.mailauth.dmarc import By, check_dmarc, read_record
from apps.protocols.mailauth.lookups import Answer, Status


@dataclass(frozen=True)
class Said:
    """What SPF or a signature came to."""

    result: str
    domain: str


def test_one_input(data: bytes) -> None:
    """The first lines are the author's domain and one that passed, the others what DNS answers in turn."""
    first, *rest = data.decode("utf-8", "replace").split("\n")
    second = rest[0] if rest else ""
    answers = rest[1:] or [""]
    for text in answers:
        read_record(text)
    for by in By:
        inquiry = check_dmarc((first,), Said("pass", second), [Said("pass", text) for text in answers], by=by)
        asked = faults = 0
        try:
            next(inquiry)
            while True:
                text = answers[asked % len(answers)]
                asked += 1
                faults += text == "!"
                answer = Answer(Status.FAULT) if text == "!" else Answer(Status.FOUND, tuple(text.split("|")))
                inquiry.send(answer)
        except StopIteration as stop:
            found = stop.value
        assert asked <= 60
        assert not (faults and found.result == "fail")
