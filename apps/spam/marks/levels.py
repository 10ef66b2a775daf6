"""What others see of what somebody was taught: made anew from everybody's counts, never added to by one alone.

A poisoned learner must not move other people's filters, nor may what one person writes be read off a level that all
share. So a mark counts at once for its own mailbox, and only there. An organisation's level is made of those of its
mailboxes, and the site's of those of organisations, a while later:

* a voice is an owner (for the site, an organisation), however many mailboxes it has, and weighs as `MOST` messages of a
  kind at most, however many it marked;
* a token counts if at least `VOICES` voices were taught it;
* of what is said of a token, and of the number of messages, the loudest voice is left out. So nobody alone moves
  anything: whoever marks everything is either the loudest, or says less than somebody else did.

Because a level is made from what is there, taking a mark back, or removing a mailbox, undoes it here, too.
"""

import logging
from collections.abc import Callable

from apps.events.transactions import Plan, perform, query

from . import sql
from .values import SITE, of_organisation

log = logging.getLogger(__name__)

VOICES = 3
MOST = 200
PRUNE_DAYS = 180
PRUNE_DAYS_OF_MANY, MANY_MARKS = 14, 2000
FIXED_DAYS, MOST_MARKS = 400, 5000
"""Marks older than this, and those beyond the latest so many, can be taken back no more; they stay counted."""


def build_due(may_go_on: Callable[[], bool] = lambda: True) -> int:
    """Make the levels that something changed below; return how many."""
    changed = [row[0] for row in perform(query(sql.CHANGED))]
    built = 0
    for organisation_id in changed:
        if not may_go_on():
            return built
        built += perform(build(of_organisation(organisation_id)))
    if built:
        built += perform(build(SITE))
    return built


def build(scope: int) -> Plan[bool]:
    """Make the level of an organisation, or the site's; False if somebody else is at it."""
    if not (yield from query(sql.ONE_BUILDER))[0][0]:
        return False
    statement = sql.SITE_LEVEL if scope == SITE else sql.ORGANISATION_LEVEL
    params = {"organisation": -scope, "scope": scope, "voices": VOICES, "most": MOST}
    [(voices, tokens)] = yield from query(statement, params)
    log.info("level made", extra={"scope": scope, "voices": voices, "tokens": tokens})
    return True


def prune(may_go_on: Callable[[], bool] = lambda: True) -> int:
    """Let go what was seen once, long ago, and what belongs to no folder any more; return how much.

    Who marks everything has much that was seen once: it goes sooner, and of a great many marks the latest alone can be
    taken back.
    """
    total = int(perform(query(sql.DROP_CURSORS))[0][0])
    for mailbox_id, marks in perform(query(sql.TAUGHT)):
        if not may_go_on():
            break
        days = PRUNE_DAYS if marks <= MANY_MARKS else PRUNE_DAYS_OF_MANY
        total += int(perform(query(sql.PRUNE, [mailbox_id, days]))[0][0])
        old = {"mailbox": mailbox_id, "days": FIXED_DAYS, "most": MOST_MARKS}
        total += int(perform(query(sql.FIX_OLD, old))[0][0])
    return total
