"""The rows of mailboxes' own weights. One that is damaged is named, and made again from the marks."""

import hashlib
import logging

from apps.events.transactions import Plan, Run, query

from . import sql
from .own import DamagedError, Own

log = logging.getLogger(__name__)


def load(mailbox_id: int) -> Plan[Own]:
    """Return a mailbox's weights, empty ones where nothing was learned; whoever changes them holds its learner's lock."""
    for _, digest, data in (yield from query(sql.OWN, [mailbox_id])):
        try:
            return Own.read(data, digest)
        except DamagedError as error:
            about = {"mailbox": mailbox_id, "reason": str(error)}
            log.error("own weights made again from marks", extra=about)  # noqa: TRY400 - one line says it
            return Own.made_from(row[0] for row in (yield from query(sql.STEPS, [mailbox_id])))
    return Own()


def keep(mailbox_id: int, own: Own) -> Plan[None]:
    """Keep a mailbox's weights as their next version."""
    data = own.pack()
    yield Run(sql.KEEP_OWN, [mailbox_id, hashlib.sha256(data).digest(), data])
