"""Lists are asked about mail that comes: of a real name server, each only while it works."""

import asyncio
import logging

import pytest

from apps.domains.resolver import Resolver
from apps.mailflow.listings import Listings, links, names_of
from apps.protocols.mailauth.sender_lists import read_sender_lists
from apps.spam.envelopes import Envelope
from apps.spam.listed import listed
from tests.dns_server import SERVFAIL, SILENT, Zone, serving

LISTS = read_sender_lists(["host:bl.test@2.5", "domain:dbl.test=127.0.1.2", "young:fresh.test@1"])
WELL = """
2.0.0.127.bl.test A 127.0.0.2
test.dbl.test A 127.0.1.2
test.fresh.test A 127.0.0.2
7.2.0.192.bl.test A 127.0.0.2
evil.example.dbl.test A 127.0.1.2
evil.example.fresh.test A 127.0.0.2
"""
BODY = (
    b'Subject: hi\r\n\r\n<a href="https://www.ev=\r\nil.example/x">here</a> http://192.0.2.9/ //good.example/'
)


def ask(
    text: str, faults: dict[str, str] | None = None, *, tested: bool = True, again: bool = False
) -> tuple[object, Listings]:
    async def main(server: str) -> tuple[object, Listings]:
        listings = Listings(Resolver([server]), LISTS)
        if tested:
            await listings.test()
        told = await listings.ask("192.0.2.7", ["good.example"], BODY)
        if again:
            told = await listings.ask("192.0.2.7", ["good.example"], BODY)
        return told, listings

    with serving(Zone(text, faults)) as server:
        return asyncio.run(main(server))


def test_it_works() -> None:
    told, listings = ask(WELL)
    assert listings.faults == {}
    evidence = listed(Envelope(checks={"lists": told}))
    assert [(one.name, one.weight, one.detail) for one in evidence.symbols] == [
        ("HOST_ON_LIST", 2.5, "192.0.2.7 on bl.test"),
        ("DOMAIN_ON_LIST", 2.0, "evil.example on dbl.test"),
        ("DOMAIN_YOUNG", 1.0, "evil.example on fresh.test"),
    ]
    assert evidence.missing == ()


def test_nothing_is_asked_before_the_first_test() -> None:
    told, _ = ask(WELL, tested=False)
    evidence = listed(Envelope(checks={"lists": told}))
    assert evidence.symbols == ()
    assert [name for name, _ in evidence.missing] == ["list bl.test", "list dbl.test", "list fresh.test"]


def test_a_list_that_lists_everything_is_switched_off(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        told, listings = ask(WELL + "1.0.0.127.bl.test A 127.0.0.2\n")
    assert set(listings.faults) == {"bl.test"}
    evidence = listed(Envelope(checks={"lists": told}))
    assert "HOST_ON_LIST" not in {one.name for one in evidence.symbols}
    assert evidence.missing == (("list bl.test", "lists 1.0.0.127, as if it listed everything"),)
    assert any("switched off" in record.message for record in caplog.records)


def test_a_list_that_refuses_us_while_it_is_asked_is_switched_off_at_once() -> None:
    told, listings = ask(WELL.replace("7.2.0.192.bl.test A 127.0.0.2", "7.2.0.192.bl.test A 127.255.255.254"))
    assert "refuses to answer" in listings.faults["bl.test"]
    assert "on bl.test" not in str(listed(Envelope(checks={"lists": told})).symbols)


@pytest.mark.parametrize("fault", [SERVFAIL, SILENT])
def test_a_list_that_does_not_answer_is_missing_and_keeps_nobody_waiting(fault: str) -> None:
    loop_time = asyncio.new_event_loop()
    begun = loop_time.time()
    told, listings = ask(WELL, {"evil.example.dbl.test": fault})
    assert loop_time.time() - begun < 6
    loop_time.close()
    evidence = listed(Envelope(checks={"lists": told}))
    assert [name for name, _ in evidence.missing] == ["list dbl.test"]
    assert {one.name for one in evidence.symbols} == {"HOST_ON_LIST", "DOMAIN_YOUNG"}
    assert listings.faults == {}


def test_no_lists_ask_nobody() -> None:
    async def main() -> object:
        return await Listings(Resolver([]), ()).ask("192.0.2.7", ["good.example"], BODY)

    assert asyncio.run(main()) is None


def test_what_lists_say_together_is_bounded() -> None:
    hits = [{"zone": f"z{n}", "kind": "host", "about": "x", "weight": 5.0} for n in range(5)]
    assert listed(Envelope(checks={"lists": {"hits": hits}})).score == 6


def test_names_and_links() -> None:
    assert links(BODY) == ["www.evil.example", "good.example"]
    assert names_of(["www.evil.example", "Evil.Example.", "local", "a.co.uk"]) == ["evil.example", "a.co.uk"]
    assert len(links(b"".join(b" http://h%d.test/" % n for n in range(1000)))) == 40
