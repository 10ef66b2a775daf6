"""What a person reads in a message: its text, decoded, and its first words."""

import binascii

from .charsets import clean, decode
from .headers import from_base64
from .html_text import html_to_text
from .parameters import parameter, parameters, token
from .parts import LEAF, MULTIPART
from .tree import Node

PREVIEW_LIMIT = 200
PREVIEW_SOURCE = 2000


def decoded_bytes(data: bytes, node: Node, limit: int) -> bytes:
    """Return about `limit` bytes of a leaf's body without its transfer encoding (RFC 2045 6)."""
    start, end = node.body_start, node.end
    match node.encoding:
        case b"base64":
            # 78 characters and their line end carry 57 bytes.
            raw = data[start : min(end, start + limit * 3 // 2)]
            try:
                return binascii.a2b_base64(raw)
            except binascii.Error:
                return from_base64(raw)
        case b"quoted-printable":
            return binascii.a2b_qp(data[start : min(end, start + limit * 3)])[:limit]
    return data[start : min(end, start + limit)]


def leaf_text(data: bytes, node: Node, limit: int) -> str:
    """Return the text of a text leaf."""
    charset = parameter(node.params, b"charset") if node.params else ""
    text = decode(decoded_bytes(data, node, limit), charset.lower())
    if node.subtype == b"html":
        text = html_to_text(text)
    elif "\r" in text:
        text = text.replace("\r\n", "\n")
    return clean(text)[:limit]


def message_text(data: bytes, root: Node, limit: int) -> str:
    """Return the text of all text parts; of alternatives, the plain one if it says anything."""
    out: list[str] = []
    left = limit
    stack = [root]
    while stack and left > 0:
        node = stack.pop()
        if node.kind == LEAF:
            if node.maintype == b"text" and node.body_start < node.end:
                text = leaf_text(data, node, left).strip()
                if text:
                    out.append(text)
                    left -= len(text) + 1
        elif node.kind == MULTIPART and node.subtype == b"alternative":
            best = _plainest(data, node)
            stack.extend([best] if best else reversed(node.nodes))
        else:
            stack.extend(reversed(node.nodes))
    return "\n".join(out)[:limit]


def _plainest(data: bytes, alternative: Node) -> Node | None:
    for child in alternative.nodes:
        if child.kind == LEAF and child.subtype == b"plain" and child.maintype == b"text":
            return child if leaf_text(data, child, 400).strip() else None
    return None


def preview(text: str) -> str:
    """Return the first words on one line."""
    return " ".join(text[:PREVIEW_SOURCE].split())[:PREVIEW_LIMIT]


_SIGNATURES = frozenset({b"pgp-signature", b"pkcs7-signature", b"x-pkcs7-signature", b"pgp-encrypted"})


def is_attachment(node: Node) -> bool:
    """Whether a leaf is something to save rather than to read with the message."""
    disposition = node.fields.get(b"content-disposition")
    kind = token(disposition) if disposition else b""
    if kind == b"attachment":
        return node.subtype not in _SIGNATURES
    if node.maintype == b"text" or node.subtype in _SIGNATURES:
        return False
    if disposition and (name := parameters(disposition)):
        named = any(key.startswith(b"filename") for key, _ in name)
    else:
        named = any(key.startswith(b"name") for key, _ in node.params)
    shown_inline = b"content-id" in node.fields and node.maintype == b"image"
    return (named or node.maintype == b"application") and not shown_inline


def has_attachment(root: Node) -> bool:
    """Whether a message carries a file or another message."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.kind == LEAF:
            if is_attachment(node):
                return True
        elif node.kind == MULTIPART:
            if node.subtype != b"report":
                stack.extend(node.nodes)
        else:
            return True
    return False
