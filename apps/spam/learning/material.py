"""What a learner looks at: a handful of fields and the text a person reads, and nothing that tells how mail came."""

import html
import re
from dataclasses import dataclass, field

from apps.protocols.mime.addresslist import parse_addresses, spec_text
from apps.protocols.mime.charsets import clean, decode
from apps.protocols.mime.headers import decode_text, fields, unfold
from apps.protocols.mime.html_text import html_to_text
from apps.protocols.mime.parameters import parameter
from apps.protocols.mime.text import decoded_bytes
from apps.protocols.mime.tree import Node, Tree

from . import stripping

TEXT_LIMIT = 20_000
HTML_LIMIT = 200_000
MARKUP_LIMIT = 20_000
LINKS_LIMIT = 100
PARTS_LIMIT = 50

_HREF = re.compile(r"""(?:href|src|action|background)\s*=\s*["']?\s*([^"'\s>]{4,400})""", re.IGNORECASE)
_WANTED = frozenset(
    {"from", "reply-to", "subject", "x-mailer", "user-agent", "message-id", "content-type", "to", "cc"}
)
_SIGNS = (
    "cc",
    "reply-to",
    "x-priority",
    "importance",
    "organization",
    "x-mailer",
    "user-agent",
    "date",
    "message-id",
)
_ADDRESS = re.compile(r"@([\w.-]+)")


@dataclass(frozen=True, slots=True)
class Material:
    """One message as learners see it; every text is decoded."""

    sender: str = ""
    """From: name and address."""
    reply_to: str = ""
    to: str = ""
    subject: str = ""
    """Without the tags of lists and filters."""
    text: str = ""
    links: tuple[str, ...] = ()
    mailer: str = ""
    content_type: str = ""
    markup: str = ""
    """The HTML as it stands, for the names of its tags and attributes."""
    types: tuple[str, ...] = ()
    """The media type of each part."""
    signs: tuple[str, ...] = ()
    """Which of a few header fields there are, and the shape of the Message-ID."""
    domain: str = field(default="")
    """Of the sender, in small letters."""


def material(raw: bytes) -> Material:
    """Take a message apart."""
    tree = Tree(raw)
    got: dict[str, str] = {}
    present = set()
    for name, value in fields(raw[: tree.root.body_start]):
        key = name.lower().decode("latin-1")
        present.add(key)
        if key in _WANTED and key not in got:
            got[key] = decode_text(unfold(value[:4000]))
    texts: list[str] = []
    markup: list[str] = []
    links: list[str] = []
    types: list[str] = []
    for node in _leaves(tree.root):
        types.append((node.maintype + b"/" + node.subtype).decode("latin-1").lower()[:60])
        if node.maintype == b"text":
            _read(raw, node, texts, markup, links)
    return Material(
        sender=got.get("from", "")[:400],
        reply_to=got.get("reply-to", "")[:400],
        to=(got.get("to", "") + " " + got.get("cc", ""))[:1000],
        subject=stripping.subject(got.get("subject", ""))[:400],
        text="\n".join(texts)[:TEXT_LIMIT],
        links=tuple(links[:LINKS_LIMIT]),
        mailer=(got.get("x-mailer", "") + " " + got.get("user-agent", ""))[:200],
        content_type=got.get("content-type", "").partition("boundary")[0][:200],
        markup=" ".join(markup)[:MARKUP_LIMIT],
        types=tuple(types),
        signs=_signs(present, got.get("message-id", "")),
        domain=_domain(raw, tree, got.get("from", "")),
    )


def _leaves(root: Node) -> list[Node]:
    out: list[Node] = []
    stack = [root]
    while stack and len(out) < PARTS_LIMIT:
        node = stack.pop()
        if node.children:
            stack.extend(reversed(node.nodes))
        else:
            out.append(node)
    return out


def _read(raw: bytes, node: Node, texts: list[str], markup: list[str], links: list[str]) -> None:
    """Take one text part."""
    charset = parameter(node.params, b"charset") if node.params else ""
    text = clean(decode(decoded_bytes(raw, node, HTML_LIMIT), charset.lower()))
    if node.subtype == b"html":
        links += [html.unescape(link) for link in _HREF.findall(text)[:LINKS_LIMIT]]
        markup.append(text[:MARKUP_LIMIT])
        texts.append(html_to_text(text)[:TEXT_LIMIT])
    else:
        texts.append(text[:TEXT_LIMIT].replace("\r\n", "\n"))


def _domain(raw: bytes, tree: Tree, sender: str) -> str:
    value = tree.root.fields.get(b"from", b"")[:2000]
    for mailbox in parse_addresses(value, 1):
        if mailbox.host:
            return spec_text(mailbox).rpartition("@")[2].lower()[:100]
    found = _ADDRESS.search(sender)
    return found[1].lower()[:100] if found else ""


_RUNS = ((re.compile("[a-z]+"), "a"), (re.compile("[A-Z]+"), "A"), (re.compile(r"\d+"), "0"))


def _signs(present: set[str], message_id: str) -> tuple[str, ...]:
    shape = message_id.partition("@")[0][:80]
    for run, letter in _RUNS:
        shape = run.sub(letter, shape)
    return (*[("has:" if name in present else "no:") + name for name in _SIGNS], "id:" + shape[:40])
