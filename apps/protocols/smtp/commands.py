"""The arguments of EHLO, MAIL and RCPT, parsed (RFC 5321 4.1.1, 1870, 6152, 6531, 3461, 4954, 8689)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apps.protocols.addresses import Address, AddressError

from . import replies
from .replies import Reply

# A name goes into our Received header as it was given, so it must be an atom or a literal there, too.
_HELLO = re.compile(r"[!#-'*+\-./0-9:=?A-Z\[\]^_`a-z{|}~]{1,255}")
_PATH = re.compile(
    r'<(?:@[^<>:"\s]+:)?(?P<address>(?:"(?:[^"\\]|\\.)*"@)?[^<>"\s]*)>(?P<parameters>(?: .*)?)', re.DOTALL
)
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u0080-\U0010ffff]+))?")
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_NOTIFY = frozenset({"SUCCESS", "FAILURE", "DELAY"})


class CommandError(ValueError):
    """A command that cannot be obeyed; `reply` is what its sender is told."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Extensions:
    """What a connection was offered, and may therefore use."""

    esmtp: bool = True
    auth: bool = False
    dsn: bool = False
    requiretls: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """MAIL FROM; no sender is the null sender."""

    sender: Address | None
    size: int | None = None
    eight_bit: bool = False
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""
    requiretls: bool = False


@dataclass(frozen=True, slots=True)
class Rcpt:
    """RCPT TO."""

    recipient: Address
    notify: str = ""
    orcpt: str = ""


def parse_hello(argument: bytes) -> str:
    """Read the argument of EHLO or HELO. What is no host name is forgiven, for many are not."""
    name = argument.decode("ascii", "replace").strip()
    if not _HELLO.fullmatch(name):
        raise CommandError(replies.BAD_HELLO)
    return name


def parse_mail(argument: bytes, offered: Extensions) -> Mail:
    """Read `FROM:<path> parameters`."""
    text = _decode(argument)
    path, parameters = _split(text, "FROM:", replies.BAD_SENDER_SYNTAX)
    size, eight_bit, smtputf8, requiretls, ret, envid = None, False, False, False, "", ""
    for name, value in _parameters(parameters, offered):
        match name:
            case "SIZE" if value.isascii() and value.isdigit() and len(value) <= 20:
                size = int(value)
            case "BODY" if value.upper() in {"7BIT", "8BITMIME"}:
                eight_bit = value.upper() == "8BITMIME"
            case "BODY":
                raise CommandError(replies.BAD_BODY)
            case "SMTPUTF8" if not value:
                smtputf8 = True
            case "REQUIRETLS" if offered.requiretls and not value:
                requiretls = True
            case "AUTH" if offered.auth and value and _XTEXT.fullmatch(value):
                pass  # RFC 4954 5: we trust no one's word about who else sent it.
            case "RET" if offered.dsn and value.upper() in {"FULL", "HDRS"}:
                ret = value.upper()
            case "ENVID" if offered.dsn and 0 < len(value) <= 100 and _XTEXT.fullmatch(value):
                envid = value
            case _:
                known = {"SIZE", "SMTPUTF8"} | ({"REQUIRETLS"} if offered.requiretls else set())
                raise CommandError(_complain(name, known, {"AUTH"}, {"RET", "ENVID"}, offered))
    if not path:
        return Mail(None, size, eight_bit, smtputf8, ret, envid, requiretls)
    sender = _address(path, replies.BAD_SENDER_SYNTAX)
    if not smtputf8 and not path.isascii():
        raise CommandError(replies.NEEDS_SMTPUTF8)
    return Mail(sender, size, eight_bit, smtputf8, ret, envid, requiretls)


def parse_rcpt(argument: bytes, offered: Extensions, *, smtputf8: bool, hostname: str) -> Rcpt:
    """Read `TO:<path> parameters`; `<postmaster>` alone is ours at `hostname` (RFC 5321 4.5.1)."""
    text = _decode(argument)
    path, parameters = _split(text, "TO:", replies.BAD_RECIPIENT_SYNTAX)
    if path.lower() == "postmaster":
        path = f"{path}@{hostname}"
    recipient = _address(path, replies.BAD_RECIPIENT_SYNTAX)
    if not smtputf8 and not path.isascii():
        raise CommandError(replies.NEEDS_SMTPUTF8)
    notify, orcpt = "", ""
    for name, value in _parameters(parameters, offered):
        match name:
            case "NOTIFY" if offered.dsn and _is_notify(value.upper()):
                notify = value.upper()
            case "ORCPT" if offered.dsn and _is_orcpt(value, smtputf8=smtputf8):
                orcpt = value
            case _:
                raise CommandError(_complain(name, set(), set(), {"NOTIFY", "ORCPT"}, offered))
    return Rcpt(recipient, notify, orcpt)


def _decode(argument: bytes) -> str:
    try:
        return argument.decode()
    except UnicodeDecodeError:
        raise CommandError(replies.BAD_CHARACTERS) from None


def _split(text: str, keyword: str, complaint: Reply) -> tuple[str, str]:
    # A space after the colon is wrong, common and harmless.
    if text[: len(keyword)].upper() != keyword:
        raise CommandError(complaint)
    found = _PATH.fullmatch(text[len(keyword) :].strip(" "))
    if not found:
        raise CommandError(complaint)
    return found["address"], found["parameters"]


def _address(path: str, complaint: Reply) -> Address:
    try:
        return Address.parse(path, forgiving=True)
    except AddressError:
        raise CommandError(complaint) from None


def _parameters(text: str, offered: Extensions) -> Iterator[tuple[str, str]]:
    if text.strip() and not offered.esmtp:
        raise CommandError(replies.UNKNOWN_PARAMETER)
    seen: set[str] = set()
    for word in text.split():
        found = _PARAMETER.fullmatch(word)
        if not found or found[1].upper() in seen:
            raise CommandError(replies.BAD_SYNTAX)
        seen.add(found[1].upper())
        yield found[1].upper(), found[2] or ""


def _complain(name: str, known: set[str], auth: set[str], dsn: set[str], offered: Extensions) -> Reply:
    known = known | (auth if offered.auth else set()) | (dsn if offered.dsn else set())
    return replies.BAD_SYNTAX if name in known else replies.UNKNOWN_PARAMETER


def _is_notify(value: str) -> bool:
    words = value.split(",")
    return value == "NEVER" or (len(words) == len(set(words)) and set(words) <= _NOTIFY)


def _is_orcpt(value: str, *, smtputf8: bool) -> bool:
    kind, semicolon, address = value.partition(";")
    text: Callable[[str], object] = str.isprintable if smtputf8 else _XTEXT.fullmatch
    return bool(semicolon and kind.isascii() and kind and address and len(value) <= 500 and text(address))
