"""What is asked before sending, and what is not."""

import pytest

from apps.protocols.mime.doubts import Kind, meant_by, warnings
from apps.protocols.mime.letter import Attachment, Letter, Person

ALICE, BOB = Person("alice@example.test"), Person("bob@example.test")


def kinds(letter: Letter, **more: object) -> list[Kind]:
    return [doubt.kind for doubt in warnings(letter, **more)]  # type: ignore[arg-type]


def test_nothing_to_ask() -> None:
    assert kinds(Letter(ALICE, "Plan", "hello", (BOB,))) == []


def test_no_subject() -> None:
    assert kinds(Letter(ALICE, " ", "hello", (BOB,))) == [Kind.NO_SUBJECT]


@pytest.mark.parametrize("text", ["See attached.", "Siehe Anhang", "anbei die Zahlen", "voir pièce jointe"])
def test_a_forgotten_file(text: str) -> None:
    assert kinds(Letter(ALICE, "Plan", text, (BOB,))) == [Kind.NO_ATTACHMENT]
    with_file = Letter(ALICE, "Plan", text, (BOB,), attachments=(Attachment("a", "text/plain", b""),))
    assert kinds(with_file) == []
    picture = Letter(ALICE, "Plan", text, (BOB,), attachments=(Attachment("a", "image/png", b"", "cid"),))
    assert kinds(picture) == [Kind.NO_ATTACHMENT]


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!\n\n> see attached\n", "Ok\n-- \nAttached to Berlin\n", "I am unattached",
        "FYI\n\n---------- Forwarded message ----------\nattached\n",
    ],
)  # fmt: skip
def test_others_words_do_not_count(text: str) -> None:
    assert kinds(Letter(ALICE, "Re: attached", text, (BOB,), in_reply_to="<a@b>")) == []
    html = Letter(ALICE, "Plan", html="<p>Thanks</p><blockquote>see attached</blockquote>", to=(BOB,))
    assert kinds(html) == []


def test_many_recipients() -> None:
    many = tuple(Person(f"u{number}@example.test") for number in range(21))
    assert kinds(Letter(ALICE, "Plan", "x", many)) == [Kind.MANY_RECIPIENTS]
    assert kinds(Letter(ALICE, "Plan", "x", bcc=many)) == []


def test_mistyped() -> None:
    [doubt] = warnings(Letter(ALICE, "Plan", "x", (Person("bob@gmial.com"),)))
    assert (doubt.kind, doubt.about, doubt.instead) == (Kind.MISTYPED, ("bob@gmial.com",), "bob@gmail.com")
    assert kinds(Letter(ALICE, "Plan", "x", (Person("bob@gmial.com"),)), known={"bob@gmial.com"}) == []
    assert meant_by("x@gmail.co") == "x@gmail.com"
    assert meant_by("x@hotmial.com") == "x@hotmail.com"
    for fine in ("gmail.com", "ymail.com", "mail.com", "example.test", "gmx.at", "gmail.org.uk"):
        assert meant_by(f"x@{fine}") == ""


def test_strangers_on_an_internal_thread() -> None:
    letter = Letter(ALICE, "Plan", "x", (BOB, Person("dave@far.example")))
    ours = {"example.test"}
    [doubt] = warnings(letter, ours=ours, thread=(ALICE, BOB))
    assert (doubt.kind, doubt.about) == (Kind.EXTERNAL, ("dave@far.example",))
    assert kinds(letter, ours=ours, thread=(ALICE, Person("dave@far.example"))) == []
    assert kinds(letter, ours=ours) == []
