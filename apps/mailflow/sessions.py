"""How TLS with other servers went: said in the log where it failed, and counted for the reports their domains want."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg

from apps.events.transactions import Database
from apps.protocols.mailauth.tls_sessions import TlsSession
from apps.reports.noting import Notebook, house
from apps.reports.seen import session_of

from .next_hops import log_sessions

log = logging.getLogger(__name__)

_NOBODY = 0


class Sessions:
    """Gathers the sessions of one run, which are counted in one statement at its end."""

    def __init__(self, database: Database, hostname: str) -> None:
        self._database = database
        self._hostname = hostname
        self._book = Notebook()

    async def note(self, sessions: Sequence[TlsSession]) -> None:
        """Remember what sessions came to."""
        await log_sessions(sessions)
        today = datetime.now(UTC).date()
        for one in sessions:
            # Whose account it goes on is asked when it is written.
            self._book.note([_NOBODY], session_of(one), today)

    async def write(self) -> None:
        """Count what was gathered; a database that is away takes it along."""
        if not len(self._book):
            return
        try:
            if (organisation_id := await self._database.perform(house(self._hostname))) is not None:
                await self._database.perform(self._book.written(instead=organisation_id))
        except psycopg.Error as error:
            log.warning("sessions not counted", extra={"error": str(error)})
