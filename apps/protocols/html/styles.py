"""CSS of a mail: what may stay of an element's `style`, and the rules of `<style>` that may be inlined.

Names and values are allowed, never forbidden: no url(), no var(), no escapes, nothing that moves an element out
of its place or over another.
"""

import re
from dataclasses import dataclass

_PROPERTIES_WORDS = """
    background background-color border border-bottom border-bottom-color border-bottom-left-radius
    border-bottom-right-radius border-bottom-style border-bottom-width border-collapse border-color border-left
    border-left-color border-left-style border-left-width border-radius border-right border-right-color
    border-right-style border-right-width border-spacing border-style border-top border-top-color
    border-top-left-radius border-top-right-radius border-top-style border-top-width border-width box-sizing
    caption-side clear color direction display empty-cells float font font-family font-size font-stretch font-style
    font-variant font-weight height letter-spacing line-height list-style-position list-style-type margin
    margin-bottom margin-left margin-right margin-top max-height max-width min-height min-width opacity overflow
    overflow-wrap padding padding-bottom padding-left padding-right padding-top table-layout text-align
    text-decoration text-decoration-color text-decoration-line text-decoration-style text-indent text-overflow
    text-transform unicode-bidi vertical-align visibility white-space width word-break word-spacing word-wrap
    """
PROPERTIES = frozenset(_PROPERTIES_WORDS.split())
LONGEST_STYLE = 8 * 1024
LONGEST_VALUE = 300
LONGEST_SHEET = 512 * 1024
MOST_RULES = 3000

_NUMBER = r"[+-]?(?:\d{1,5}(?:\.\d{1,8})?|\.\d{1,8})(?:%|[a-z]{1,4})?"
_COLOUR = r"(?:rgb|rgba|hsl|hsla)\(\s*[\d.]{1,12}[\d.,%/\sdeg]{0,60}\)"
_VALUE = re.compile(
    rf"(?:(?:{_COLOUR}|{_NUMBER}|#[0-9a-f]{{3,8}}|-?[a-z][a-z0-9-]{{0,40}}|'[\w .-]{{0,60}}'|\"[\w .-]{{0,60}}\"|[,/])(?:\s+|(?=[,/'\"])|(?<=[,/'\")])|\Z))+",
    re.IGNORECASE | re.ASCII,
)
_IMPORTANT = re.compile(r"\s*!\s*important\s*\Z", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_SPACES = re.compile(r"\s+")
_SELECTOR = re.compile(r"[a-z0-9_.#*\s>-]{1,200}", re.IGNORECASE | re.ASCII)
_LONG_SELECTOR = 6
_AT = re.compile(r"\s*@([a-z-]{1,30})([^{};]{0,500})([{;])", re.IGNORECASE)
_RULE = re.compile(r"([^{}]{0,4000})\{([^{}]{0,8000})\}")
_DARK = re.compile(r"prefers-color-scheme\s*:\s*dark", re.IGNORECASE)
_SCREEN = re.compile(r"\s*(?:all|screen|only\s+screen)?\s*\Z", re.IGNORECASE)


def safe_style(value: str) -> str:
    """Return the declarations that may stay, in one form: cleaning that again changes nothing."""
    if len(value) > LONGEST_STYLE or "\\" in value:
        return ""
    if "/*" in value:
        value = _COMMENT.sub(" ", value)
    kept = []
    for declaration in value.split(";"):
        name, colon, given = declaration.partition(":")
        name = name.strip().lower()
        if not colon or name not in PROPERTIES or len(given) > LONGEST_VALUE:
            continue
        given = _SPACES.sub(" ", _IMPORTANT.sub("", given)).strip().replace('"', "'")
        if not given or not _VALUE.fullmatch(given):
            continue
        if name == "display" and given.lower() in {"contents", "run-in"}:
            continue
        kept.append(f"{name}:{given}")
    return ";".join(kept)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rules written anew from what was understood: plain selectors, safe declarations."""

    css: str
    rules: int
    color_scheme: str


_SCHEME = re.compile(r"(?<![-\w])(?:supported-)?color-schemes?\s*:\s*([a-z ]{1,40})", re.IGNORECASE)


def scheme_of(words: str) -> str:
    """Return 'light', 'dark', 'light dark' or '' for the words of a color-scheme."""
    said = words.lower().split()
    return " ".join(word for word in ("light", "dark") if word in said)


def read_sheet(source: str, *, dark: bool = False) -> Sheet:
    """Read the text of `<style>` elements; with `dark`, what is meant for dark windows counts, too."""
    source = _COMMENT.sub(" ", source[:LONGEST_SHEET]).replace("<!--", " ").replace("-->", " ")
    found = _SCHEME.search(source)
    out: list[str] = []
    later: list[str] = []
    _read_rules(source, out, later, dark=dark)
    kept = (out + later)[:MOST_RULES]
    return Sheet("\n".join(kept), len(kept), scheme_of(found[1]) if found else "")


def _read_rules(source: str, out: list[str], later: list[str], *, dark: bool) -> None:
    at, end = 0, len(source)
    while at < end and len(out) + len(later) < MOST_RULES:
        rule = _AT.match(source, at)
        if rule is not None:
            at = rule.end()
            if rule[3] == "{":
                start, at = at, _block_end(source, at)
                if rule[1].lower() == "media":
                    if _SCREEN.match(rule[2]):
                        _plain_rules(source[start : at - 1], out)
                    elif dark and _DARK.search(rule[2]):
                        _plain_rules(source[start : at - 1], later)
            continue
        match = _RULE.match(source, at)
        if match is None:  # A brace too many, or something too long: go on after it.
            brace = source.find("}", at)
            if brace < 0:
                return
            at = brace + 1
            continue
        at = match.end()
        _keep(match[1], match[2], out)


def _plain_rules(source: str, out: list[str]) -> None:
    at = 0
    while at < len(source) and len(out) < MOST_RULES:
        match = _RULE.match(source, at)
        if match is None:
            return
        at = match.end()
        _keep(match[1], match[2], out)


def _block_end(source: str, at: int) -> int:
    """Return where the block that is open ends, past its brace."""
    depth = 1
    while depth:
        close = source.find("}", at)
        if close < 0:
            return len(source) + 1
        depth += source.count("{", at, close) - 1
        at = close + 1
    return at


def _keep(selectors: str, declarations: str, out: list[str]) -> None:
    style = safe_style(declarations)
    if not style:
        return
    for selector in selectors.split(",")[:50]:
        text = selector.strip()
        if text and _SELECTOR.fullmatch(text) and len(text.split()) <= _LONG_SELECTOR:
            out.append(f"{text}{{{style}}}")
