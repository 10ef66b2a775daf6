"""The body of a message: plain, both, or HTML alone; any transfer encoding, any character set the language has.

Like the headers, nothing here knows the class: the same layouts, buttons, counting pictures and lines in small print.
"""

import base64
import html
import quopri
import random
from dataclasses import dataclass

CHARSETS = {
    "en": ("us-ascii", "utf-8", "iso-8859-1", "windows-1252"),
    "pl": ("iso-8859-2", "windows-1250"),
    "ru": ("windows-1251", "koi8-r"),
    "tr": ("iso-8859-9", "windows-1254"),
    "ja": ("iso-2022-jp", "shift_jis"),
    "zh": ("gb2312", "gb18030", "big5"),
    "ar": ("windows-1256", "iso-8859-6"),
    "ko": ("euc-kr", "ks_c_5601-1987"),
}
WESTERN = ("iso-8859-1", "iso-8859-15", "windows-1252")
COLOURS = ("#1a73e8", "#0a7d55", "#c0392b", "#222222", "#ff6f00", "#6a1b9a", "#005f99")
FONTS = (
    "Arial, sans-serif",
    "Helvetica, Arial, sans-serif",
    "Georgia, serif",
    "Calibri, sans-serif",
    "Verdana, sans-serif",
)


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, or, with an address, a link."""

    text: str
    link: str = ""
    small: bool = False


def charset_for(rng: random.Random, code: str, text: str) -> str:
    """A character set that people of that language use and that can say `text`."""
    if rng.random() < 0.65:
        return "utf-8"
    choice = rng.choice(CHARSETS.get(code, WESTERN))
    try:
        text.encode(choice)
    except UnicodeEncodeError:
        return "utf-8"
    return choice


def plain(lines: list[Line]) -> str:
    """The text part."""
    return "\r\n\r\n".join(f"{line.text}: {line.link}" if line.link else line.text for line in lines) + "\r\n"


def marked_up(rng: random.Random, lines: list[Line], code: str, home: str) -> str:
    """The HTML part, in one of five layouts."""
    colour, font = rng.choice(COLOURS), rng.choice(FONTS)
    layout = rng.choice((_letter, _table, _cards, _word, _bare))
    inner = layout(rng, lines, colour, font)
    direction = ' dir="rtl"' if code == "ar" else ""
    head = rng.choice(
        ('<meta name="viewport" content="width=device-width">', "<style>p{margin:0 0 12px}</style>", "")
    )
    picture = (
        f'<img src="https://{home}/o/{rng.getrandbits(64):x}.gif" width="1" height="1" alt="">'
        if rng.random() < 0.4
        else ""
    )
    if rng.random() < 0.25:
        inner = f'<div style="display:none;max-height:0;overflow:hidden">{html.escape(lines[0].text[:80])}</div>{inner}'
    if rng.random() < 0.3:
        inner = f'<img src="https://{home}/img/logo.png" width="140" alt=""><br>{inner}'
    return f'<html lang="{code}"{direction}><head>{head}</head>\r\n<body>{inner}{picture}</body></html>\r\n'


def _anchor(line: Line, style: str) -> str:
    return f'<a href="{html.escape(line.link)}" style="{style}">{html.escape(line.text)}</a>'


def _flow(lines: list[Line], style: str, tag: str = "p") -> str:
    out = []
    for line in lines:
        inner = _anchor(line, style) if line.link else html.escape(line.text)
        small = ' style="font-size:11px;color:#888888"' if line.small else ""
        out.append(f"<{tag}{small}>{inner}</{tag}>")
    return "\r\n".join(out)


def _letter(_rng: random.Random, lines: list[Line], colour: str, font: str) -> str:
    return f'<div style="font-family:{font};font-size:14px">{_flow(lines, f"color:{colour}")}</div>'


def _table(rng: random.Random, lines: list[Line], colour: str, font: str) -> str:
    button = f"background:{colour};color:#ffffff;padding:12px 24px;text-decoration:none;border-radius:4px;display:inline-block"
    width = rng.choice((560, 600, 640))
    return (
        f'<table width="100%" cellpadding="0" cellspacing="0"><tr><td align="center"><table width="{width}" '
        f'style="font-family:{font}"><tr><td style="padding:24px">{_flow(lines, button)}</td></tr></table></td></tr></table>'
    )


def _cards(_rng: random.Random, lines: list[Line], colour: str, font: str) -> str:
    button = f"border:1px solid {colour};color:{colour};padding:8px 16px"
    rows = "\r\n".join(
        f'<tr><td style="padding:8px 16px;font-family:{font}">{_flow([line], button, "div")}</td></tr>'
        for line in lines
    )
    return f'<center><table style="max-width:600px;border:1px solid #dddddd" bgcolor="#ffffff">{rows}</table></center>'


def _word(_rng: random.Random, lines: list[Line], colour: str, font: str) -> str:
    return f'<div class="WordSection1"><font face="{font.split(",", 1)[0]}">{_flow(lines, f"color:{colour}")}</font></div>'


def _bare(_rng: random.Random, lines: list[Line], _colour: str, _font: str) -> str:
    return "<br><br>\r\n".join(_anchor(line, "") if line.link else html.escape(line.text) for line in lines)


def part(rng: random.Random, text: str, kind: str, charset: str) -> tuple[list[str], bytes]:
    """One text part: its headers and its bytes as they travel."""
    raw = text.encode(charset, "replace")
    coding = rng.choice(("quoted-printable", "quoted-printable", "base64", "8bit"))
    if charset == "iso-2022-jp":
        coding = rng.choice(("7bit", "base64"))
    elif coding == "8bit" and (raw.isascii() or max(map(len, raw.split(b"\n"))) > 900):
        coding = "7bit" if max(map(len, raw.split(b"\n"))) < 900 else "quoted-printable"
    if coding == "base64":
        body = base64.encodebytes(raw).replace(b"\n", b"\r\n")
    elif coding == "quoted-printable":
        body = quopri.encodestring(raw.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    else:
        body = raw
    named = f'"{charset}"' if rng.random() < 0.4 else rng.choice((charset, charset.upper()))
    return [f"Content-Type: {kind}; charset={named}", f"Content-Transfer-Encoding: {coding}"], body


def attached(rng: random.Random, name: str) -> tuple[list[str], bytes]:
    """A file that comes along: a type for its name, and bytes of no meaning."""
    suffix = name.rsplit(".", 1)[-1].lower()
    kinds = {
        "pdf": ("application/pdf", b"%PDF-1.7\n"),
        "jpg": ("image/jpeg", b"\xff\xd8\xff\xe0"),
        "png": ("image/png", b"\x89PNG\r\n\x1a\n"),
        "zip": ("application/zip", b"PK\x03\x04"),
        "ics": ("text/calendar", b"BEGIN:VCALENDAR\r\n"),
        "html": ("text/html", b"<html><body>"),
        "htm": ("text/html", b"<html><body>"),
    }
    kind, start = kinds.get(
        suffix,
        ("application/octet-stream", b"PK\x03\x04" if suffix in {"docx", "xlsx", "docm", "xlsm"} else b""),
    )
    shown = name if name.isascii() else f"=?utf-8?B?{base64.b64encode(name.encode()).decode()}?="
    meat = rng.randbytes(rng.randint(200, 900))
    if kind.startswith("text/"):
        end = b"\r\nEND:VCALENDAR\r\n" if suffix == "ics" else b"</body></html>\r\n"
        meat = (b"UID:" if suffix == "ics" else b"") + meat[:16].hex().encode() + end
    body = base64.encodebytes(start + meat).replace(b"\n", b"\r\n")
    return [
        f'Content-Type: {kind}; name="{shown}"',
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{shown}"',
    ], body


def joined(parts: list[tuple[list[str], bytes]], boundary: str) -> bytes:
    """The body of a multipart."""
    out = b""
    for head, body in parts:
        out += b"--" + boundary.encode() + b"\r\n" + "\r\n".join(head).encode() + b"\r\n\r\n" + body
        out += b"" if body.endswith(b"\r\n") else b"\r\n"
    return out + b"--" + boundary.encode() + b"--\r\n"
