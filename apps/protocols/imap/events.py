"""What a session tells its connection."""

from dataclasses import dataclass

from . import commands as c


@dataclass(frozen=True, slots=True)
class Request:
    """A command that is complete and legal now; the session waits for `resume()`."""

    tag: bytes
    name: str
    command: c.Command


@dataclass(frozen=True, slots=True)
class Reply:
    """Bytes to send to the client at once."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SaslResponse:
    """The client's answer within AUTHENTICATE; None if it cancelled or cannot be understood."""

    data: bytes | None


@dataclass(frozen=True, slots=True)
class IdleDone:
    """The end of IDLE; not `valid` if the client said something else than DONE."""

    valid: bool


@dataclass(frozen=True, slots=True)
class Closing:
    """Nothing more is read: send what is due and close."""

    reason: str


type Event = Request | Reply | SaslResponse | IdleDone | Closing
