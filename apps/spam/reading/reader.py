"""Bytes → a Reading: headers, texts as a reader sees them, links, parts. Never raises; bounded in time and memory.

The tree of parts, charsets, encoded words and addresses are read by apps/protocols/mime, the same code that fills what
IMAP and webmail show, so that nobody sees another message than the one that is judged.
"""

import codecs
from functools import lru_cache

from apps.protocols.mime.addresslist import parse_addresses, spec_text
from apps.protocols.mime.charsets import clean, decode
from apps.protocols.mime.decoding import decoded_size
from apps.protocols.mime.headers import decode_text, fields, unfold
from apps.protocols.mime.parameters import parameter, parameters, token
from apps.protocols.mime.parts import LEAF, MESSAGE, MULTIPART
from apps.protocols.mime.text import decoded_bytes, is_attachment
from apps.protocols.mime.tree import Node, Tree

from .urls import urls
from .values import LIMITS, Limits, Link, Part, Party, Reading
from .walk import CUT_LINKS, CUT_TEXT, Walker

CUT_HEADERS = "there are more header fields than are read"
CUT_SOURCE = "the texts are longer than is read"
BAD_CHARSET = "a text is in a charset that nobody knows"
LONGEST_VALUE = 64 * 1024
LONGEST_NAME = 300
_HTML = frozenset({b"html", b"xhtml", b"x-html", b"xhtml+xml"})
_NO_TEXT = frozenset({b"css", b"javascript", b"ecmascript", b"x-amp-html", b"rfc822-headers", b"watch-html"})
_HTML_NAMES = (".html", ".htm", ".shtml", ".xhtml", ".mht", ".svg")


def read(raw: bytes, *, limits: Limits = LIMITS) -> Reading:
    """Take a message apart."""
    return _Reader(raw, limits).reading()


class _Reader:
    """Reads one message."""

    def __init__(self, raw: bytes, limits: Limits) -> None:
        self.raw = raw
        self.limits = limits
        self.doubts: dict[str, None] = {}
        self.walker = Walker(limits, self.doubts)
        self.attached = Walker(limits, self.doubts)
        self.parts: list[Part] = []
        self.sources: list[str] = []
        self.left = limits.source
        self.seen: list[str] = []
        self.unseen: list[str] = []
        self.others: list[str] = []
        self.room = limits.text

    def reading(self) -> Reading:
        """Return what was read."""
        raw, limits = self.raw, self.limits
        tree = Tree(raw)
        self.doubts.update(tree.defects)
        header = raw[: tree.root.body_start]
        found = fields(header)
        if len(found) > limits.headers:
            self.doubts[CUT_HEADERS] = None
            found = found[: limits.headers]
        headers = tuple(
            [
                (name.decode("ascii", "replace").lower(), decode_text(unfold(value[:LONGEST_VALUE])))
                for name, value in found
            ]
        )
        subject = next((value for name, value in headers if name == "subject"), "")
        self._nodes(tree.root)
        text = "\n".join(filter(None, self.seen))
        others = "\n".join(filter(None, self.others))
        if not text.strip() and others:
            text, others = others, ""
        return Reading(
            raw=raw,
            header=header,
            headers=headers,
            subject=subject,
            senders=self._parties(found, b"from"),
            reply_to=self._parties(found, b"reply-to"),
            to=self._parties(found, b"to") + self._parties(found, b"cc"),
            text=text[: limits.text],
            hidden_text="\n".join(filter(None, self.unseen))[: limits.hidden],
            alternative_text=others[: limits.text],
            source=self.sources[0] if len(self.sources) == 1 else "\n".join(self.sources),
            links=tuple(self.walker.links + self.attached.links),
            images=tuple(self.walker.images + self.attached.images),
            html=self.walker.facts,
            attached_html=self.attached.facts,
            parts=tuple(self.parts),
            doubts=tuple(self.doubts),
        )

    def _parties(self, found: list[tuple[bytes, bytes]], name: bytes) -> tuple[Party, ...]:
        out: list[Party] = []
        for each, value in found:
            if each.lower() != name:
                continue
            for mailbox in parse_addresses(unfold(value[:LONGEST_VALUE]), self.limits.addresses):
                if mailbox.host is None:
                    continue
                shown = decode_text(mailbox.name)[:LONGEST_NAME] if mailbox.name else ""
                out.append(Party(shown, clean(spec_text(mailbox))))
            if len(out) >= self.limits.addresses:
                break
        return tuple(out[: self.limits.addresses])

    def _nodes(self, root: Node) -> None:
        """Read the leaves in order, each with whether it is the one that is shown."""
        stack = [(root, True, 0)]
        has_text = False
        later: list[tuple[Node, Part]] = []
        while stack:
            node, is_shown, depth = stack.pop()
            if node.kind == LEAF:
                part = self._part(node, depth)
                self.parts.append(part)
                if part.is_attachment:
                    later.append((node, part))
                elif node.maintype == b"text" and node.subtype not in _NO_TEXT:
                    has_text = True
                    self._text(node, is_shown=is_shown)
            elif node.kind == MULTIPART and node.subtype == b"alternative":
                shown = _richest(node)
                stack += [(child, is_shown and child is shown, depth) for child in reversed(node.nodes)]
            else:
                depth += node.kind == MESSAGE
                stack += [(child, is_shown, depth) for child in reversed(node.nodes)]
        for node, part in later:
            is_html = node.subtype in _HTML or part.filename.lower().endswith(_HTML_NAMES)
            if is_html:
                text = self._decoded(node, self.limits.attachment_html)
                seen, _ = self.attached.read(text, where="attachment")
                if not has_text:
                    self.seen.append(seen)
            elif node.maintype == b"text" and not has_text:
                self._text(node, is_shown=True)

    def _part(self, node: Node, depth: int) -> Part:
        """Say what a leaf is."""
        said = node.fields.get(b"content-disposition")
        name = ""
        if said:
            name = parameter(parameters(said), b"filename")
        if not name and node.params:
            name = parameter(node.params, b"name")
        cid = node.fields.get(b"content-id", b"")
        return Part(
            type=clean(b"/".join((node.maintype, node.subtype)).decode("ascii", "replace")),
            filename=name[:LONGEST_NAME],
            size=decoded_size(node.end - node.body_start, node.encoding.decode("ascii", "replace")),
            disposition=clean(token(said).decode("ascii", "replace")) if said else "",
            cid=clean(cid.strip(b"<> \t").decode("utf-8", "replace")[:LONGEST_NAME]) if cid else "",
            is_attachment=is_attachment(node),
            depth=depth,
            _data=self.raw,
            _node=node,
        )

    def _text(self, node: Node, *, is_shown: bool) -> None:
        """Read a text that is part of the message."""
        text = self._decoded(node, self.left)
        if not text:
            return
        self.left -= len(text)
        self.sources.append(text)
        if node.subtype in _HTML:
            before = len(self.walker.links)
            seen, unseen = self.walker.read(text)
            self._unlinked(seen, before)
            self.unseen.append(unseen)
        else:
            seen = text.replace("\r\n", "\n") if "\r" in text else text
            if len(seen) > self.limits.text:
                seen = seen[: self.limits.text]
                self.doubts[CUT_TEXT] = None
            if is_shown:
                self._links(seen)
        if is_shown:
            if self.room < len(seen):
                self.doubts[CUT_TEXT] = None
            self.seen.append(seen[: max(self.room, 0)])
            self.room -= len(seen)
        else:
            self.others.append(seen)

    def _links(self, text: str) -> None:
        """Keep the addresses in plain text."""
        links = self.walker.links
        for href, said in urls(text):
            if len(links) >= self.limits.links:
                self.doubts[CUT_LINKS] = None
                return
            links.append(Link(href, said, "plain"))

    def _unlinked(self, text: str, before: int) -> None:
        """Keep the addresses in the text of HTML that no tag made a link of."""
        if "://" not in text and "www." not in text:
            return
        links = self.walker.links
        known = {word for link in links[before:] for word in (link.href, *link.text.split())}
        for href, said in urls(text):
            if len(links) >= self.limits.links:
                return
            if said not in known and href not in known:
                links.append(Link(href, said, "text"))

    def _decoded(self, node: Node, limit: int) -> str:
        """Return a text part decoded, at most `limit` characters of it."""
        if limit <= 0:
            self.doubts[CUT_SOURCE] = None
            return ""
        if node.end - node.body_start > limit:
            self.doubts[CUT_SOURCE] = None
        charset = parameter(node.params, b"charset").lower() if node.params else ""
        raw = decoded_bytes(self.raw, node, limit)[:limit]
        if charset and not raw.isascii() and not _is_known(charset):
            self.doubts[BAD_CHARSET] = None
        return clean(decode(raw, charset))


def _richest(alternative: Node) -> Node | None:
    """Return the alternative a reader is shown: the last that holds HTML, or else the last text."""
    best: Node | None = None
    has_html = False
    for child in alternative.nodes:
        kinds = _kinds(child)
        if kinds & _HTML:
            best, has_html = child, True
        elif not has_html and (child.maintype == b"text" or kinds):
            best = child if child.subtype != b"calendar" or best is None else best
    return best


def _kinds(node: Node) -> set[bytes]:
    """Return the subtypes of the texts within."""
    found: set[bytes] = set()
    stack = [node]
    while stack and len(found) < 20:
        each = stack.pop()
        if each.kind == LEAF:
            if each.maintype == b"text":
                found.add(each.subtype)
        elif each.kind == MULTIPART:
            stack.extend(each.nodes)
    return found


@lru_cache(256)
def _is_known(charset: str) -> bool:
    name = charset.strip(" \t\"'")
    if name in {"", "unknown-8bit", "x-unknown", "unknown", "default", "8bit", "7bit"}:
        return True
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return name in {
            "x-gbk",
            "x-sjis",
            "x-mac-roman",
            "tis-620",
            "iso-8859-8-i",
            "iso-8859-8-e",
            "windows-874",
        }
    return True
