"""A stranger's message is met: checked, judged by its author's policy, and what was found is written down.

What was found goes three ways: into the message's header, for whoever reads it; into the queue's row and the trace, as
evidence; and to the day's counts, which its author's domain is told of (apps/reports).
"""

import asyncio
import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.domains.resolver import the_resolver
from apps.events.transactions import Database, Plan, query
from apps.reports.noting import Notebook

from . import evidence, sql
from .arrivals import Peer, Transaction
from .authors import authors_of
from .disposal import Disposal, Fate, Mode, dispose, needs_exceptions
from .examine import Checked, Claims, Examiner, Facts, examine
from .lasting import Lasting
from .listings import Listings
from .sealing import sealed

log = logging.getLogger(__name__)

NOTE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Met:
    """A message that was examined: as it is kept, what is known, what becomes of it, and what goes in front of it."""

    body: bytes
    facts: Facts
    disposal: Disposal = field(default_factory=Disposal)
    fields: bytes = b""
    evidence: dict[str, Any] | None = None


async def meet_user(body: bytes) -> Met:
    """Examine what one of our users sends: they have signed in, so nobody is asked."""
    return Met(body, await examine(body))


class Strangers:
    """How mail from outside is met in one process."""

    def __init__(
        self,
        database: Database,
        examiner: Examiner,
        mode: Mode,
        believed: Sequence[str] = (),
        listings: Listings | None = None,
    ) -> None:
        self._database = database
        self._examiner = examiner
        self._mode = mode
        self._believed = tuple(believed)
        self._lasting = Lasting()
        self.listings = listings or Listings(the_resolver(), ())
        self.notebook = Notebook()

    async def meet(self, peer: Peer, transaction: Transaction, body: bytes, now: dt.datetime) -> Met:
        """Examine a message and say what becomes of it; relays of ours are asked nothing."""
        kept = self._examiner.cleaned(body)
        facts = await examine(kept)
        if self._examiner.is_relay(peer.address):
            return Met(kept, facts)
        sender = transaction.mail.sender
        claims = Claims(peer.address, peer.helo, str(sender) if sender else "")
        checked, listed = await self._asked(claims, body, now)
        organisations = {place.organisation_id for place in transaction.places.values()}
        believed: dict[int, tuple[str, ...]] = dict.fromkeys(organisations, self._believed)
        if needs_exceptions(checked, self._mode):
            for organisation, words in (await self._database.perform(believed_by(organisations))).items():
                believed[organisation] += words
        disposal = dispose(
            checked, self._mode, address=peer.address, organisations=organisations, believed=believed
        )
        if disposal.fate is Fate.DEFER:
            if self._lasting.has_lasted(checked.dmarc.domain, now):
                override = "local_policy", "DNS was at fault for hours"
                disposal = Disposal(Fate.JUNK, disposal.reason, frozenset(organisations), override)
        elif checked.dmarc.result == "pass":
            # A failure may be a forger's, who must not start the clock anew for everybody.
            self._lasting.is_over(checked.dmarc.domain)
        if (seen := evidence.seen(checked, disposal, claims)) is not None and disposal.fate is not Fate.DEFER:
            self.notebook.note(organisations, seen, now.astimezone(dt.UTC).date())
        is_followed = disposal.override is None or bool(disposal.junk_for)
        results = self._examiner.results(claims, checked, is_followed=is_followed)
        fields = results.field
        if disposal.fate in {Fate.TAKE, Fate.JUNK}:
            fields += await sealed(
                self._database, transaction, kept, results=results, chain=checked.arc, now=now
            )
        told = evidence.told(checked, disposal)
        if listed is not None:
            told["lists"] = listed
        return Met(kept, Facts(facts.scanned, checked), disposal, fields, told)

    async def _asked(
        self, claims: Claims, body: bytes, now: dt.datetime
    ) -> tuple[Checked, dict[str, Any] | None]:
        """Ask what can be asked about a message: who sent it, and what lists say, at the same time."""
        if not self.listings.lists:
            return await self._examiner.check(claims, body, now), None
        domains = [*authors_of(body).domains, claims.sender.rpartition("@")[2]]
        checked, listed = await asyncio.gather(
            self._examiner.check(claims, body, now), self.listings.ask(claims.address, domains, body)
        )
        return checked, listed

    async def run(self) -> None:
        """Write down what was seen, now and then, for as long as the process runs."""
        while True:
            await asyncio.sleep(NOTE_SECONDS)
            await self.write_down()

    async def write_down(self) -> None:
        """Count in the database what was seen since the last time; nothing waits for it."""
        if not len(self.notebook):
            return
        try:
            await self._database.perform(self.notebook.written())
        except Exception as error:  # noqa: BLE001 - these are statistics, and mail goes on.
            log.warning("observations not counted", extra={"error": str(error)})


def believed_by(organisation_ids: set[int]) -> Plan[dict[int, tuple[str, ...]]]:
    """Return the forwarders that organisations believe."""
    rows = yield from query(sql.BELIEVED, (sorted(organisation_ids),))
    found: dict[int, tuple[str, ...]] = {}
    for organisation_id, word in rows:
        found[organisation_id] = (*found.get(organisation_id, ()), word)
    return found
