"""What symbols mean, in one sentence for people.

The filter's own symbols are here, those of a message's content beside what finds them; rules bring their own words.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.spam.antivirus.evidence import PHISHING, SUSPECT, UNWANTED, VIRUS
from apps.spam.content.words import WORDS as OF_CONTENT
from apps.spam.decision import BLOCKED
from apps.spam.learned import BAYES, MODEL
from apps.spam.objecting import NOT_WANTED
from apps.spam.symbols import UNFAMILIAR

OWN: Mapping[str, Promise] = {
    MODEL: _("Its wording resembles mail that was learned from."),
    BAYES: _("Its words were seen in mail that was learned from."),
    UNFAMILIAR: _("Nothing like it was seen before, which speaks neither for nor against it."),
    BLOCKED: _("Its sender is on a list of senders who are never wanted."),
    NOT_WANTED: _("It holds a file of a sort that is not wanted here."),
    VIRUS: _("It holds a virus, by the name that the virus scanner gives it."),
    SUSPECT: _("The virus scanner finds something in it suspect."),
    PHISHING: _("The virus scanner takes it for phishing."),
    UNWANTED: _("The virus scanner knows it as unwanted mail."),
    "SPF_PASS": _("It came from a host that its sender's domain names (SPF)."),
    "SPF_FAIL": _("It came from a host that its sender's domain forbids (SPF)."),
    "SPF_SOFTFAIL": _("It came from a host that its sender's domain does not name (SPF)."),
    "SPF_PERMERROR": _("Its sender's domain has a broken record of its hosts (SPF)."),
    "DKIM_PASS": _("It bears a valid signature (DKIM)."),
    "DKIM_FAIL": _("Its signature does not fit (DKIM)."),
    "DMARC_PASS": _("It is proven to be from the domain that it names (DMARC)."),
    "DMARC_FAIL": _("It is not from the domain that it names (DMARC)."),
    "NOTHING_PROVEN": _("Nothing proves who sent it."),
    "HOST_WITHOUT_NAME": _("The host that sent it has no proper name."),
    "HOST_ON_LIST": _("The host that sent it is on a list of hosts that send unwanted mail."),
    "DOMAIN_ON_LIST": _("A domain in it is on a list of those used by unwanted mail."),
    "DOMAIN_YOUNG": _("A domain in it was registered only recently."),
    "ON_LIST": _("Something in it is on a list of what unwanted mail uses."),
    "FIRST_TIME_SENDER": _("You had no mail from this sender before."),
    "SENDER_FORGED": _("Earlier mail from this sender was proven; this is not."),
    "SENDER_LIKED": _("You keep mail from this sender."),
    "SENDER_DISLIKED": _("You called mail from this sender junk."),
    "SENDER_WRITTEN_TO": _("You have written to this sender."),
    "SENDER_CLAIMED": _("It claims to be from somebody whose mail you keep, which is not proven."),
    "DOMAIN_LIKED": _("You keep mail from this domain."),
    "DOMAIN_DISLIKED": _("You called mail from this domain junk."),
    "OTHERS_LIKE": _("Others here keep mail from this sender."),
    "OTHERS_DISLIKE": _("Others here called mail from this sender junk."),
    "LOOKS_LIKE_NAME": _("The sender's name is that of somebody you know, the address is not."),
    "LOOKS_LIKE_DOMAIN": _("The sender's domain looks like one you know, and is another."),
}


def words() -> Mapping[str, Promise]:
    """Return what all symbols mean that are no rules."""
    return {**OF_CONTENT, **OWN}
