"""Lists of senders and names are asked about mail that comes, each only while it works.

A list is tested at the start and every hour. One that fails its test, or answers as no list may, is switched off until it
passes again; mail is judged without it, and says so. Nothing is asked unless MAIL_SPAM_LISTS names it.
"""

import asyncio
import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from prometheus_client import Gauge

from apps.domains.resolver import Resolver
from apps.protocols.mailauth.blocklists import BrokenError, SilentError
from apps.protocols.mailauth.dmarc.organizational import by_suffix_list
from apps.protocols.mailauth.sender_lists import Hit, Kind, SenderList, ask_list, probe_list

log = logging.getLogger(__name__)

TEST_SECONDS = 3600.0
AGAIN_SECONDS = 60.0
"""A list that is off is tested this often."""
ASK_SECONDS = 2.0
MOST_NAMES = 20
MOST_BYTES = 200_000
UNTESTED = "not tested yet"

_LINK = re.compile(rb"(?:https?:)?//(?:[^/?#@\s\"'<>]{0,100}@)?([A-Za-z0-9.-]{4,253})", re.IGNORECASE)
_SOFT = re.compile(rb"=\r?\n")
WORKS = Gauge("mail_sender_list_works", "Whether a list that mail is judged by passed its test.", ["zone"])


class Listings:
    """The lists one process asks, and which of them can be believed."""

    def __init__(self, resolver: Resolver, lists: Sequence[SenderList]) -> None:
        self._resolver = resolver
        self.lists = tuple(lists)
        self.faults: dict[str, str] = {one.zone: UNTESTED for one in lists}
        """Why a list is not asked; one that works is not among them."""

    async def run(self) -> None:
        """Test the lists now and every hour, those that are off each minute, for as long as the process runs."""
        while self.lists:
            await self.test()
            for _ in range(int(TEST_SECONDS / AGAIN_SECONDS)):
                await asyncio.sleep(AGAIN_SECONDS)
                if self.faults:
                    break

    async def test(self) -> None:
        """Test every list."""
        said = await asyncio.gather(*(self._tested(one) for one in self.lists))
        for one, fault in zip(self.lists, said, strict=True):
            self._set(one, fault)

    async def _tested(self, one: SenderList) -> str:
        try:
            return await self._resolver.run(probe_list(one), seconds=10.0)
        except Exception as error:
            log.exception("a list's test broke off", extra={"zone": one.zone})
            return type(error).__name__

    def _set(self, one: SenderList, fault: str) -> None:
        before = self.faults.get(one.zone, "")
        if fault:
            self.faults[one.zone] = fault
        else:
            self.faults.pop(one.zone, None)
        WORKS.labels(one.zone).set(not fault)
        if fault and before in {"", UNTESTED}:
            log.warning("list of senders switched off", extra={"zone": one.zone, "reason": fault})
        elif before not in {"", UNTESTED} and not fault:
            log.info("list of senders works again", extra={"zone": one.zone})

    async def ask(self, address: str, domains: Sequence[str], body: bytes) -> dict[str, Any] | None:
        """Return what lists say of a message, to be kept beside it; None where no list is asked."""
        if not self.lists:
            return None
        names: list[str] = []
        if any(one.kind is not Kind.HOST for one in self.lists):
            names = names_of([*domains, *links(body)])
        working = [one for one in self.lists if one.zone not in self.faults]
        missing = dict(self.faults)
        asked = [self._ask(one, [address] if one.kind is Kind.HOST else names, missing) for one in working]
        hits = [hit for found in await asyncio.gather(*asked) for hit in found]
        told: dict[str, Any] = {}
        if hits:
            told["hits"] = [asdict(hit) | {"kind": hit.kind.value, "codes": list(hit.codes)} for hit in hits]
        if missing:
            told["missing"] = missing
        return told or None

    async def _ask(self, one: SenderList, abouts: Sequence[str], missing: dict[str, str]) -> tuple[Hit, ...]:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                found = await asyncio.gather(
                    *(self._resolver.run(ask_list(one, [about]), seconds=ASK_SECONDS) for about in abouts)
                )
                return tuple(hit for hits in found for hit in hits)
        except BrokenError as error:
            self._set(one, str(error))
            missing[one.zone] = str(error)
        except (SilentError, TimeoutError) as error:
            missing[one.zone] = str(error) or "did not answer in time"
        except Exception as error:
            log.exception("a list was not asked", extra={"zone": one.zone})
            missing[one.zone] = type(error).__name__
        return ()


def names_of(domains: Iterable[str]) -> list[str]:
    """Return the registered domains to ask about, each once."""
    found = dict.fromkeys(
        by_suffix_list(name.lower().strip(".")) for name in domains if "." in name.strip(".")
    )
    return list(found)[:MOST_NAMES]


def links(body: bytes) -> list[str]:
    """Return the hosts that a message leads to, as they stand in its first bytes; encoded parts are not looked into."""
    text = _SOFT.sub(b"", body[:MOST_BYTES])
    hosts = dict.fromkeys(match[1].decode("ascii") for match in _LINK.finditer(text))
    return [host for host in hosts if not host.replace(".", "").isdigit()][: 2 * MOST_NAMES]
