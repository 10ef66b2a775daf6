"""Where an address leads: the statement that RCPT, submission and local filing ask."""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection

from apps.events.transactions import Plan, Row, query

# Where each of these addresses leads, aliases walked to their ends (migration 0005 holds the function and the
# order in which what an address may mean is tried).
ROUTE = """
SELECT asked, via_alias, state, address, mailbox_id, organisation_id, domain_id, quota_bytes, used_bytes,
       over
FROM mailboxes_route(%s::text[])
"""

# Whether an address leads to a mailbox this user owns or may send from.
MAY_SEND_AS = """
SELECT EXISTS (
  SELECT FROM mailboxes_route(ARRAY[%(key)s::text]) r
  JOIN mailboxes_mailbox m ON m.id = r.mailbox_id
  WHERE r.state = 'mailbox'
    AND (m.owner_id = %(user_id)s::bigint
         OR EXISTS (SELECT FROM mailboxes_mailboxmember b
                    WHERE b.mailbox_id = m.id AND b.user_id = %(user_id)s::bigint AND 'send' = ANY (b.rights))))
"""

# The mailboxes a user may open: their own, the one they sign in by first, then those they are a member of.
REACHABLE = """
SELECT m.id, d.organisation_id, m.local_part || '@' || d.name, x.is_own, x.rights, m.private_seen, m.quota_bytes,
       coalesce(g.bytes, 0)::bigint
FROM (
  SELECT id AS mailbox_id, true AS is_own, '{}'::text[] AS rights FROM mailboxes_mailbox
  WHERE owner_id = %(user)s::bigint
  UNION ALL
  SELECT b.mailbox_id, false, b.rights::text[] FROM mailboxes_mailboxmember b
  WHERE b.user_id = %(user)s::bigint
    AND NOT EXISTS (SELECT FROM mailboxes_mailbox o WHERE o.id = b.mailbox_id AND o.owner_id = b.user_id)
) x
JOIN mailboxes_mailbox m ON m.id = x.mailbox_id AND m.is_active AND m.removing_since IS NULL
JOIN domains_domain d ON d.id = m.domain_id AND d.is_active
JOIN organisations_organisation o ON o.id = d.organisation_id AND o.is_active
LEFT JOIN mailboxes_usage g ON g.mailbox_id = m.id
LEFT JOIN accounts_user u ON u.id = %(user)s::bigint
ORDER BY NOT x.is_own, x.is_own AND m.local_part || '@' || d.name <> u.address,
         CASE WHEN x.is_own THEN '' ELSE m.local_part END, m.id
"""

# Counts anew what domains and organisations hold and writes what is new, in the order of its key: two who count at
# once wait for each other.
COUNT_SUMS = """
WITH held AS (
  SELECT o.id AS organisation_id, d.id AS domain_id, coalesce(sum(u.bytes), 0)::bigint AS bytes,
         coalesce(sum(u.messages), 0)::bigint AS messages
  FROM organisations_organisation o
  LEFT JOIN domains_domain d ON d.organisation_id = o.id
  LEFT JOIN mailboxes_mailbox m ON m.domain_id = d.id
  LEFT JOIN mailboxes_usage u ON u.mailbox_id = m.id
  GROUP BY GROUPING SETS ((o.id, d.id), (o.id))
  HAVING grouping(d.id) = 1 OR d.id IS NOT NULL
), fresh AS (
  SELECT organisation_id, domain_id, bytes, messages FROM held
  EXCEPT SELECT organisation_id, domain_id, bytes, messages FROM mailboxes_usagesum
), written AS (
  INSERT INTO mailboxes_usagesum (organisation_id, domain_id, bytes, messages, counted_at)
  SELECT organisation_id, domain_id, bytes, messages, now() FROM fresh ORDER BY organisation_id, domain_id
  ON CONFLICT (organisation_id, domain_id)
  DO UPDATE SET bytes = excluded.bytes, messages = excluded.messages, counted_at = excluded.counted_at
  RETURNING 1
)
SELECT count(*)::int FROM written
"""


class Leads(enum.StrEnum):
    """Where an address leads."""

    HERE = "here"
    UNKNOWN = "unknown"
    DISABLED = "disabled"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Place:
    """One end of a route: a mailbox of ours, or an alias's target elsewhere (`mailbox_id` is None)."""

    address: str
    mailbox_id: int | None
    organisation_id: int | None
    domain_id: int | None = None
    quota_bytes: int = 0
    used_bytes: int = 0
    over: str | None = None
    """"domain" or "organisation" when all its mailboxes hold what they may together."""

    @property
    def room(self) -> int | None:
        """How many bytes fit before the quota, without what is still queued; None for no limit."""
        if self.over:
            return 0
        return max(0, self.quota_bytes - self.used_bytes) if self.quota_bytes else None


@dataclass(frozen=True, slots=True)
class Route:
    """Where an address leads; it has places only when it leads HERE."""

    asked: str
    leads: Leads
    places: tuple[Place, ...] = ()
    via_alias: bool = False


def routes(keys: Sequence[str]) -> Plan[dict[str, Route]]:
    """Ask where addresses (`Address.key`) lead, all in one statement."""
    return read_routes(keys, (yield from query(ROUTE, [list(keys)])))


def route(key: str) -> Plan[Route]:
    """Ask where one address (`Address.key`) leads."""
    return (yield from routes([key]))[key]


async def find_route(connection: AsyncConnection, key: str) -> Route:
    """Ask the same on a listener's connection, in one round trip and no transaction."""
    cursor = await connection.execute(ROUTE, [[key]], binary=True)
    return read_routes([key], await cursor.fetchall())[key]


def read_routes(keys: Iterable[str], rows: Iterable[Row]) -> dict[str, Route]:
    """Read the statement's rows.

    Of an alias's targets those that lead nowhere are left out; an alias all of whose targets do is unknown, and
    one that leads to more addresses than anybody should write to at once is as good as disabled.
    """
    places: dict[str, list[Place]] = {key: [] for key in keys}
    ends: dict[str, Leads] = {}
    through_alias: dict[str, bool] = {}
    endless: set[str] = set()
    for asked, via_alias, state, address, mailbox_id, organisation_id, domain_id, quota, used, over in rows:
        through_alias[asked] = through_alias.get(asked, False) or via_alias
        if state == "endless":
            endless.add(asked)
        elif state == "mailbox":
            place = Place(address, mailbox_id, organisation_id, domain_id, quota, used or 0, over)
            if all(place.mailbox_id != other.mailbox_id for other in places[asked]):
                places[asked].append(place)
        elif state == "elsewhere" and via_alias:
            places[asked].append(Place(address, None, organisation_id))
        elif not via_alias:
            ends[asked] = Leads(state)
    for key in endless:
        places[key], ends[key] = [], Leads.DISABLED
    return {
        key: Route(
            key,
            Leads.HERE if found else ends.get(key, Leads.UNKNOWN),
            tuple(found),
            through_alias.get(key, False),
        )
        for key, found in places.items()
    }
