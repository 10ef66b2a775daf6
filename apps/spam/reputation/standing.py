"""What an organisation's people say of senders, as pages show it: never who said it."""

from dataclasses import dataclass

from apps.events.transactions import ask, query

from . import sql
from .identities import Kind, key_of, network, registered


@dataclass(frozen=True, slots=True)
class Told:
    """A name of senders, how often its mail was marked good and bad, in how many mailboxes, and the faded sums of it."""

    kind: Kind
    name: str
    good: int
    bad: int
    mailboxes: int
    faded_good: float = 0.0
    faded_bad: float = 0.0


def top_spammers(
    organisation_id: int, *, days: int = 30, kind: Kind = Kind.REGISTERED, count: int = 50
) -> list[Told]:
    """Return the names of which most mail was marked bad lately."""
    rows = ask(query(sql.WORST, [organisation_id, kind.value, days, count]))
    return [Told(kind, name, good, bad, mailboxes) for name, good, bad, mailboxes in rows]


def told_of(organisation_id: int, text: str) -> list[Told]:
    """Return what was said of an address, a domain or a host, and of whatever wider name it belongs to."""
    text = text.strip().lower()
    names: list[tuple[Kind, str]] = []
    if key := key_of(text):
        names += [(Kind.ADDRESS, key), (Kind.CLAIMED, key)]
    domain = key.rpartition("@")[2] or (text if "." in text and "/" not in text else "")
    hosts = [(kind, name) for kind in (Kind.HOST, Kind.NETWORK, Kind.RANGE) if (name := network(text, kind))]
    if domain and not hosts:
        names += [(Kind.DOMAIN, domain), (Kind.REGISTERED, registered(domain)), (Kind.SIGNER, domain)]
        names += [(Kind.SENDER, domain)]
    names += hosts
    if not names:
        return []
    kinds, keys = [kind.value for kind, _ in names], [name for _, name in names]
    rows = ask(query(sql.TOLD, [organisation_id, kinds, keys]))
    return [Told(Kind(kind), name, *rest) for kind, name, *rest in rows]
