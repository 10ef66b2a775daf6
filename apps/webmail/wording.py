"""The words for codes: why a letter was not sent, and what a careful colleague would ask."""

from collections.abc import Callable

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.mailflow.writing.checks import NotSent, Reason
from apps.mailflow.writing.uploads import TooLarge
from apps.protocols.mime.doubts import Doubt, Kind


def refusal(answer: NotSent) -> str:
    """Say why a letter was not sent, and what to do."""
    about = ", ".join(answer.about)
    values = {"about": about, "n": _number(answer.about)}
    return _REFUSALS[answer.reason](len(answer.about)) % values


def _number(about: tuple[str, ...]) -> int:
    return int(about[0]) if about and about[0].isdigit() else 0


_REFUSALS: dict[Reason, Callable[[int], str]] = {
    Reason.NO_RECIPIENTS: lambda _n: _("Say for whom it is: there is no recipient yet."),
    Reason.BAD_ADDRESS: lambda n: ngettext(
        "This is no address: %(about)s", "These are no addresses: %(about)s", n
    ),
    Reason.TOO_MANY_RECIPIENTS: lambda _n: _("A message may have %(n)d recipients. Send it in parts."),
    Reason.SENDER_NOT_YOURS: lambda _n: _("You may not write as %(about)s. Choose another address in From."),
    Reason.SWITCHED_OFF: lambda _n: _("Your account is switched off. Ask your administrator."),
    Reason.NO_SUCH_USER: lambda n: ngettext(
        "%(about)s does not exist here. Check the address.",
        "These do not exist here: %(about)s. Check the addresses.",
        n,
    ),
    Reason.MAILBOX_FULL: lambda n: ngettext(
        "The mailbox of %(about)s is full. Try again later, or leave it out.",
        "These mailboxes are full: %(about)s. Try again later, or leave them out.",
        n,
    ),
    Reason.TOO_LARGE: lambda _n: _("The message is too large to be sent. Remove some files."),
    Reason.RATE_LIMITED: lambda _n: _(
        "You have written to very many people within the hour. Try again in a while; the draft is kept."
    ),
    Reason.FILE_GONE: lambda _n: _("An attached file is not there any more. Remove it and attach it again."),
    Reason.REFUSED: lambda _n: _("This server's rules do not let this message out."),
    Reason.STALE: lambda _n: _("The draft was changed elsewhere meanwhile. Nothing was sent."),
    Reason.DRAFT_GONE: lambda _n: _("The draft was sent or discarded elsewhere meanwhile. Nothing was sent."),
    Reason.KEY_USED: lambda _n: _("This message was sent already."),
    Reason.TOO_SOON: lambda _n: _("That is too soon. Choose a time a minute from now or later."),
    Reason.TOO_LATE: lambda _n: _("That is too far away. Choose a time within a year."),
}


def question(doubt: Doubt) -> str:
    """Ask what there is to ask before a letter leaves."""
    about = ", ".join(doubt.about)
    match doubt.kind:
        case Kind.NO_SUBJECT:
            return _("It has no subject.")
        case Kind.NO_ATTACHMENT:
            return _("You wrote “%(word)s”, but nothing is attached.") % {"word": about}
        case Kind.MANY_RECIPIENTS:
            return _("All %(n)s recipients will see each other. Bcc hides them.") % {"n": about}
        case Kind.MISTYPED:
            return _("%(about)s: did you mean %(instead)s?") % {"about": about, "instead": doubt.instead}
        case Kind.EXTERNAL:
            return ngettext(
                "%(about)s is outside your organisation, and the conversation was internal so far.",
                "These are outside your organisation, and the conversation was internal so far: %(about)s",
                len(doubt.about),
            ) % {"about": about}


def too_large(answer: TooLarge) -> str:
    """Say how large files may be."""
    size = filesizeformat(answer.limit)
    if answer.together:
        return _("Your files together may have %(size)s. Send or discard something first.") % {"size": size}
    return _("A file may have %(size)s. Send a link to it instead.") % {"size": size}
