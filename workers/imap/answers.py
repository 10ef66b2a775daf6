"""Every tagged answer we give (RFC 3501 7.1, RFC 5530); a door names one and never sends an error's text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended."""

    status: bytes
    text: bytes
    code: bytes = b""

    def line(self, tag: bytes) -> bytes:
        """Return the answer to the command of this tag."""
        if self.code:
            return b"%b %b [%b] %b\r\n" % (tag, self.status, self.code, self.text)
        return b"%b %b %b\r\n" % (tag, self.status, self.text)


def ok(text: bytes, code: bytes = b"") -> Answer:
    """The command was carried out."""
    return Answer(b"OK", text, code)


def no(text: bytes, code: bytes = b"") -> Answer:
    """The command was understood and refused."""
    return Answer(b"NO", text, code)


def bad(text: bytes) -> Answer:
    """The command makes no sense now."""
    return Answer(b"BAD", text)


DONE = ok(b"Completed")

# Signing in. One sentence for every refusal: a stranger learns nothing from it.
REFUSED = no(b"Authentication failed", b"AUTHENTICATIONFAILED")
# Only who sent the right password hears this one; see `accounts.authentication`.
NEEDS_APP_PASSWORD = no(b"An app password is needed; make one in the web settings", b"ALERT")
NEEDS_TLS = no(b"Sign in over TLS only", b"PRIVACYREQUIRED")
NO_MAILBOX = no(b"This user has no mailbox", b"CONTACTADMIN")
UNKNOWN_MECHANISM = no(b"Unknown mechanism", b"CANNOT")
CANCELLED = bad(b"Authentication cancelled or not understood")
TLS_ALREADY = bad(b"TLS is on already")

# Folders.
NO_SUCH_FOLDER = no(b"No such mailbox", b"NONEXISTENT")
TRY_CREATE = no(b"No such mailbox", b"TRYCREATE")
EXISTS = no(b"Mailbox already exists", b"ALREADYEXISTS")
CANNOT_NAME = no(b"That name cannot be used", b"CANNOT")
CANNOT_INBOX = no(b"INBOX cannot be deleted", b"CANNOT")
HAS_CHILDREN = no(b"Mailbox has children", b"HASCHILDREN")
CANNOT_USE = no(b"That special use cannot be given", b"USEATTR")

# Messages.
READ_ONLY = no(b"Mailbox is read-only", b"READ-ONLY")
OVER_QUOTA = no(b"Quota exceeded", b"OVERQUOTA")
NO_SUCH_MESSAGE = bad(b"No such message number")
EXPUNGE_ISSUED = no(b"Some of the messages no longer exist", b"EXPUNGEISSUED")
TOO_MANY_KEYWORDS = no(b"Too many or too long keywords", b"LIMIT")
MAILBOX_GONE = no(b"The selected mailbox was deleted", b"NONEXISTENT")

# Us.
SERVER_BUG = no(b"Internal error", b"SERVERBUG")
UNAVAILABLE = no(b"Try again later", b"UNAVAILABLE")
