"""What CSS says about whether a reader sees a text: hidden, tiny, transparent, of its background's colour, elsewhere."""

import re
from dataclasses import dataclass
from functools import lru_cache

type Colour = tuple[int, int, int]

LONGEST = 4000
REMEMBERED = 2048
NEAR = 48
"""How much two colours differ, all channels together, that a reader does not tell apart."""
FAINT = 120
"""How much those differ that a reader hardly tells apart."""
TINY = 1.5
"""Text of so many pixels is a line of dust."""
FAR = 500.0
NORMAL_SIZE = 16.0

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
_NAMED: dict[str, Colour] = {
    "white": WHITE, "black": BLACK, "snow": (255, 250, 250), "ivory": (255, 255, 240), "red": (255, 0, 0),
    "green": (0, 128, 0), "blue": (0, 0, 255), "yellow": (255, 255, 0), "orange": (255, 165, 0),
    "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192), "navy": (0, 0, 128),
    "lime": (0, 255, 0), "aqua": (0, 255, 255), "cyan": (0, 255, 255), "purple": (128, 0, 128),
    "fuchsia": (255, 0, 255), "magenta": (255, 0, 255), "maroon": (128, 0, 0), "olive": (128, 128, 0),
    "teal": (0, 128, 128), "whitesmoke": (245, 245, 245), "ghostwhite": (248, 248, 255),
    "lightgrey": (211, 211, 211), "lightgray": (211, 211, 211), "darkgray": (169, 169, 169),
    "darkgrey": (169, 169, 169), "pink": (255, 192, 203), "brown": (165, 42, 42), "gold": (255, 215, 0),
    "darkblue": (0, 0, 139), "darkred": (139, 0, 0), "darkgreen": (0, 100, 0), "beige": (245, 245, 220),
}  # fmt: skip
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+([\d.]{1,8})(%?))?\s*\)")
_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\([^)]{1,60}\)|\b[a-z]{3,20}\b")
_LENGTH = re.compile(
    r"([+-]?(?:\d{1,6}(?:\.\d{0,6})?|\.\d{1,6}))\s*(px|pt|em|rem|ex|ch|%|vw|vh|in|cm|mm|pc)?(?![\w.])"
)
_PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "rem": 16.0, "ex": 8.0, "ch": 8.0, "vw": 8.0, "vh": 8.0, "in": 96.0,
           "cm": 37.8, "mm": 3.78, "pc": 16.0}  # fmt: skip
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})[ \t\n\f\r]?|\\(.)", re.DOTALL)
_CLIPPED = re.compile(r"rect\(\s*(?:0|1px|auto)[^)]*\)|inset\(\s*(?:50|100)%")
TELLING = re.compile(
    r"display|visibility|font|opacity|color|background|height|width|indent|left|top|margin|clip|transform",
    re.IGNORECASE,
)
TRANSPARENT = "transparent"


@dataclass(frozen=True, slots=True)
class Style:
    """What an element says about being seen; None where it says nothing."""

    gone: str | None = None
    """What takes it away with all that is in it: display, opacity, box, offscreen; '' where it is said to be shown."""
    visible: bool | None = None
    size: float | None = None
    """Pixels, or a share of what it is in where `is_relative`."""
    is_relative: bool = False
    colour: Colour | str | None = None
    """TRANSPARENT, or a colour."""
    background: Colour | str | None = None
    """A colour, or '' for something nobody can tell: a picture, a gradient."""


NOTHING = Style()


@lru_cache(REMEMBERED)
def declared(text: str) -> Style:
    """Read the declarations of a `style` attribute."""
    text = text[:LONGEST].lower()
    if "/*" in text:
        text = _COMMENT.sub("", text)
    if "\\" in text:
        text = _ESCAPE.sub(_unescaped, text)
    said: dict[str, str] = {}
    for declaration in text.split(";"):
        name, _, value = declaration.partition(":")
        name = name.strip()
        if name in _KNOWN and (value := value.replace("!important", "").strip()):
            said[name] = value
    return _style(said) if said else NOTHING


_KNOWN_WORDS = (
    "display visibility font font-size opacity color background background-color background-image height max-height"
    " width max-width overflow overflow-y overflow-x text-indent left top right margin-left margin-top position clip"
    " clip-path"
)
_KNOWN = frozenset(_KNOWN_WORDS.split())


def _style(said: dict[str, str]) -> Style:
    visibility = said.get("visibility")
    size = _size(said.get("font-size") or _of_font(said.get("font", "")))
    return Style(
        _gone(said),
        None if visibility is None else visibility not in {"hidden", "collapse"},
        size[0] if size else None,
        bool(size and size[1]),
        _colour_of(said.get("color")),
        _background_of(said),
    )


def _gone(said: dict[str, str]) -> str | None:
    if (display := said.get("display")) == "none":
        return "display"
    if (
        "opacity" in said
        and (found := _LENGTH.match(said["opacity"]))
        and float(found[1]) <= (5.0 if found[2] else 0.05)
    ):
        return "opacity"
    if any(
        "hidden" in said.get(name, "") or "clip" in said.get(name, "")
        for name in ("overflow", "overflow-x", "overflow-y")
    ):
        for name in ("height", "max-height", "width", "max-width"):
            if (pixels := _pixels(said.get(name))) is not None and pixels <= 1:
                return "box"
    if any(
        (pixels := _pixels(said.get(name))) is not None and pixels <= -FAR
        for name in ("text-indent", "margin-left", "margin-top")
    ):
        return "offscreen"
    if said.get("position") in {"absolute", "fixed", "relative"}:
        if any(
            (pixels := _pixels(said.get(name))) is not None and pixels <= -FAR
            for name in ("left", "top", "right")
        ):
            return "offscreen"
        if _CLIPPED.match(said.get("clip", said.get("clip-path", ""))):
            return "box"
    return None if display is None else ""


def _pixels(value: str | None) -> float | None:
    if value is None or (found := _LENGTH.match(value)) is None:
        return None
    unit = found[2] or ""
    return float(found[1]) * (NORMAL_SIZE if unit == "em" else 1.0 if unit == "%" else _PIXELS[unit])


def _of_font(value: str) -> str:
    """Return the size in `font: bold 12px/1.5 serif`."""
    found = re.search(r"(?<![\w.#-])\d{1,4}(?:\.\d{1,4})?(?:px|pt|em|rem|%)|(?<![\w.#-])0(?=[\s/])", value)
    return found[0] if found else ""


def _size(value: str) -> tuple[float, bool] | None:
    if not value or (found := _LENGTH.match(value)) is None:
        return None
    number, unit = float(found[1]), found[2] or ""
    if unit in {"em", "%"}:
        return (number / 100 if unit == "%" else number), True
    return number * _PIXELS[unit], False


def colour_of(value: str) -> Colour | None:
    """Read the value of a `color` or `bgcolor` attribute."""
    value = value.strip().lower()
    if value and value[0] != "#" and len(value) in {3, 6} and not value.strip("0123456789abcdef"):
        value = "#" + value
    found = _colour_of(value)
    return found if isinstance(found, tuple) else None


def _colour_of(value: str | None) -> Colour | str | None:
    if not value:
        return None
    if value[0] == "#":
        digits = value[1:]
        try:
            if len(digits) in {3, 4}:
                red, green, blue = (int(digit * 2, 16) for digit in digits[:3])
                return TRANSPARENT if digits[3:] == "0" else (red, green, blue)
            if len(digits) in {6, 8}:
                number = int(digits[:6], 16)
                return TRANSPARENT if digits[6:] == "00" else (number >> 16, number >> 8 & 255, number & 255)
        except ValueError:
            pass
        return None
    if value.startswith("rgb") and (found := _RGB.match(value)):
        if found[4] and float(found[4].strip(".") or 0) <= (5.0 if found[5] else 0.05):
            return TRANSPARENT
        return min(int(found[1]), 255), min(int(found[2]), 255), min(int(found[3]), 255)
    return TRANSPARENT if value == TRANSPARENT else _NAMED.get(value)


def _background_of(said: dict[str, str]) -> Colour | str | None:
    value = said.get("background-color") or said.get("background")
    picture = said.get("background-image") or said.get("background") or ""
    if "url(" in picture or "gradient(" in picture:
        return ""
    if value is None or value in {"none", "transparent", "inherit", "initial", "unset"}:
        return None
    for word in _COLOUR.findall(value):
        found = _colour_of(word)
        if isinstance(found, tuple):
            return found
        if found == TRANSPARENT:
            return None
    return ""


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        number = int(match[1], 16)
        return chr(number) if 0 < number < 0xD800 else "\ufffd"
    return match[2]


def difference(one: Colour, other: Colour) -> int:
    """Return how much two colours differ, all channels together."""
    return abs(one[0] - other[0]) + abs(one[1] - other[1]) + abs(one[2] - other[2])
