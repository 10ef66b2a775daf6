"""Every reply the SMTP doors ever send, by name (RFC 5321 4.2, enhanced codes of RFC 3463 and 5248).

A reply never says more than the peer may know: the reason of a refusal goes to our log.
"""

import functools
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: code, enhanced code (empty where RFC 2034 has none) and lines of ASCII text."""

    code: int
    enhanced: str
    text: str

    def __str__(self) -> str:
        return "\r\n".join(self._lines())

    def __bytes__(self) -> bytes:
        return _encode(self)

    @property
    def is_success(self) -> bool:
        """2xx and 3xx: go on."""
        return self.code < 400

    @property
    def is_temporary(self) -> bool:
        """4xx: the peer tries again."""
        return 400 <= self.code < 500

    def _lines(self) -> list[str]:
        lines = self.text.split("\n")
        enhanced = f"{self.enhanced} " if self.enhanced else ""
        return [
            f"{self.code}{' ' if number == len(lines) else '-'}{enhanced}{line}"
            for number, line in enumerate(lines, 1)
        ]


@functools.lru_cache(256)
def _encode(reply: Reply) -> bytes:
    return str(reply).encode("ascii", "replace") + b"\r\n"


# Said in our own reports alone, when an operator gives a message up.
RETURNED = Reply(550, "5.7.1", "Returned by the postmaster")

# --- what goes well -----------------------------------------------------------------------------------------


def greeting(hostname: str) -> Reply:
    """Greet a client."""
    return Reply(220, "", f"{hostname} ESMTP")


def hello(hostname: str, keywords: list[str]) -> Reply:
    """Answer EHLO (with our extensions) or HELO (with none)."""
    return Reply(250, "", "\n".join([hostname, *keywords]))


def queued(queue_id: str) -> Reply:
    """Take responsibility for a message; only ever sent after COMMIT."""
    return Reply(250, "2.0.0", f"Queued as {queue_id}")


OK = Reply(250, "2.0.0", "OK")
SENDER_OK = Reply(250, "2.1.0", "Sender OK")
RECIPIENT_OK = Reply(250, "2.1.5", "Recipient OK")
BYE = Reply(221, "2.0.0", "Bye")
CANNOT_VERIFY = Reply(252, "2.1.5", "Cannot verify; send mail to find out")
HELP = Reply(214, "2.0.0", "See RFC 5321")
START_DATA = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
START_TLS = Reply(220, "2.0.0", "Ready to start TLS")
SIGNED_IN = Reply(235, "2.7.0", "Authentication successful")

# --- what the client said wrong -----------------------------------------------------------------------------

UNKNOWN_COMMAND = Reply(500, "5.5.2", "Command not recognised")
LINE_TOO_LONG = Reply(500, "5.5.6", "Line too long")
BARE_NEWLINE = Reply(500, "5.5.2", "Lines end with <CR><LF>")
BAD_SYNTAX = Reply(501, "5.5.4", "Syntax error in parameters")
BAD_CHARACTERS = Reply(501, "5.5.4", "Characters that SMTP does not allow")
BAD_HELLO = Reply(501, "5.5.4", "Give your host name or address literal")
BAD_BODY = Reply(501, "5.5.4", "BODY is 7BIT or 8BITMIME")
BAD_SENDER_SYNTAX = Reply(501, "5.1.7", "Syntax: MAIL FROM:<address> [parameters]")
BAD_RECIPIENT_SYNTAX = Reply(501, "5.1.3", "Syntax: RCPT TO:<address> [parameters]")
NEEDS_SMTPUTF8 = Reply(553, "5.6.7", "This address needs SMTPUTF8")
NOT_IMPLEMENTED = Reply(502, "5.5.1", "Command not implemented")
HELLO_FIRST = Reply(503, "5.5.1", "Send EHLO first")
MAIL_FIRST = Reply(503, "5.5.1", "Send MAIL first")
RCPT_FIRST = Reply(503, "5.5.1", "Send RCPT first")
NO_VALID_RECIPIENTS = Reply(554, "5.5.1", "No valid recipients")
NESTED_MAIL = Reply(503, "5.5.1", "A transaction is open; send RSET to drop it")
UNKNOWN_PARAMETER = Reply(555, "5.5.4", "Parameter not recognised or not implemented")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors, goodbye")
CONNECTION_CUT = Reply(421, "4.4.2", "You were silent for too long, goodbye")

# --- TLS and signing in -------------------------------------------------------------------------------------

TLS_ALREADY = Reply(503, "5.5.1", "TLS is active already")
TLS_FIRST = Reply(530, "5.7.0", "Send STARTTLS first")
AUTH_NEEDS_TLS = Reply(538, "5.7.11", "Encryption required to sign in")
AUTH_REQUIRED = Reply(530, "5.7.0", "Sign in first")
AUTH_ALREADY = Reply(503, "5.5.1", "Signed in already")
AUTH_DURING_MAIL = Reply(503, "5.5.1", "Not during a mail transaction")
AUTH_MECHANISM = Reply(504, "5.5.4", "Mechanism not known")
AUTH_SYNTAX = Reply(501, "5.5.2", "Malformed response")
AUTH_TOO_LONG = Reply(500, "5.5.6", "Response too long")
AUTH_CANCELLED = Reply(501, "5.7.0", "Cancelled")
AUTH_FAILED = Reply(535, "5.7.8", "Authentication credentials invalid")
AUTH_NEEDS_APP_PASSWORD = Reply(534, "5.7.9", "An app password is needed; make one in the web settings")
AUTH_THROTTLED = Reply(454, "4.7.0", "Too many failures, try again later")
AUTH_UNAVAILABLE = Reply(454, "4.7.0", "Temporary authentication failure")

# --- who may send what to whom ------------------------------------------------------------------------------

NO_SUCH_USER = Reply(550, "5.1.1", "No such user here")
RELAY_DENIED = Reply(550, "5.7.1", "Relaying denied")
MAILBOX_FULL = Reply(452, "4.2.2", "Mailbox full")
SENDER_NOT_YOURS = Reply(550, "5.7.1", "Not one of your addresses")
FROM_NOT_YOURS = Reply(550, "5.7.1", "The From header names none of your addresses")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients")
RATE_LIMITED = Reply(450, "4.7.1", "Too much mail at once, try again later")
# These two send the reader to the domain's owner: nobody but the owner can help.
DMARC_REJECTED = Reply(550, "5.7.1", "The domain in From wants mail refused that fails DMARC, as this does")
COME_AGAIN = Reply(451, "4.7.1", "You are new here, come again in a minute or two")
UNWANTED = Reply(554, "5.7.1", "The message was judged to be unwanted mail")
DMARC_UNKNOWN = Reply(451, "4.7.1", "DNS cannot tell now whether this passes DMARC, try again later")
TOO_MANY_CONNECTIONS = Reply(421, "4.7.0", "Too many connections, try again later")

# --- what is wrong with the message -------------------------------------------------------------------------

TOO_LARGE = Reply(552, "5.3.4", "Message too large")
BARE_CR_OR_LF = Reply(550, "5.6.11", "Bare CR or LF in the message")
NUL_IN_MESSAGE = Reply(550, "5.6.11", "NUL in the message")
FROM_MISSING = Reply(554, "5.6.0", "The message needs a From header with an address")
HEADER_TOO_LONG = Reply(554, "5.6.0", "The header of the message is too long")
TOO_MANY_HOPS = Reply(554, "5.4.6", "Too many hops, mail loop suspected")

# --- what is wrong with us ----------------------------------------------------------------------------------

TRY_LATER = Reply(451, "4.3.0", "Temporary failure, try again later")
SHUTTING_DOWN = Reply(421, "4.3.2", "Shutting down, try again later")
