"""What people call where a message stands, and the facts of its events."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from apps.events.queries import Outcome
from apps.events.trace import Kind

# A look of `{% status %}`, and a word.
STANDS = {
    Kind.ACCEPTED: ("busy", _("accepted")),
    Kind.REFUSED: ("err", _("refused")),
    Kind.FILED: ("ok", _("delivered")),
    Kind.DELIVERED: ("ok", _("delivered")),
    Kind.DEFERRED: ("busy", _("deferred")),
    Kind.FAILED: ("err", _("failed")),
    Kind.EXPIRED: ("err", _("given up")),
    Kind.BOUNCED: ("off", _("reported")),
    Kind.POISONED: ("err", _("set aside")),
    Kind.HELD: ("held", _("held")),
    Kind.RELEASED: ("busy", _("released")),
    Kind.RETRIED: ("busy", _("due at once")),
    Kind.CANCELLED: ("err", _("cancelled")),
    Kind.MOVED: ("ok", _("moved")),
    Kind.DELETED: ("off", _("deleted")),
}
# What has a shape of its own in a story; the rest has that of its look.
ICONS: Mapping[str, str] = {
    Kind.ACCEPTED: "mail",
    Kind.BOUNCED: "mail-warning",
    Kind.DEFERRED: "clock",
    Kind.MOVED: "folder-input",
    Kind.DELETED: "trash-2",
}
OUTCOMES = {
    Outcome.DELIVERED: _("Delivered"),
    Outcome.WAITING: _("On its way"),
    Outcome.HELD: _("Held"),
    Outcome.FAILED: _("Failed"),
    Outcome.REFUSED: _("Refused"),
}
# What the details of an event are called; what has no name here is shown by its own.
FACTS = {
    "author": _("Author"),
    "arc": _("Seals (ARC)"),
    "bimi": _("Picture of the domain (BIMI), not shown"),
    "by": _("By"),
    "content_id": _("Number in the store"),
    "dkim": _("Signature (DKIM)"),
    "dmarc": _("Domain of the author (DMARC)"),
    "folder": _("Folder"),
    "from": _("From folder"),
    "helo": _("Called itself"),
    "host": _("Server"),
    "iprev": _("Name of the server"),
    "judged": _("Judged"),
    "junk": _("Taken as junk because of"),
    "login": _("Signed in as"),
    "message_id": _("Message-ID"),
    "network": _("Network"),
    "next_attempt": _("Next attempt"),
    "origin": _("Came by"),
    "override": _("Policy not followed"),
    "peer": _("Address of the server"),
    "reason": _("Reason"),
    "recipient": _("Recipient"),
    "recipients": _("Recipients"),
    "reply": _("Answer"),
    "sender": _("Sender"),
    "size": _("Bytes"),
    "spf": _("Domain of the envelope (SPF)"),
    "tls": _("Encryption"),
    "to": _("To"),
    "uid": _("UID"),
}
ORIGINS = {
    "mx": _("another server"),
    "submission": _("one of our users"),
    "internal": _("ourselves"),
}


def stand(kind: str) -> tuple[str, str]:
    """Return the look and the word of a kind; one unknown here is called as it is."""
    look, word = STANDS[Kind(kind)] if kind in set(Kind) else ("off", kind)
    return look, str(word)
