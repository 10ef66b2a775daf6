"""The connection as a state machine: `receive(bytes)` returns events (RFC 3501 2.2, 3, 7888).

It yields one command at a time: after a `Request` it keeps what follows until `resume()`, so a pipelined
command is read in the state its predecessor left. Rule 1: which command is legal in which phase is the table
in this file. Rule 2: each byte is looked at once, however the bytes are split.
"""

import enum
import re
from collections.abc import Callable, Mapping

from . import commands as c
from .budget import Budget
from .commands import append, fetch, folders, general, selected, sign_in
from .errors import ProtocolError
from .events import Closing, Event, IdleDone, Reply, Request, SaslResponse
from .lexer import MAX_LINE, Lexer

MAX_ERRORS = 20
"""Commands in a row that cannot be understood before we say BYE."""
MAX_LITERALS = 64 * 1024
"""Bytes of literals in one command, but for the message of APPEND."""
MAX_LITERALS_BEFORE_LOGIN = 8 * 1024
MAX_SKIPPED = 256 * 1024 * 1024
"""The largest literal that is read over when it is refused but sent anyway."""
MAX_RESPONSE = 16 * 1024
"""The longest line of an authentication exchange."""


class Phase(enum.Enum):
    """The states of RFC 3501 3."""

    NOT_AUTHENTICATED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"


type Parser = Callable[[Lexer], c.Command]

_ANY = frozenset(Phase)
_BEFORE = frozenset({Phase.NOT_AUTHENTICATED})
_AFTER = frozenset({Phase.AUTHENTICATED, Phase.SELECTED})
_SELECTED = frozenset({Phase.SELECTED})


def _plain(command: c.Command) -> Parser:
    def parse(lexer: Lexer) -> c.Command:
        lexer.end()
        return command

    return parse


def _uid(parser: Callable[..., c.Command]) -> Parser:
    return lambda lexer: parser(lexer, uid=True)


COMMANDS: Mapping[bytes, tuple[Parser, frozenset[Phase]]] = {
    b"CAPABILITY": (_plain(c.Capability()), _ANY),
    b"NOOP": (_plain(c.Noop()), _ANY),
    b"LOGOUT": (_plain(c.Logout()), _ANY),
    b"ID": (general.parse_id, _ANY),
    b"STARTTLS": (_plain(c.StartTls()), _BEFORE),
    b"LOGIN": (sign_in.parse_login, _BEFORE),
    b"AUTHENTICATE": (sign_in.parse_authenticate, _BEFORE),
    b"SELECT": (folders.parse_select, _AFTER),
    b"EXAMINE": (folders.parse_examine, _AFTER),
    b"CREATE": (folders.parse_create, _AFTER),
    b"DELETE": (folders.parse_delete, _AFTER),
    b"RENAME": (folders.parse_rename, _AFTER),
    b"SUBSCRIBE": (folders.parse_subscribe, _AFTER),
    b"UNSUBSCRIBE": (folders.parse_unsubscribe, _AFTER),
    b"LIST": (folders.parse_list, _AFTER),
    b"LSUB": (folders.parse_lsub, _AFTER),
    b"STATUS": (folders.parse_status, _AFTER),
    b"NAMESPACE": (_plain(c.Namespace()), _AFTER),
    b"ENABLE": (folders.parse_enable, _AFTER),
    b"IDLE": (_plain(c.Idle()), _AFTER),
    b"APPEND": (append.parse_append, _AFTER),
    b"CHECK": (_plain(c.Check()), _SELECTED),
    b"CLOSE": (_plain(c.Close()), _SELECTED),
    b"UNSELECT": (_plain(c.Unselect()), _SELECTED),
    b"EXPUNGE": (selected.parse_expunge, _SELECTED),
    b"SEARCH": (selected.parse_search, _SELECTED),
    b"FETCH": (fetch.parse_fetch, _SELECTED),
    b"STORE": (selected.parse_store, _SELECTED),
    b"COPY": (selected.parse_copy, _SELECTED),
    b"MOVE": (selected.parse_move, _SELECTED),
    b"UID EXPUNGE": (selected.parse_uid_expunge, _SELECTED),
    b"UID SEARCH": (_uid(selected.parse_search), _SELECTED),
    b"UID FETCH": (_uid(fetch.parse_fetch), _SELECTED),
    b"UID STORE": (_uid(selected.parse_store), _SELECTED),
    b"UID COPY": (_uid(selected.parse_copy), _SELECTED),
    b"UID MOVE": (_uid(selected.parse_move), _SELECTED),
}
"""Every command: how it is read, and when it is legal."""

_LITERAL = re.compile(rb"\{([0-9]{1,19})(\+?)\}\Z")
_LONGEST_MARK = 23
_HEAD = re.compile(rb'([^\x00-\x20\x7f-\xff(){%*"\\+]{1,128}) ([A-Za-z]+)')


class _Mode(enum.Enum):
    READING = enum.auto()  # The text of a command.
    LITERAL = enum.auto()  # The bytes of a literal.
    BUSY = enum.auto()  # A command is being carried out.
    SASL = enum.auto()  # The next line answers our challenge.
    IDLE = enum.auto()  # The next line ends IDLE.
    CLOSED = enum.auto()


class Session:
    """One client's side of the conversation."""

    __slots__ = (
        "_borrowed",
        "_budget",
        "_buffer",
        "_errors",
        "_literal_bytes",
        "_mode",
        "_parts",
        "_refusal",
        "_scanned",
        "_skip",
        "_text_bytes",
        "_wanted",
        "max_message",
        "phase",
    )

    def __init__(self, *, max_message: int, budget: Budget | None = None) -> None:
        self.phase = Phase.NOT_AUTHENTICATED
        self.max_message = max_message
        self._budget = budget or Budget(max_message)
        self._borrowed = 0  # Bytes of the budget for the literals of this command.
        self._mode = _Mode.READING
        self._buffer = bytearray()
        self._scanned = 0  # No line ends in the buffer before this.
        self._errors = 0
        self._parts: list[bytes] = []
        self._text_bytes = self._literal_bytes = 0
        self._wanted = 0  # Bytes of the literal still to come.
        self._skip = False  # The literal is read over.
        self._refusal = b""  # The answer to a command that is refused before its end.

    # --- what the connection calls ---------------------------------------------------------------------
    def receive(self, data: bytes | memoryview) -> list[Event]:
        """Take bytes from the client."""
        if self._mode is _Mode.CLOSED:
            return []
        self._buffer += data
        return self._events()

    def resume(self) -> list[Event]:
        """Go on after a command: the answer to the last `Request` has been given."""
        if self._mode is not _Mode.CLOSED:
            self._mode = _Mode.READING
        self._return_loan()
        return self._events()

    def close(self) -> None:
        """Let go of everything: the client is gone."""
        self._mode = _Mode.CLOSED
        self._buffer.clear()
        self._parts = []
        self._return_loan()

    def challenge(self) -> list[Event]:
        """Read the next line as the answer to a challenge that was just sent."""
        self._mode = _Mode.SASL
        return self._events()

    def idle(self) -> list[Event]:
        """Read the next line as the end of IDLE."""
        self._mode = _Mode.IDLE
        return self._events()

    def start_tls(self) -> None:
        """Forget all that came in the clear: it may be another's (RFC 3501 6.2.1, RFC 2595 2.1)."""
        self._buffer.clear()
        self._scanned = 0

    @property
    def buffered(self) -> int:
        """How many bytes wait to be read."""
        return len(self._buffer)

    @property
    def waiting(self) -> bool:
        """Whether bytes wait for the running command to end."""
        return self._mode is _Mode.BUSY and bool(self._buffer)

    # --- the machine -----------------------------------------------------------------------------------
    def _events(self) -> list[Event]:
        events: list[Event] = []
        while self._step(events):
            pass
        return events

    def _step(self, events: list[Event]) -> bool:
        """Read one line or literal; say whether there may be more."""
        match self._mode:
            case _Mode.BUSY | _Mode.CLOSED:
                return False
            case _Mode.LITERAL:
                return self._read_literal()
            case _Mode.READING:
                if (line := self._line(MAX_LINE - self._text_bytes, events)) is None:
                    return False
                self._text(line, events)
            case _Mode.SASL:
                if (line := self._line(MAX_RESPONSE, events)) is None:
                    return False
                self._mode = _Mode.BUSY
                events.append(SaslResponse(_sasl(line)))
            case _Mode.IDLE:
                if (line := self._line(MAX_RESPONSE, events)) is None:
                    return False
                self._mode = _Mode.BUSY
                events.append(IdleDone(line.strip().upper() == b"DONE"))
        return True

    def _line(self, most: int, events: list[Event]) -> bytes | None:
        """Take a line out of the buffer, without its end; None if there is none yet."""
        end = self._buffer.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(self._buffer)
            if self._scanned > most + 2:
                self._overlong(events)
            return None
        if end > most + 1:
            self._overlong(events)
            if self._mode is _Mode.CLOSED:
                return None
            end = self._buffer.find(b"\n", self._scanned)
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._scanned = 0
        return line.removesuffix(b"\r")

    def _overlong(self, events: list[Event]) -> None:
        """Refuse a command whose text is too long; keep the end of the line, which may name a literal."""
        if self._mode is not _Mode.READING:
            self._bye(events, "Line too long")
            return
        if not self._refusal:
            first = self._parts[0] if self._parts else bytes(self._buffer[:256])
            self._refusal = _tagged(first, "BAD", "", "Line too long")
        self._parts = []
        end = self._buffer.find(b"\n", self._scanned)
        keep_from = max(0, (len(self._buffer) if end < 0 else end) - _LONGEST_MARK - 1)
        del self._buffer[:keep_from]
        self._scanned = max(0, self._scanned - keep_from)
        self._text_bytes = 0  # What is refused is read over however long it is, in bounded memory.

    def _text(self, line: bytes, events: list[Event]) -> None:
        """Take one line of a command; the command is complete unless a literal follows."""
        self._text_bytes += len(line)
        mark = _LITERAL.search(line, max(0, len(line) - _LONGEST_MARK))
        if mark is None:
            self._parts.append(line)
            self._complete(events)
            return
        self._parts.append(line[: mark.start()])
        size, non_synchronising = int(mark[1]), bool(mark[2])
        self._literal_bytes += size
        if not self._refusal and (refusal := self._too_large()):
            self._refusal = refusal
        if self._refusal and not non_synchronising:
            self._complete(events)  # The client waits for our consent and will not send the rest.
            return
        if self._refusal and size > MAX_SKIPPED:
            self._bye(events, "Literal too large")
            return
        if not non_synchronising:
            events.append(Reply(b"+ OK\r\n"))
        self._skip = bool(self._refusal)
        self._wanted = size
        self._mode = _Mode.LITERAL
        if self._skip:
            self._parts = []

    def _too_large(self) -> bytes:
        """Return the refusal of the literals announced so far, if they are too large."""
        if self.phase is Phase.NOT_AUTHENTICATED:
            if self._literal_bytes <= MAX_LITERALS_BEFORE_LOGIN:
                return b""
            return _tagged(self._parts[0], "BAD", "", "Literal too large")
        head = _HEAD.match(self._parts[0])
        if head is None or head[2].upper() != b"APPEND":
            if self._literal_bytes <= MAX_LITERALS:
                return b""
            return _tagged(self._parts[0], "BAD", "", "Literal too large")
        if self._literal_bytes > self.max_message + MAX_LITERALS:
            return _tagged(self._parts[0], "NO", "TOOBIG", "Message too large")
        if self._literal_bytes > MAX_LITERALS:
            size = self._literal_bytes - self._borrowed
            if not self._budget.take(size):
                return _tagged(self._parts[0], "NO", "UNAVAILABLE", "Too much mail is being filed, try later")
            self._borrowed += size
        return b""

    def _return_loan(self) -> None:
        self._budget.give_back(self._borrowed)
        self._borrowed = 0

    def _read_literal(self) -> bool:
        """Take what has come of a literal; say whether it is complete."""
        if self._skip:
            taken = min(self._wanted, len(self._buffer))
            del self._buffer[:taken]
            self._wanted -= taken
            if self._wanted:
                return False
        elif len(self._buffer) < self._wanted:
            return False
        else:
            self._parts.append(bytes(memoryview(self._buffer)[: self._wanted]))
            del self._buffer[: self._wanted]
            self._wanted = 0
        self._scanned = 0
        self._mode = _Mode.READING
        return True

    def _complete(self, events: list[Event]) -> None:
        """Read the command whose last line has come."""
        parts, refusal = self._parts, self._refusal
        self._parts, self._refusal = [], b""
        self._text_bytes = self._literal_bytes = 0
        if parts == [b""] and not refusal:
            return  # An empty line is no command; some clients send one after a literal.
        if refusal:
            self._return_loan()
            self._error(refusal, events)
            return
        try:
            request = self._parse(parts)
        except ProtocolError as error:
            self._return_loan()
            self._error(_tagged(parts[0], error.status, error.code, error.text), events)
            return
        self._errors = 0
        self._mode = _Mode.BUSY
        events.append(request)

    def _parse(self, parts: list[bytes]) -> Request:
        lexer = Lexer(parts)
        tag = lexer.tag()
        lexer.space()
        name = lexer.keyword()
        if name == b"UID":
            lexer.space()
            name = b"UID " + lexer.keyword()
        known = COMMANDS.get(name)
        if known is None:
            raise ProtocolError("Unknown command")
        parser, phases = known
        if self.phase not in phases:
            raise ProtocolError(f"Not allowed when {self.phase.value}")
        if name == b"APPEND" and len(parts[-2:][0]) > self.max_message:
            raise ProtocolError("Message too large", status="NO", code="TOOBIG")
        return Request(tag, name.decode("ascii"), parser(lexer))

    def _error(self, answer: bytes, events: list[Event]) -> None:
        events.append(Reply(answer))
        self._errors += 1
        if self._errors >= MAX_ERRORS:
            self._bye(events, "Too many errors")

    def _bye(self, events: list[Event], reason: str) -> None:
        events.append(Reply(b"* BYE %b\r\n" % reason.encode("ascii")))
        events.append(Closing(reason))
        self.close()


def _tagged(first: bytes, status: str, code: str, text: str) -> bytes:
    """Return the answer to the command that starts with `first`; untagged if it has no tag."""
    try:
        tag = Lexer([first]).tag()
    except ProtocolError:
        tag = b"*"
    code = f"[{code}] " if code else ""
    return b"%b %b\r\n" % (tag, f"{status} {code}{text}".encode("ascii"))


def _sasl(line: bytes) -> bytes | None:
    try:
        return None if line == b"*" else sign_in.decode_base64(line)
    except ProtocolError:
        return None
