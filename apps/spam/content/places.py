"""Where an address on the web leads: scheme, host, whose domain that is, and what is odd about it."""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from apps.protocols.mailauth.dmarc.organizational import by_suffix_list

_NUMBERS = re.compile(r"(?:0x[0-9a-f]{1,8}|\d{1,10})(?:\.(?:0x[0-9a-f]{1,8}|\d{1,10})){0,3}")
_WEB = frozenset({"http", "https", "ftp"})
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,20}:", re.IGNORECASE)
_INNER = re.compile(r"(?:https?(?::|%3a)(?:/|%2f){2})([^/?#&%\s]{4,100})", re.IGNORECASE)
LONGEST_HOST = 253


@dataclass(frozen=True, slots=True)
class Place:
    """An address taken apart; fields are '' where there is nothing."""

    scheme: str
    host: str
    """In lower case; a name beyond ASCII as it is written."""
    domain: str
    """The registered domain of the host; of an IP address, the address."""
    path: str = ""
    """Path, query and fragment."""
    userinfo: str = ""
    port: str = ""
    is_address: bool = False
    is_local: bool = False
    """Whether it is an address of a network at home, or has no dot: nobody elsewhere can be sent there."""
    inner: str = ""
    """The host of an address that this one carries within."""

    @property
    def is_web(self) -> bool:
        """Whether a browser would fetch it."""
        return self.scheme in _WEB and self.host != ""


@lru_cache(4096)
def place_of(url: str) -> Place:
    """Take an address apart as a browser does; whatever it is, something comes back."""
    url = url.strip()
    if url.startswith("//"):
        url = "http:" + url
    elif url.startswith("\\\\"):
        return Place("file", "", "", url)
    if _SCHEME.match(url) is None:
        return Place("", "", "", url)
    scheme = url.partition(":")[0].lower()
    if scheme not in _WEB:
        return Place(scheme, "", "", url)
    # Browsers forgive backslashes, and slashes too many or too few.
    rest = url[len(scheme) + 1 :].replace("\\", "/").lstrip("/")
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "", parts.netloc.rpartition(":")[2] if parts.netloc.count(":") else ""
    except ValueError:
        return Place(scheme, "", "", rest)
    host = unquote(host).lower().strip(".").replace("\u3002", ".").replace("\uff0e", ".")[:LONGEST_HOST]
    userinfo = parts.netloc.rpartition("@")[0]
    path = rest[len(parts.netloc) :]
    numeric = _address(host)
    inner = _INNER.search(path)
    return Place(
        scheme,
        numeric or host,
        numeric or domain_of(host),
        path,
        userinfo,
        port if port.isdigit() else "",
        is_address=bool(numeric),
        is_local=not ipaddress.ip_address(numeric).is_global if numeric else "." not in host,
        inner=inner[1].lower().rpartition("@")[2].partition(":")[0] if inner else "",
    )


def _address(host: str) -> str:
    """Return the IP address a browser reads in a host, however it is written, or ''."""
    if host.startswith("[") or ":" in host:
        try:
            return str(ipaddress.IPv6Address(host.strip("[]")))
        except ValueError:
            return ""
    if not _NUMBERS.fullmatch(host):
        return ""
    try:
        numbers = [
            int(piece, 16)
            if piece[:2] == "0x"
            else int(piece, 8 if piece[0] == "0" and len(piece) > 1 else 10)
            for piece in host.split(".")
        ]
    except ValueError:
        return ""
    *first, last = numbers
    if any(number > 255 for number in first) or last >= 256 ** (5 - len(numbers)):
        return ""
    value = last + sum(number << 8 * (3 - place) for place, number in enumerate(first))
    return str(ipaddress.IPv4Address(value))


@lru_cache(4096)
def domain_of(host: str) -> str:
    """Return the registered domain of a host, as A-labels do not matter here: in lower case, as written."""
    host = host.lower().strip(".")[:LONGEST_HOST]
    return by_suffix_list(host) if "." in host else host


def unicode_host(host: str) -> str:
    """Return a host as a browser may show it: `xn--` labels decoded."""
    if "xn--" not in host:
        return host
    labels = []
    for label in host.split("."):
        if label.startswith("xn--"):
            try:
                label = label[4:].encode("ascii").decode("punycode")
            except (UnicodeError, ValueError):
                label = label[4:]
        labels.append(label)
    return ".".join(labels)
