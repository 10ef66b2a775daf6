"""A message somebody answers or forwards: who, what, and which files."""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from apps.protocols.addresses import Address, AddressError

from .addresslist import parse_addresses, spec_text
from .charsets import decode
from .dates import parse_date
from .headers import HEADER, decode_text, decode_words, first
from .letter import Attachment, Person
from .parameters import parameter, parameters
from .parts import LEAF, MESSAGE, MULTIPART
from .scan import scan
from .text import decoded_bytes, is_attachment, message_text
from .tree import Node, Tree

TEXT_LIMIT = 1024 * 1024
PEOPLE_LIMIT = 500

_ID = re.compile(rb"<[^<>\s]{1,996}>")


@dataclass(frozen=True, slots=True)
class PartRef:
    """A file of a message, by the number of its part as IMAP counts."""

    path: str
    filename: str
    media_type: str
    size: int
    """About how many bytes it has once decoded."""
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Original:
    """What answering and forwarding need to know. Its HTML is as it came: clean it before anybody sees it."""

    author: tuple[Person, ...] = ()
    reply_to: tuple[Person, ...] = ()
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    list_post: str = ""
    """The address of the list it came by (RFC 2369)."""
    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    in_reply_to: str = ""
    sent_at: dt.datetime | None = None
    text: str = ""
    html: str = ""
    parts: tuple[PartRef, ...] = ()


def read(data: bytes) -> Original:
    """Read a message, whatever it is."""
    tree = Tree(data)
    root = tree.root
    match = HEADER.match(data)
    header = match[0] if match else b""
    facts = scan(data, text_limit=0)
    answered = _ID.search(root.fields.get(b"in-reply-to", b""))
    return Original(
        author=_people(root.fields.get(b"from")),
        reply_to=_people(root.fields.get(b"reply-to")),
        to=_people(root.fields.get(b"to")),
        cc=_people(root.fields.get(b"cc")),
        bcc=_people(root.fields.get(b"bcc")),
        list_post=_list_post(first(header, b"list-post")),
        subject=decode_text(root.fields.get(b"subject", b"")),
        message_id=facts.message_id,
        references=facts.references,
        in_reply_to=answered[0].decode("utf-8", "replace") if answered else "",
        sent_at=_when(root.fields.get(b"date")),
        text=message_text(data, root, TEXT_LIMIT),
        html=_html(data, root),
        parts=tuple(_ref(node, path) for path, node in _files(root)),
    )


def take_part(data: bytes, path: str) -> Attachment | None:
    """Return a file of a message, decoded; None when there is no such part."""
    for found, node in _files(Tree(data).root):
        if found == path:
            ref = _ref(node, path)
            whole = node.kind == MESSAGE
            content = data[node.body_start : node.end] if whole else decoded_bytes(data, node, len(data))
            return Attachment(ref.filename, ref.media_type, content, ref.content_id)
    return None


def _people(value: bytes | None) -> tuple[Person, ...]:
    if not value:
        return ()
    people = []
    for mailbox in parse_addresses(value, PEOPLE_LIMIT)[:PEOPLE_LIMIT]:
        try:
            address = str(Address.parse(spec_text(mailbox), forgiving=True))
        except AddressError:
            continue
        people.append(Person(address, decode_words(mailbox.name) if mailbox.name else ""))
    return tuple(people)


def _list_post(value: bytes | None) -> str:
    """Return the address of `<mailto:list@example.test?...>`; a list that takes no mail says NO."""
    start = (value or b"").lower().find(b"<mailto:")
    if value is None or start < 0:
        return ""
    text = value[start + 8 :].partition(b">")[0].partition(b"?")[0].decode("utf-8", "replace")
    try:
        return str(Address.parse(text, forgiving=True))
    except AddressError:
        return ""


def _when(value: bytes | None) -> dt.datetime | None:
    seconds = parse_date(value) if value else None
    try:
        return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _html(data: bytes, root: Node) -> str:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.kind == MULTIPART:
            stack.extend(reversed(node.nodes))
        elif (
            node.kind == LEAF and node.maintype == b"text" and node.subtype == b"html" and not _is_file(node)
        ):
            charset = parameter(node.params, b"charset") if node.params else ""
            return decode(decoded_bytes(data, node, TEXT_LIMIT), charset.lower()).replace("\r\n", "\n")
    return ""


def _files(root: Node) -> Iterator[tuple[str, Node]]:
    """Yield what can be saved or is shown inside the HTML, by path."""
    stack: list[tuple[str, Node]] = [("", root)]
    while stack:
        path, node = stack.pop()
        if node.kind == MULTIPART:
            numbered = enumerate(node.nodes, 1)
            stack.extend(
                reversed([(f"{path}.{number}" if path else str(number), child) for number, child in numbered])
            )
        elif node.kind == MESSAGE or _is_file(node):
            yield path or "1", node


def _is_file(node: Node) -> bool:
    return is_attachment(node) or (b"content-id" in node.fields and node.maintype != b"text")


def _ref(node: Node, path: str) -> PartRef:
    disposition = node.fields.get(b"content-disposition", b"")
    name = _parameter(disposition, b"filename") or (parameter(node.params, b"name") if node.params else "")
    size = node.end - node.body_start
    media_type = f"{node.maintype.decode('ascii', 'replace')}/{node.subtype.decode('ascii', 'replace')}"
    return PartRef(
        path=path,
        filename=name,
        media_type=media_type,
        size=size * 3 // 4 if node.encoding == b"base64" else size,
        content_id=node.fields.get(b"content-id", b"").strip(b" \t<>").decode("utf-8", "replace"),
    )


def _parameter(value: bytes, name: bytes) -> str:
    return parameter(parameters(value), name) if value else ""


def with_html(original: Original, html: str) -> Original:
    """Return the same with HTML that was cleaned."""
    return dataclasses.replace(original, html=html)
