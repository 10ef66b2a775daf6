"""What was done, in words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.mailflow.refile import Kind


def said(kind: Kind, n: int, detail: str = "") -> str:
    """Say what was done with how many messages; `detail` is the folder or label, where it is known."""
    match kind:
        case Kind.MOVE if detail:
            text = ngettext("%(n)d message moved to %(where)s.", "%(n)d messages moved to %(where)s.", n)
        case Kind.MOVE:
            text = ngettext("%(n)d message moved.", "%(n)d messages moved.", n)
        case Kind.DELETE:
            text = ngettext("%(n)d message moved to the bin.", "%(n)d messages moved to the bin.", n)
        case Kind.ARCHIVE:
            text = ngettext("%(n)d message archived.", "%(n)d messages archived.", n)
        case Kind.JUNK:
            text = ngettext("%(n)d message moved to spam.", "%(n)d messages moved to spam.", n)
        case Kind.NOT_JUNK:
            text = ngettext("%(n)d message is no spam.", "%(n)d messages are no spam.", n)
        case Kind.STAR:
            text = ngettext("%(n)d message starred.", "%(n)d messages starred.", n)
        case Kind.UNSTAR:
            text = ngettext("Star removed from %(n)d message.", "Star removed from %(n)d messages.", n)
        case Kind.READ:
            text = ngettext("%(n)d message marked as read.", "%(n)d messages marked as read.", n)
        case Kind.UNREAD:
            text = ngettext("%(n)d message marked as unread.", "%(n)d messages marked as unread.", n)
        case Kind.LABEL:
            text = ngettext("%(n)d message labelled.", "%(n)d messages labelled.", n)
        case Kind.UNLABEL:
            text = ngettext("Label removed from %(n)d message.", "Label removed from %(n)d messages.", n)
    return text % {"n": n, "where": detail}


def undone(restored: int, skipped: int) -> str:
    """Say what was taken back."""
    text = ngettext("%(n)d message is as it was.", "%(n)d messages are as they were.", restored) % {
        "n": restored
    }
    if skipped:
        more = ngettext(
            "%(n)d had been changed since and was left alone.",
            "%(n)d had been changed since and were left alone.",
            skipped,
        )
        text = _("%(first)s %(second)s") % {"first": text, "second": more % {"n": skipped}}
    return text
