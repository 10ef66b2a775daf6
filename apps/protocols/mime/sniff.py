"""What bytes are by their first few, whatever their sender calls them."""

import re

ENOUGH = 64
"""So many bytes are looked at."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"BM", "image/bmp"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
    (b"#!", "text/x-script"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"{\\rtf", "application/rtf"),
)
_BMP = re.compile(rb"BM.{4}\0\0\0\0.\0\0\0", re.DOTALL)
_MARKUP = re.compile(rb"\s*<(?:!doctype|!--|html|head|body|script|svg|\?xml|[a-z]+[\s>])", re.IGNORECASE)

PICTURES = frozenset({"image/png", "image/gif", "image/jpeg", "image/webp", "image/avif", "image/bmp"})
"""What is shown as a picture. SVG is a document that may hold scripts, and is not among them."""


def sniff(head: bytes) -> str:
    """Return the media type the first bytes tell, or '' where they tell none."""
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in {b"avif", b"avis"}:
            return "image/avif"
        if brand in {b"heic", b"heix", b"mif1", b"msf1"}:
            return "image/heic"
        return "audio/mp4" if brand.startswith(b"M4A") else "video/mp4"
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return "" if media_type == "image/bmp" and not _BMP.match(head) else media_type
    if _MARKUP.match(head):
        return "text/html"
    return ""
