"""Whether a message comes from whom it names, as our own check at the door found: a quiet mark, or a warning.

What is believed stands in the fields that we put in front (`prefix`); the same field further down is a stranger's word.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.protocols.mailauth.results import Results, read
from apps.protocols.mime.charsets import clean as storable
from apps.protocols.mime.headers import every

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Mark:
    """What is said of the sender; `is_forged` is a warning: its domain asks that such mail be kept from people."""

    icon: str
    text: str
    is_forged: bool = False


def mark_of(prefix: bytes) -> Mark | None:
    """Say what is known of the sender; None for mail that nobody checked, as that of our own users."""
    fields = every(prefix, b"authentication-results")
    if not fields:
        return None
    said = read(fields[0].decode("utf-8", "replace"))
    for one in said.of("dmarc"):
        domain = storable(one.value("header", "from"))[:LONGEST_NAME]
        if one.result == "pass":
            return _confirmed(said, domain)
        if one.result == "fail" and one.value("policy", "dmarc") in {"quarantine", "reject"}:
            text = _(
                "Nothing confirms that this comes from %(domain)s, which asks not to believe such mail. It may be "
                "a forgery: open no links and no files, and send no answer."
            )
            return Mark("shield-alert", text % {"domain": domain}, is_forged=True)
        if one.result == "none" and (mark := _signed(said)) is not None:
            return mark
    return Mark("shield-question-mark", _("The sender could not be confirmed"))


def _confirmed(said: Results, domain: str) -> Mark:
    for one in said.of("dkim"):
        if one.result == "pass" and _is_of(one.value("header", "d"), domain):
            return Mark(
                "shield-check", _("Signed by %(domain)s") % {"domain": storable(one.value("header", "d"))}
            )
    return Mark("shield-check", _("Sent by a server of %(domain)s") % {"domain": domain})


def _signed(said: Results) -> Mark | None:
    """A signature proves who signed, whoever From names; nobody asked for more."""
    for one in said.of("dkim"):
        if one.result == "pass" and (domain := storable(one.value("header", "d"))[:LONGEST_NAME]):
            return Mark("signature", _("Signed by %(domain)s") % {"domain": domain})
    return None


def _is_of(signer: str, author: str) -> bool:
    """Whether one of two names lies in the other, or they are the same."""
    return bool(signer) and (f".{signer}".endswith(f".{author}") or f".{author}".endswith(f".{signer}"))
