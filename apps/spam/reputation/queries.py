"""What is remembered of a message's sender, for all its recipients at once: two statements."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.events.transactions import ask, query
from apps.spam.symbols import Evidence

from . import ladder, sql
from .identities import Kind, Origin, registered
from .ladder import Alike, Past
from .lookalikes import halves, is_one_edit, look_of_domain, look_of_name


@dataclass(frozen=True, slots=True)
class Recipient:
    """A mailbox a message is for; `domain` is its own."""

    mailbox_id: int
    organisation_id: int
    domain: str = ""


def reputation(origin: Origin, recipients: Sequence[Recipient]) -> dict[int, Evidence]:
    """Return, for each recipient, what the sender's past says."""
    past = pasts(origin, recipients)
    return {mailbox_id: ladder.climb(origin, one) for mailbox_id, one in past.items()}


def pasts(origin: Origin, recipients: Sequence[Recipient]) -> dict[int, Past]:
    """Return what is remembered of a sender."""
    found = {one.mailbox_id: Past() for one in recipients}
    names = ladder.asked_about(origin)
    if not found or not names:
        return found
    rows = ask(
        query(
            sql.ASKED,
            {
                "mailboxes": [one.mailbox_id for one in recipients],
                "organisations": [one.organisation_id for one in recipients],
                "kinds": [name.kind.value for name in names],
                "names": [name.name for name in names],
                "most": [ladder.STEPS[name.kind].most for name in names],
                "days": [ladder.STEPS[name.kind].days for name in names],
                "author": origin.author,
            },
        )
    )
    for what, mailbox_id, kind, good, bad in rows:
        match what:
            case "said":
                found[mailbox_id].add(Kind(kind), good, bad)
            case "standing":
                found[mailbox_id].others[Kind(kind)] = good, bad
            case _:
                found[mailbox_id].written_to = int(good)
    _find_alike(origin, recipients, found)
    return found


def _find_alike(origin: Origin, recipients: Sequence[Recipient], found: dict[int, Past]) -> None:
    """Look for those whom a stranger looks like; who is known needs no look."""
    new = [one for one in recipients if found[one.mailbox_id].is_new]
    if not new or not origin.author:
        return
    look = look_of_domain(origin.registered)
    for one in new:
        ours = registered(one.domain)
        if look and ours and ours != origin.registered and is_one_edit(look, look_of_domain(ours)):
            found[one.mailbox_id].alike.append(Alike("ours", ours))
    name = look_of_name(origin.display_name)
    if not name and not look:
        return
    first, last = halves(look) if look else ("", "")
    params = {
        "mailboxes": [one.mailbox_id for one in new],
        "name": name,
        "domain": look,
        "first": first,
        "last": last,
    }
    for mailbox_id, what, key, address in ask(query(sql.ALIKE, params)):
        domain = registered(address.rpartition("@")[2])
        if domain == origin.registered:
            continue
        if what == "name":
            found[mailbox_id].alike.append(Alike("name", f"{key} {address}"))
        elif is_one_edit(look, key):
            found[mailbox_id].alike.append(Alike("domain", domain))
