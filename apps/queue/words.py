"""What keeps mail waiting, in a few words: what lists say beside the code that the other side gave."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import QueuedRecipient, State

# By the code, the first that fits; a pattern is the beginning of a code with its enhanced code.
_CODES: tuple[tuple[str, str | Promise], ...] = (
    ("451 4.4.1", _("No host answered")),
    ("451 4.4.2", _("The connection was lost")),
    ("451 4.4.3", _("The domain cannot be looked up")),
    ("451 4.5.0", _("The other side does not speak SMTP")),
    ("451 4.7.4", _("Encryption is a must there, and not offered")),
    ("451 4.7.5", _("Encryption could not be set up as it must be")),
    ("450 4.2.0", _("Greylisted: they want it again later")),
    ("451 4.7.1", _("Greylisted: they want it again later")),
    ("450 4.7.1", _("They want less mail, or later")),
    ("421 4.7.", _("They want less mail, or later")),
    ("452 4.2.2", _("The mailbox is full")),
    ("452", _("They have no room at present")),
    ("421", _("The other server is busy or shutting down")),
    ("450", _("The mailbox is not available at present")),
    ("451", _("The other server had a fault of its own")),
    ("454", _("Signing in or encryption is not possible at present")),
    ("4", _("The other server asks to try later")),
    ("5", _("The other server refused it")),
    ("2", _("Accepted")),
)


def words_of(state: State, code: str, *, is_tried: bool = True) -> str | Promise:
    """Return why something in this state waits, or how it ended; `code` is that of the last reply."""
    match state:
        case State.HELD:
            return _("Held until somebody releases it")
        case State.POISON:
            return _("Handling it failed on our side")
        case State.EXPIRED:
            return _("Tried for as long as we promise")
        case State.DELIVERED:
            return _("Delivered")
        case State.FAILED:
            return _("Given up")
        case State.QUEUED if not is_tried:
            return _("Waiting for its first attempt")
        case State.QUEUED:
            found = (words for beginning, words in _CODES if code.startswith(beginning))
            return next(found, _("Waiting for its next attempt"))


def words_about(recipient: QueuedRecipient) -> str | Promise:
    """Return the same of one recipient."""
    return words_of(
        State(recipient.state), recipient.last_reply[:12].replace("-", " "), is_tried=recipient.attempts > 0
    )
