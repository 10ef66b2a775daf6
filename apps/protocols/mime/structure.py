"""The tree of a message → ENVELOPE, BODYSTRUCTURE and BODY, as they go to a client (RFC 3501 7.4.2)."""

import re

from .addresslist import parse_addresses
from .parameters import Parameters, parameters, token
from .parts import LEAF, MULTIPART
from .tree import Node
from .wire import nstring

ADDRESSES_LIMIT = 128 * 1024
STRUCTURE_LIMIT = 128 * 1024
"""When BODYSTRUCTURE has grown so large, what is optional in it becomes NIL."""

NO_ENVELOPE = b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"


def envelope(fields: dict[bytes, bytes]) -> bytes:
    """Return ENVELOPE; an absent Sender or Reply-To is From."""
    get = fields.get
    sent_from = address_list(get(b"from"))
    sender, reply_to = get(b"sender"), get(b"reply-to")
    return b"(%b %b %b %b %b %b %b %b %b %b)" % (
        nstring(get(b"date")),
        nstring(get(b"subject")),
        sent_from,
        address_list(sender) if sender else sent_from,
        address_list(reply_to) if reply_to else sent_from,
        address_list(get(b"to")),
        address_list(get(b"cc")),
        address_list(get(b"bcc")),
        nstring(get(b"in-reply-to")),
        nstring(get(b"message-id")),
    )


def address_list(value: bytes | None) -> bytes:
    """Return the addresses of a field's value in parentheses, or NIL."""
    if not value:
        return b"NIL"
    out = [
        b"(%b %b %b %b)" % (nstring(name), nstring(route), nstring(local), nstring(host))
        for name, route, local, host in parse_addresses(value[:ADDRESSES_LIMIT])
    ]
    return b"(%b)" % b"".join(out) if out else b"NIL"


class Writer:
    """Writes BODYSTRUCTURE of one message."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.left = STRUCTURE_LIMIT
        self.newlines: dict[int, int] = {}

    def write(self, node: Node) -> bytes:
        """Return the structure of one entity."""
        if node.kind == MULTIPART:
            children = b"".join([self.write(child) for child in node.nodes])
            return b"(%b %b %b %b)" % (
                children,
                nstring(node.subtype),
                self.parameters(node.params),
                self.extension(node),
            )
        get = node.fields.get if self.left > 0 else _nothing
        params = node.params
        if not params and node.maintype == b"text" and b"content-type" not in node.fields:
            params = _US_ASCII
        out = b"(%b %b %b %b %b %b %d" % (
            nstring(node.maintype),
            nstring(node.subtype),
            self.parameters(params),
            nstring(get(b"content-id")),
            nstring(get(b"content-description")),
            nstring(node.encoding),
            node.end - node.body_start,
        )
        if node.kind != LEAF:
            inner = node.nodes[0]
            sent = envelope(inner.fields) if self.left > 0 else NO_ENVELOPE
            self.left -= len(sent)
            out = b"%b %b %b %d" % (out, sent, self.write(inner), self.lines(inner))
        elif node.maintype == b"text":
            out = b"%b %d" % (out, self.data.count(b"\n", node.body_start, node.end))
        self.left -= len(out)
        return b"%b %b %b)" % (out, nstring(get(b"content-md5")), self.extension(node))

    def lines(self, node: Node) -> int:
        """Count the lines of a message inside a part, every byte once however deep it lies."""
        start, total = node.start, 0
        for child in node.nodes:
            total += self.data.count(b"\n", start, child.start)
            total += self.newlines.pop(child.start, 0) or self.lines(child)
            start = child.end
        total += self.data.count(b"\n", start, node.end)
        self.newlines[node.start] = total
        return total

    def parameters(self, params: Parameters) -> bytes:
        """Return the parameters in parentheses, or NIL."""
        if not params or self.left < 0:
            return b"NIL"
        out = b"(%b)" % b" ".join([nstring(item) for pair in params for item in pair])
        self.left -= len(out)
        return out

    def extension(self, node: Node) -> bytes:
        """Return disposition, language and location."""
        get = node.fields.get
        disposition, language, location = (
            get(b"content-disposition"),
            get(b"content-language"),
            get(b"content-location"),
        )
        if self.left < 0 or not (disposition or language or location):
            return b"NIL NIL NIL"
        written = b"NIL"
        if disposition and (kind := token(disposition)):
            written = b"(%b %b)" % (nstring(kind), self.parameters(parameters(disposition)))
        return b"%b %b %b" % (written, _languages(language), nstring(location))


_US_ASCII: Parameters = [(b"charset", b"us-ascii")]


def _nothing(_name: bytes) -> None:
    return None


def _languages(value: bytes | None) -> bytes:
    tags = [tag for part in value.split(b",", 20)[:20] if (tag := part.strip())] if value else []
    if not tags:
        return b"NIL"
    return nstring(tags[0]) if len(tags) == 1 else b"(%b)" % b" ".join([nstring(tag) for tag in tags])


_TOKEN = re.compile(rb"[()]|\{(\d+)\}\r\n|\"(?:[^\"\\]|\\.)*+\"|[^\s(){}\"]++")


def body(structure: bytes) -> bytes:
    """Return BODY from BODYSTRUCTURE: the same without extension data."""
    return _Stripper(structure).body()


class _Stripper:
    """Reads a BODYSTRUCTURE that `Writer` wrote, item by item."""

    def __init__(self, structure: bytes) -> None:
        self.structure = structure
        self.at = 0

    def token(self) -> bytes:
        structure = self.structure
        if structure.startswith(b" ", self.at):
            self.at += 1
        match = _TOKEN.match(structure, self.at)
        if match is None:
            raise ValueError("not a body structure")
        end = match.end() + (int(match[1]) if match[1] else 0)
        start, self.at = self.at, end
        return structure[start:end]

    def item(self) -> bytes:
        """Return the next item whole, a list with all that is in it."""
        first = self.token()
        start, depth = self.at - len(first), int(first == b"(")
        while depth:
            word = self.token()
            depth += (word == b"(") - (word == b")")
        return self.structure[start : self.at]

    def close(self) -> None:
        """Skip to the end of the list that is open."""
        depth = 1
        while depth:
            word = self.token()
            depth += (word == b"(") - (word == b")")

    def body(self) -> bytes:
        if self.token() != b"(":
            raise ValueError("not a body structure")
        if self.structure.startswith(b"(", self.at):
            parts = []
            while self.structure.startswith(b"(", self.at):
                parts.append(self.body())
            out = b"(%b %b)" % (b"".join(parts), self.item())
        else:
            items = [self.item() for _ in range(7)]
            if items[0] == b'"message"' and items[1] == b'"rfc822"' and self._has_envelope():
                items += [self.item(), self._next_body(), self.item()]
            elif items[0] == b'"text"':
                items.append(self.item())
            out = b"(%b)" % b" ".join(items)
        self.close()
        return out

    def _has_envelope(self) -> bool:
        return self.structure.startswith(b" (", self.at)

    def _next_body(self) -> bytes:
        self.at += 1
        return self.body()
