"""Answers go to whom they should, once, under a subject that does not grow."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mime import original, reply
from apps.protocols.mime.letter import Attachment, Letter, Person
from apps.protocols.mime.original import Original
from apps.protocols.mime.writing import write

ALICE, BOB, CAROL = (Person(f"{name}@example.test", name.title()) for name in ("alice", "bob", "carol"))
DAVE = Person("Dave@Elsewhere.example", "Dave")
ME = {"alice@example.test", "sales@example.test"}
SENT = Original(
    author=(BOB,), to=(ALICE, CAROL), cc=(DAVE, Person("DAVE@elsewhere.example")), subject="Plan", message_id="<2@x>",
    references=("<1@x>",), text="one\n> two", html="<html><head><title>x</title></head><body><p>one</p></body></html>",
)  # fmt: skip


def addresses(people: tuple[Person, ...]) -> list[str]:
    return [person.address for person in people]


def test_it_works() -> None:
    answer = reply.reply(SENT, me=ME, attribution="Bob wrote <today>:")
    assert (answer.to, answer.cc, answer.subject) == ((BOB,), (), "Re: Plan")
    assert (answer.in_reply_to, answer.references) == ("<2@x>", ("<1@x>", "<2@x>"))
    assert answer.text == "\n\nBob wrote <today>:\n> one\n>> two\n"
    assert answer.html == (
        '<p><br></p><p>Bob wrote &lt;today&gt;:</p><blockquote type="cite"><p>one</p></blockquote>'
    )
    assert answer.addressed == "alice@example.test"


def test_to_all_but_me_and_each_once() -> None:
    answer = reply.reply(SENT, me=ME, all=True)
    assert addresses(answer.to) == ["bob@example.test"]
    assert addresses(answer.cc) == ["carol@example.test", "Dave@Elsewhere.example"]


def test_reply_to_wins() -> None:
    wanted = Original(author=(BOB,), reply_to=(CAROL,), to=(ALICE,))
    assert reply.reply(wanted, me=ME).to == (CAROL,)
    assert reply.reply(wanted, me=ME, all=True).cc == ()


def test_to_the_list_alone() -> None:
    came = Original(author=(BOB,), to=(Person("list@lists.example"),), list_post="list@lists.example")
    assert addresses(reply.reply(came, me=ME, to_list=True).to) == ["list@lists.example"]
    assert addresses(reply.reply(came, me=ME).to) == ["bob@example.test"]
    assert reply.reply(Original(author=(BOB,)), me=ME, to_list=True).to == (BOB,)


def test_what_i_wrote_myself_goes_to_the_same_people() -> None:
    mine = Original(author=(ALICE,), to=(BOB,), cc=(CAROL,))
    assert reply.reply(mine, me=ME).to == (BOB,)
    assert reply.reply(mine, me=ME, all=True).cc == (CAROL,)
    note = Original(author=(ALICE,), to=(ALICE,))
    assert reply.reply(note, me=ME).to == (ALICE,)


@pytest.mark.parametrize(
    "subject",
    [
        "Plan",
        "Re: Plan",
        "AW: Re: Plan",
        "SV:Plan",
        "Antw: [2]: Plan",
        "RE[3]: Plan",
        "re (2) : Plan",
        "回复\uff1aPlan",
    ],
)
def test_one_prefix_in_whatever_language(subject: str) -> None:
    wanted = "Re: [2]: Plan" if "[2]:" in subject else "Re: Plan"
    assert reply.reply_subject(subject) == wanted


def test_forward_subjects() -> None:
    assert reply.forward_subject("WG: Fw: Plan") == "Fwd: Plan"
    assert reply.forward_subject("Re: Plan") == "Fwd: Re: Plan"
    assert reply.reply_subject("Fwd: Plan") == "Re: Fwd: Plan"
    assert reply.reply_subject("Reinhard: Plan") == "Re: Reinhard: Plan"


@given(st.text(max_size=40))
def test_prefixes_never_grow(subject: str) -> None:
    once = reply.reply_subject(subject)
    assert reply.reply_subject(once) == once
    once = reply.forward_subject(subject)
    assert reply.forward_subject(once) == once


def test_forwarding() -> None:
    letter = Letter(
        author=BOB, to=(ALICE,), subject="Plan", html='<p>one <img src="cid:i"></p>',
        attachments=(Attachment("i.png", "image/png", b"png", "i"), Attachment("Menü.pdf", "application/pdf", b"pdf")),
    )  # fmt: skip
    data = write(letter, now=dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), message_id="<a@b>")
    begun = reply.forward(original.read(data), me=ME)
    assert (begun.subject, begun.to, begun.in_reply_to, begun.references) == ("Fwd: Plan", (), "", ("<a@b>",))
    assert "From: Bob <bob@example.test>\nDate: 2026-11-24 09:00 +0000\nSubject: Plan\n" in begun.text
    assert "<b>From:</b> Bob &lt;bob@example.test&gt;" in begun.html
    assert [(part.filename, part.content_id, part.media_type) for part in begun.parts] == [
        ("i.png", "i", "image/png"), ("Menü.pdf", "", "application/pdf"),
    ]  # fmt: skip
    taken = [original.take_part(data, part.path) for part in begun.parts]
    assert [item.content for item in taken if item] == [b"png", b"pdf"]
    assert original.take_part(data, "9") is None
    assert reply.forward(original.read(data), as_attachment=True).whole
    assert [part.content_id for part in reply.reply(original.read(data), me=ME).parts] == ["i"]


@given(st.binary(max_size=300))
def test_anything_can_be_answered(data: bytes) -> None:
    read = original.read(b"From: x@y.example\r\nContent-Type: text/html\r\n" + data)
    for begun in (reply.reply(read, me=ME, all=True), reply.forward(read)):
        write(Letter(ALICE, begun.subject, begun.text, begun.to, begun.cc, references=begun.references),
              now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), message_id="<a@b>")  # fmt: skip
