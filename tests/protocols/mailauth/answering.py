"""Answers to evaluators, by hand."""

from collections.abc import Mapping

from apps.protocols.mailauth.lookups import Answer, Inquiry, Status

type Records = Mapping[str, str | tuple[str, ...] | Status]


def answer[T](inquiry: Inquiry[T], records: Records, asked: list[str] | None = None) -> T:
    """Run an evaluator, answering from records by name; a Status stands for that answer."""
    try:
        lookup = next(inquiry)
        while True:
            if asked is not None:
                asked.append(lookup.name)
            match records.get(lookup.name, Status.NO_DOMAIN):
                case Status() as status:
                    reply = Answer(status)
                case str() as text:
                    reply = Answer(Status.FOUND, (text,))
                case texts:
                    reply = Answer(Status.FOUND, texts)
            lookup = inquiry.send(reply)
    except StopIteration as end:
        found: T = end.value
        return found
