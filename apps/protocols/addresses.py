"""Mail addresses and domain names: parsed once at the door, normalised, comparable (RFC 5321 4.1.2, 6531)."""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass

MAX_LOCAL_BYTES = 64
MAX_DOMAIN_BYTES = 255
MAX_ADDRESS_BYTES = 254

# RFC 5321 knows letters, digits and hyphens alone; underscores are common in the names of real senders.
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_DOT_STRING = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*")
_ATEXT_AND_DOTS = re.compile(_ATEXT.replace("[", "[.", 1))
_QUOTED_STRING = re.compile(r'"((?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*)"')
_QUOTED_PAIR = re.compile(r"\\(.)")
_NEVER = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})


class AddressError(ValueError):
    """Text that is not an address or a domain name; its message is for our log."""


@dataclass(frozen=True, slots=True)
class DomainName:
    """The name of a domain, as A-labels in lower case."""

    name: str

    def __str__(self) -> str:
        return self.name

    @classmethod
    def parse(cls, text: str) -> "DomainName":
        """Read a domain name, in Unicode or not; one final dot is forgiven."""
        name = text.removesuffix(".")
        name = name.lower() if name.isascii() else _to_a_labels(name)
        if not name or len(name) > MAX_DOMAIN_BYTES - 2:
            raise AddressError("a domain name has 1 to 253 characters")
        labels = name.split(".")
        if not all(map(_LABEL.fullmatch, labels)):
            raise AddressError("a label of the domain name is malformed")
        if labels[-1].isdigit():
            raise AddressError("the last label of a domain name is not a number")
        return cls(name)


@dataclass(frozen=True, slots=True)
class Address:
    """`local@domain`: the local part as it means (quotes undone), the domain as A-labels in lower case.

    Two addresses with the same `key` lead to the same place.
    """

    local: str
    domain: str

    def __str__(self) -> str:
        if _DOT_STRING.fullmatch(self.local):
            return f"{self.local}@{self.domain}"
        quoted = self.local.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"@{self.domain}'

    @property
    def key(self) -> str:
        """The address in lower case, as it is looked up."""
        return unicodedata.normalize("NFC", f"{self.local.lower()}@{self.domain}")

    @property
    def is_ascii(self) -> bool:
        """Whether it can travel without SMTPUTF8."""
        return self.local.isascii()

    @classmethod
    def parse(cls, text: str, *, forgiving: bool = False) -> "Address":
        """Read `local@domain`, with a quoted local part and an address literal where there is one.

        `forgiving` is for addresses of others, as an envelope names them: dots may stand anywhere in the local part,
        and it may be long. Both are wrong, and both are in use: by providers who gave such addresses away, and by
        lists and forwarders that put a whole address into the local part (RFC 5321 4.5.3.1 asks for no limits).
        """
        if text.startswith('"'):
            quoted = _QUOTED_STRING.match(text)
            if not quoted or text[quoted.end() : quoted.end() + 1] != "@":
                raise AddressError("the quoted local part does not end before an @")
            local, domain = _QUOTED_PAIR.sub(r"\1", quoted[1]), text[quoted.end() + 1 :]
        else:
            local, at, domain = text.rpartition("@")
            if not at or not (_ATEXT_AND_DOTS if forgiving else _DOT_STRING).fullmatch(local):
                raise AddressError("an address looks like local@domain")
        if not local or (not forgiving and len(_bytes(local)) > MAX_LOCAL_BYTES):
            raise AddressError(f"a local part has 1 to {MAX_LOCAL_BYTES} bytes")
        if not local.isascii() and any(unicodedata.category(char) in _NEVER for char in local):
            raise AddressError("the local part holds a character that is never text")
        domain = _parse_literal(domain) if domain.startswith("[") else _parse_domain(domain)
        address = cls(local, domain)
        if len(_bytes(str(address))) > MAX_ADDRESS_BYTES:
            raise AddressError(f"an address has at most {MAX_ADDRESS_BYTES} bytes")
        return address


def _parse_domain(text: str) -> str:
    if text.endswith("."):
        raise AddressError("the domain of an address has no final dot")
    return DomainName.parse(text).name


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise AddressError("not Unicode text") from None


def _to_a_labels(name: str) -> str:
    # Imported here: its tables cost 2 MB, and most processes never meet such a name. Python's own codec
    # follows IDNA 2003, which sends mail for straße.example to strasse.example.
    import idna

    if len(name) > MAX_DOMAIN_BYTES:
        raise AddressError("a domain name has 1 to 253 characters")
    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise AddressError("the domain name is not one under IDNA 2008") from None


def _parse_literal(text: str) -> str:
    """Normalise an address literal (RFC 5321 4.1.3): [192.0.2.1] or [IPv6:2001:db8::1]."""
    inner = text[1:-1]
    if not text.endswith("]") or not inner.isascii():
        raise AddressError("an address literal ends with ]")
    try:
        if inner[:5].lower() == "ipv6:":
            if "%" in inner:
                raise AddressError("an address literal has no zone")
            return f"[IPv6:{ipaddress.IPv6Address(inner[5:])}]"
        return f"[{ipaddress.IPv4Address(inner)}]"
    except ipaddress.AddressValueError:
        raise AddressError("the address literal holds no address") from None
