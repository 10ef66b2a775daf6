"""The words of IMAP: atoms, quoted strings, literals, numbers (RFC 3501 9).

A command arrives as text and literals in turn; the session has already taken the literals out, so the lexer
sees their bytes once and never looks for a line's end.
"""

import re
from collections.abc import Callable, Sequence

from .errors import ProtocolError

MAX_LINE = 64 * 1024
"""The longest text of a command outside its literals."""
MAX_DEPTH = 40
"""How deep lists may nest."""
MAX_TAG = 128

_TAG = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\+]{1,128}')
_ATOM = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
_ASTRING = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\]+')
_PATTERN = re.compile(rb'[^\x00-\x20\x7f-\xff(){"\\]+')
_FLAG = re.compile(rb'\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
_QUOTED = re.compile(rb'"((?:[^"\\\r\n\x00]++|\\["\\])*+)"')
_ESCAPE = re.compile(rb"\\(.)")
_NUMBER = re.compile(rb"[0-9]{1,19}")
_SEQUENCE = re.compile(rb"[0-9:,*]+")
_LARGEST_MODSEQ = 2**63 - 1


class Lexer:
    """Reads the words of one command in order; `parts` are text, literal, text and so on."""

    __slots__ = ("_index", "_parts", "_position", "_text")

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._parts = parts
        self._index = 0
        self._position = 0
        self._text = parts[0]

    # --- looking ---------------------------------------------------------------------------------------
    def peek(self) -> bytes:
        """Return the next byte; `{` before a literal, nothing at the end."""
        if self._position < len(self._text):
            return self._text[self._position : self._position + 1]
        return b"{" if self._index + 1 < len(self._parts) else b""

    def looking_at(self, text: bytes) -> bool:
        """Say whether the text that follows is `text`."""
        return self._text.startswith(text, self._position)

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.peek() == b""

    # --- punctuation -----------------------------------------------------------------------------------
    def take(self, text: bytes) -> bool:
        """Pass over `text` if it is next."""
        if not self._text.startswith(text, self._position):
            return False
        self._position += len(text)
        return True

    def expect(self, text: bytes) -> None:
        """Pass over `text`, which must be next."""
        if not self.take(text):
            raise ProtocolError(f"Expected {text.decode()!r}")

    def space(self) -> None:
        """Pass over the one space between two words."""
        if not self.take(b" "):
            raise ProtocolError("Missing argument" if self.at_end else "Expected a space")

    def end(self) -> None:
        """Make sure that nothing is left; a space at the end is forgiven, for some clients send it."""
        self.take(b" ")
        if not self.at_end:
            raise ProtocolError("Unexpected text after the command")

    # --- words -----------------------------------------------------------------------------------------
    def tag(self) -> bytes:
        """Read a command's tag."""
        return self.word(_TAG, "a tag")

    def atom(self) -> bytes:
        """Read an atom."""
        return self.word(_ATOM, "an atom")

    def keyword(self) -> bytes:
        """Read an atom as a word of the protocol: in upper case."""
        return self.word(_ATOM, "a word").upper()

    def flag(self) -> str:
        r"""Read a flag or keyword: `\Seen`, `$Junk`."""
        return self.word(_FLAG, "a flag").decode("ascii")

    def sequence(self) -> bytes:
        """Read the text of a sequence set."""
        return self.word(_SEQUENCE, "a sequence set")

    def number(self, *, most: int = 2**32 - 1) -> int:
        """Read a number of up to 32 bits, or up to `most`."""
        number = int(self.word(_NUMBER, "a number"))
        if number > most:
            raise ProtocolError("Number too large")
        return number

    def modseq(self) -> int:
        """Read a modification sequence: a number of up to 63 bits (RFC 7162 7)."""
        return self.number(most=_LARGEST_MODSEQ)

    def string(self) -> bytes:
        """Read a quoted string or a literal."""
        if self._position == len(self._text) and self._index + 1 < len(self._parts):
            literal = self._parts[self._index + 1]
            self._index += 2
            self._text = self._parts[self._index]
            self._position = 0
            return literal
        match = _QUOTED.match(self._text, self._position)
        if match is None:
            raise ProtocolError("Expected a string" if self.peek() != b'"' else "Invalid quoted string")
        self._position = match.end()
        value = match[1]
        return _ESCAPE.sub(rb"\1", value) if b"\\" in value else value

    def astring(self) -> bytes:
        """Read an atom or a string."""
        return self.word(_ASTRING, "a word or a string") if self.peek() not in (b'"', b"{") else self.string()

    def nstring(self) -> bytes | None:
        """Read a string or NIL."""
        if self.peek() in (b'"', b"{"):
            return self.string()
        if self.keyword() != b"NIL":
            raise ProtocolError("Expected a string or NIL")
        return None

    def pattern(self) -> bytes:
        """Read a mailbox pattern of LIST: like an astring, with `%` and `*`."""
        return self.word(_PATTERN, "a pattern") if self.peek() not in (b'"', b"{") else self.string()

    def items[T](self, item: Callable[["Lexer"], T], *, empty: bool = False) -> tuple[T, ...]:
        """Read a parenthesised list of items with a space between."""
        self.expect(b"(")
        if self.take(b")"):
            if not empty:
                raise ProtocolError("Empty list")
            return ()
        values = [item(self)]
        while not self.take(b")"):
            self.space()
            values.append(item(self))
        return tuple(values)

    def word(self, pattern: re.Pattern[bytes], what: str) -> bytes:
        """Read what matches `pattern`; `what` names it when it is missing."""
        match = pattern.match(self._text, self._position)
        if match is None:
            raise ProtocolError("Missing argument" if self.at_end else f"Expected {what}")
        self._position = match.end()
        return match[0]

    def optional(self, pattern: re.Pattern[bytes]) -> bytes | None:
        """Read what matches `pattern`, or nothing."""
        match = pattern.match(self._text, self._position)
        if match is None:
            return None
        self._position = match.end()
        return match[0]
