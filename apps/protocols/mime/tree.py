"""Bytes → the tree of entities of a message (RFC 2045, 2046). Never raises; bounded in depth, number and work.

Where outer and inner delimiters disagree, the outer one wins, as in the standard library's parser.
"""

import re
from collections.abc import Iterator

from .headers import BLANK, FIELDS_LIMIT, HEADER, fields, unfold
from .parameters import Parameters, media_type, parameter_bytes, parameters, token
from .parts import LEAF, MESSAGE, MULTIPART, Entity

MAX_DEPTH = 100
MAX_PARTS = 1000

NO_HEADER_END = "the header is not ended by a blank line"
LONG_HEADER = "the header is longer than is read"
NO_BOUNDARY = "a multipart names no boundary"
NO_DELIMITER = "a multipart's boundary never comes"
NOT_CLOSED = "a multipart is not closed"
TOO_DEEP = "parts are nested too deeply; the innermost are one part"
TOO_MANY = "there are too many parts; the last holds the rest"
TOO_COSTLY = "boundaries are too costly to look for; the rest is one part"
BAD_TYPE = "a Content-Type cannot be read"

# The fields someone asks for; others are not kept.
_KEPT = frozenset(
    b"date subject from sender reply-to to cc bcc in-reply-to message-id references content-type"
    b" content-transfer-encoding content-disposition content-id content-description content-language"
    b" content-location content-md5".split()
)
_DELIMITER_REST = re.compile(rb"(--)?[ \t]*+(?:\r\n?|\n|\Z)")
_LINE_END = b"\r\n"


class Node(Entity):
    """An entity with what its header says about its body."""

    __slots__ = ("encoding", "fields", "maintype", "params", "subtype")

    def __init__(self, start: int, body_start: int, end: int) -> None:
        self.start = start
        self.body_start = body_start
        self.end = end
        self.kind = LEAF
        self.children = ()
        self.fields: dict[bytes, bytes] = {}
        self.maintype = b"text"
        self.subtype = b"plain"
        self.params: Parameters = []
        self.encoding = b"7bit"

    @property
    def nodes(self) -> "tuple[Node, ...]":
        """The children."""
        return self.children  # type: ignore[return-value]


class Tree:
    """One walk over one message: `root`, `defects` and `hops` are what it found."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.count = 0
        self.hops = 0
        self.defects: dict[str, None] = {}  # Each once, in order.
        # What looking for boundaries may cost: nesting makes the same bytes be searched again.
        self.work = 64_000_000 + 16 * len(data)
        self.root = self._entity(0, len(data), 0, digest=False)

    def _entity(self, start: int, end: int, depth: int, *, digest: bool) -> Node:
        data = self.data
        self.count += 1
        header = HEADER.match(data, start, end)
        header_end = header.end() if header else start
        blank = BLANK.match(data, header_end, end)
        body_start = blank.end() if blank else header_end
        if blank is None and body_start < end:
            self.defects[NO_HEADER_END] = None
        node = Node(start, body_start, end)
        if header_end > start:
            self._read_fields(node, data[start : min(header_end, start + FIELDS_LIMIT)], root=depth == 0)
            if header_end - start > FIELDS_LIMIT:
                self.defects[LONG_HEADER] = None
        self._read_type(node, digest=digest)
        if node.maintype == b"multipart":
            self._multipart(node, depth)
        elif node.subtype == b"rfc822" and node.maintype == b"message":
            if depth < MAX_DEPTH and self.count < MAX_PARTS:
                node.children = (self._entity(body_start, end, depth + 1, digest=False),)
                node.kind = MESSAGE
            else:
                self.defects[TOO_DEEP if depth >= MAX_DEPTH else TOO_MANY] = None
                _make_opaque(node)
        return node

    def _read_fields(self, node: Node, header: bytes, *, root: bool) -> None:
        kept = node.fields
        for name, value in fields(header):
            key = name.lower()
            if key in _KEPT:
                if key not in kept:
                    kept[key] = unfold(value)
            elif root and key == b"received":
                self.hops += 1

    def _read_type(self, node: Node, *, digest: bool) -> None:
        kept = node.fields
        value = kept.get(b"content-type")
        if value is None:
            if digest:
                node.maintype, node.subtype = b"message", b"rfc822"
        else:
            media = media_type(value)
            if media:
                node.maintype, node.subtype = media
                node.params = parameters(value)
            else:
                self.defects[BAD_TYPE] = None
        encoding = kept.get(b"content-transfer-encoding")
        if encoding:
            node.encoding = token(encoding) or b"7bit"

    def _multipart(self, node: Node, depth: int) -> None:
        boundary = parameter_bytes(node.params, b"boundary").rstrip()
        if not boundary:
            self.defects[NO_BOUNDARY] = None
            _make_text(node)
            return
        if depth >= MAX_DEPTH or self.count >= MAX_PARTS:
            self.defects[TOO_DEEP if depth >= MAX_DEPTH else TOO_MANY] = None
            _make_opaque(node)
            return
        children: list[Node] = []
        digest = node.subtype == b"digest"
        start = -1
        for line_start, line_end, closing in self._delimiters(b"--" + boundary, node.body_start, node.end):
            # Delimiters in a row count as one; an empty part is one if it is the only one.
            if start >= 0 and (start != line_start or (closing and not children)):
                if self.count >= MAX_PARTS - 1:
                    self.defects[TOO_MANY] = None
                    break
                children.append(
                    self._entity(start, self._before(start, line_start), depth + 1, digest=digest)
                )
            start = line_end
            if closing:
                start = -1
                break
        if start >= 0:
            self.defects[NOT_CLOSED] = None
            children.append(self._entity(start, node.end, depth + 1, digest=digest))
        if children:
            node.children, node.kind = tuple(children), MULTIPART
        else:
            self.defects[NO_DELIMITER] = None
            _make_text(node)

    def _before(self, start: int, delimiter: int) -> int:
        """Return where a part ends: the line end before a delimiter belongs to the delimiter."""
        data, end = self.data, delimiter
        if end > start and data[end - 1] == 10:
            end -= 1
        if end > start and data[end - 1] == 13:
            end -= 1
        return end

    def _delimiters(self, needle: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Yield (start, end, whether it closes) of the lines that are delimiters."""
        data, find, at, length = self.data, self.data.find, start, len(needle)
        self.work -= end - start
        if self.work < 0:
            self.defects[TOO_COSTLY] = None
            return
        while (found := find(needle, at, end)) >= 0:
            at = found + length
            if found == start or data[found - 1] in _LINE_END:
                rest = _DELIMITER_REST.match(data, at, end)
                if rest:
                    at = rest.end()
                    yield found, at, rest[1] is not None
                    continue
            self.work -= 250
            if self.work < 0:
                self.defects[TOO_COSTLY] = None
                return


def _make_text(node: Node) -> None:
    """Show a multipart that has no parts as the text it is: a client must be able to read it."""
    node.maintype, node.subtype, node.params = b"text", b"plain", []


def _make_opaque(node: Node) -> None:
    node.maintype, node.subtype, node.params = b"application", b"octet-stream", []
