"""How each source is asked: what it needs of a message and of the mailboxes, and what it says of each."""

from collections.abc import Mapping, Sequence

from apps.spam.reputation.identities import of_checks
from apps.spam.reputation.queries import Recipient, reputation

from .rules.reloading import rules
from .sources import Home, Message
from .symbols import Evidence


def site_rules(message: Message) -> Evidence:
    """Ask the site's rules."""
    return rules.site().match(message.reading, message.envelope, message.symbols)


def own_rules(message: Message, homes: Sequence[Home]) -> Mapping[int, Evidence]:
    """Ask what domains and users add to the site's rules; most add nothing."""
    found = {}
    for home in homes:
        sets = [rules.domain(home.domain_id)] if home.domain_id else []
        sets += [rules.user(home.owner_id)] if home.owner_id else []
        asked = [one for one in sets if len(one)]
        evidence = Evidence()
        for one in asked:
            evidence += one.match(message.reading, message.envelope, message.symbols)
        found[home.mailbox_id] = evidence
    return found


def senders(message: Message, homes: Sequence[Home]) -> Mapping[int, Evidence]:
    """Ask what is remembered of the sender; of our own users nothing is."""
    if message.envelope.is_ours:
        return {}
    authors = [(one.name, one.address) for one in message.reading.senders]
    origin = of_checks(authors, message.envelope.checks, message.envelope.address)
    return reputation(
        origin, [Recipient(home.mailbox_id, home.organisation_id, home.domain) for home in homes]
    )
