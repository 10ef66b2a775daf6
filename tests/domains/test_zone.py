"""The zone we answer for: keys in slots, and nothing that could be taken for the end of a name."""

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
from hypothesis import given
from hypothesis import strategies as st

from apps.domains import zone

ZONE, HOST = "dkim.mail.example.test", "mail.example.test"
KEY = "v=DKIM1; k=rsa; p=" + "A" * 392


def asked(name: str, kind: str = "TXT", use_edns: int = -1) -> dns.message.Message:
    return dns.message.make_query(name, kind, use_edns=use_edns)


def answered(question: dns.message.Message, text: str = "", *, is_tcp: bool = False) -> dns.message.Message:
    found = zone.read(question.to_wire())
    assert found is not None
    wire = zone.answer(found, text, zone=ZONE, hostname=HOST, serial=7, is_tcp=is_tcp)
    return dns.message.from_wire(wire)


def test_it_works() -> None:
    question = asked(f"r1.shop.example.{ZONE}", use_edns=0)
    assert zone.slot_asked(question, ZONE) == ("shop.example", "r1")
    response = answered(question, KEY)
    assert response.flags & dns.flags.AA
    assert not response.flags & dns.flags.RA
    [rrset] = response.answer
    assert b"".join(rrset[0].strings).decode() == KEY


def test_what_is_long_is_asked_for_by_tcp() -> None:
    question = asked(f"r1.a-rather-long-name-of-a-domain-that-somebody-chose.example.{ZONE}")
    brief = answered(question, KEY)
    assert brief.flags & dns.flags.TC
    assert not brief.answer
    assert answered(question, KEY, is_tcp=True).answer


def test_other_questions_have_no_data_and_no_name_ends() -> None:
    for name, kind in (
        (f"shop.example.{ZONE}", "A"),
        (f"example.{ZONE}", "NS"),
        (f"r1.shop.example.{ZONE}", "A"),
        (f"r9.shop.example.{ZONE}", "TXT"),
        (f"r1.{ZONE}", "TXT"),
        (ZONE, "TXT"),
    ):
        question = asked(name, kind)
        assert zone.slot_asked(question, ZONE) is None
        response = answered(question)
        assert response.rcode() == dns.rcode.NOERROR
        assert not response.answer
        assert response.authority[0].rdtype == dns.rdatatype.SOA


def test_the_top_of_the_zone() -> None:
    assert answered(asked(ZONE, "SOA")).answer[0][0].mname.to_text() == HOST + "."
    assert answered(asked(ZONE, "NS")).answer[0][0].target.to_text() == HOST + "."


def test_what_is_not_ours_is_refused() -> None:
    for name in ("example.org", f"x{ZONE}", "mail.example.test", "."):
        assert answered(asked(name)).rcode() == dns.rcode.REFUSED
    update = asked(ZONE, "SOA")
    update.set_opcode(5)  # type: ignore[arg-type]
    assert answered(update).rcode() == dns.rcode.NOTIMP


def test_letters_of_any_case_are_the_same() -> None:
    assert zone.slot_asked(asked(f"R1.Shop.Example.{ZONE.upper()}"), ZONE) == ("shop.example", "r1")


def test_an_answer_is_no_question() -> None:
    question = asked(ZONE)
    question.flags |= dns.flags.QR
    assert zone.read(question.to_wire()) is None


@given(st.binary(max_size=100))
def test_no_bytes_fail(wire: bytes) -> None:
    found = zone.read(wire)
    if found is not None:
        zone.slot_asked(found, ZONE)
        zone.answer(found, "", zone=ZONE, hostname=HOST, serial=1, is_tcp=False)


@given(st.binary(min_size=1, max_size=40), st.integers(0, 60))
def test_no_damage_fails(piece: bytes, at: int) -> None:
    wire = asked(f"r1.shop.example.{ZONE}", use_edns=0).to_wire()
    test_no_bytes_fail.hypothesis.inner_test(wire[:at] + piece + wire[at + len(piece) :])  # type: ignore[attr-defined]
