"""One row of a table read: what it asks for, or what is wrong with it, in words."""

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from apps.accounts import hashing, imported
from apps.organisations.errors import MAX_NAME, DirectoryError
from apps.organisations.sizes import read_size
from apps.protocols.addresses import Address, AddressError
from apps.protocols.tables import Record

from .columns import Field, Mapped, cells_of

MAX_TARGETS = 1000
# A whole address is far shorter; what is longer is told without being repeated.
_SHOWN = 120


class Kind(enum.StrEnum):
    """What a row makes: a user with a mailbox, a user alone, a mailbox that is nobody's, or an alias."""

    MAILBOX = "mailbox"
    USER = "user"
    SHARED = "shared"
    ALIAS = "alias"


_WORDS: Mapping[str, Kind] = {
    **dict.fromkeys(("mailbox", "postfach", "person", "account", "konto"), Kind.MAILBOX),
    **dict.fromkeys(("user", "login", "benutzer", "nutzer"), Kind.USER),
    **dict.fromkeys(
        ("shared", "shared mailbox", "gemeinsam", "geteilt", "gemeinsames postfach"), Kind.SHARED
    ),
    **dict.fromkeys(("alias", "forward", "weiterleitung", "verteiler"), Kind.ALIAS),
}


@dataclass(frozen=True, slots=True)
class Row:
    """What one row asks for; None is what it says nothing of."""

    line: int
    kind: Kind
    address: str
    """As it is looked up."""
    name: str | None = None
    password: str | None = None
    password_hash: str | None = None
    quota_bytes: int | None = None
    owner: str | None = None
    targets: tuple[str, ...] = ()
    language: str | None = None

    @property
    def domain(self) -> str:
        """The domain of its address."""
        return self.address.rpartition("@")[2]

    def __repr__(self) -> str:
        return f"Row({self.line}, {self.kind}, {self.address!r})"  # Without the password.


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, as a sentence."""

    line: int
    address: str
    """As it is written, shortened."""
    text: str


class _WrongError(Exception):
    """A fault on its way out."""


def read_rows(records: Sequence[Record], mapped: Mapped) -> list[Row | Fault]:
    """Read every row; an address that comes twice is a fault of the second row."""
    first: dict[str, int] = {}
    found: list[Row | Fault] = []
    for record in records:
        row = read_row(record, mapped)
        if isinstance(row, Row) and (line := first.setdefault(row.address, row.line)) != row.line:
            row = Fault(
                row.line, row.address, _("The same address is in line %(line)s already.") % {"line": line}
            )
        found.append(row)
    return found


def read_row(record: Record, mapped: Mapped) -> Row | Fault:
    """Read one row, without asking what there is."""
    cells = cells_of(record, mapped)
    written = cells.get(Field.ADDRESS, "")
    try:
        return _read(record.line, cells)
    except _WrongError as wrong:
        return Fault(record.line, printable(written), str(wrong))


def printable(text: str) -> str:
    """Return what somebody wrote, short and without what a terminal or a page would obey."""
    text = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _read(line: int, cells: Mapping[Field, str]) -> Row:
    def cell(field: Field) -> str:
        return cells.get(field, "").strip()

    for field, text in cells.items():
        # An alias may have a target a line.
        if not text.replace("\n", " ").replace("\r", " ").replace("\t", " ").isprintable():
            raise _WrongError(_("A cell holds characters that are never shown."))
        if field != Field.TARGETS and len(text.splitlines()) > 1:
            raise _WrongError(_("A cell holds more than one line."))
    targets = _targets(cell(Field.TARGETS))
    kind = _kind(cell(Field.KIND), targets)
    row = Row(
        line,
        kind,
        _address(cell(Field.ADDRESS)),
        name=_name(cell(Field.NAME)),
        password=cell(Field.PASSWORD) or None,
        password_hash=cell(Field.PASSWORD_HASH) or None,
        quota_bytes=_quota(cell(Field.QUOTA)),
        owner=_owner(cell(Field.OWNER)),
        targets=targets,
        language=_language(cell(Field.LANGUAGE)),
    )
    _fits(row)
    return row


def _kind(text: str, targets: tuple[str, ...]) -> Kind:
    if not text:
        return Kind.ALIAS if targets else Kind.MAILBOX
    kind = _WORDS.get(" ".join(text.casefold().split()))
    if kind is None:
        raise _WrongError(
            _("“%(text)s” is no kind: write mailbox, user, shared or alias.") % {"text": printable(text)}
        )
    return kind


def _address(text: str) -> str:
    if not text:
        raise _WrongError(_("The address is missing."))
    try:
        parsed = Address.parse(text)
    except AddressError:
        raise _WrongError(_("“%(text)s” is no address.") % {"text": printable(text)}) from None
    local = parsed.key.rpartition("@")[0]
    if str(Address(local, parsed.domain)).startswith('"'):
        raise _WrongError(_("We keep no addresses that need quotes."))
    if "+" in local:
        raise _WrongError(_("What follows a + is a tag and no part of an address."))
    return parsed.key


def _targets(text: str) -> tuple[str, ...]:
    parts = [part for part in re.split(r"[\s,;|]+", text) if part]
    if len(parts) > MAX_TARGETS:
        raise _WrongError(_("An alias points to %(count)s addresses at most.") % {"count": MAX_TARGETS})
    found: dict[str, str] = {}
    for part in parts:
        try:
            address = Address.parse(part)
        except AddressError:
            raise _WrongError(
                _("“%(text)s”, where it points to, is no address.") % {"text": printable(part)}
            ) from None
        found.setdefault(address.key, part)
    return tuple(found.values())


def _name(text: str) -> str | None:
    if len(text) > MAX_NAME:
        raise _WrongError(_("A name has %(count)s characters at most.") % {"count": MAX_NAME})
    return text or None


def _quota(text: str) -> int | None:
    if not text:
        return None
    try:
        size = read_size(text)
    except DirectoryError:
        raise _WrongError(
            _("“%(text)s” is no size: write 500 MB, 2 GB or none.") % {"text": printable(text)}
        ) from None
    if size >= 2**62:
        raise _WrongError(_("No mailbox is that large."))
    return size


def _owner(text: str) -> str | None:
    if not text:
        return None
    try:
        return Address.parse(text).key
    except AddressError:
        raise _WrongError(_("“%(text)s”, the owner, is no address.") % {"text": printable(text)}) from None


def _language(text: str) -> str | None:
    known = dict(settings.LANGUAGES)
    if not text or text.lower() in known:
        return text.lower() or None
    raise _WrongError(
        _("“%(text)s” is no language we speak: %(known)s.")
        % {"text": printable(text), "known": ", ".join(known)}
    )


def _fits(row: Row) -> None:
    """Refuse what the kind of a row has no use for, so that nothing written is silently dropped."""
    if row.kind == Kind.ALIAS and not row.targets:
        raise _WrongError(_("An alias must point somewhere."))
    if row.kind != Kind.ALIAS and row.targets:
        raise _WrongError(_("Only an alias points to other addresses."))
    makes_user = row.kind == Kind.USER or (row.kind == Kind.MAILBOX and row.owner in {None, row.address})
    if not makes_user and (row.password or row.password_hash):
        raise _WrongError(_("A password belongs to a row that makes a user."))
    if not makes_user and row.language:
        raise _WrongError(_("A language belongs to a row that makes a user."))
    if row.owner and row.kind != Kind.MAILBOX:
        raise _WrongError(_("Only a mailbox has an owner."))
    if row.quota_bytes is not None and row.kind not in {Kind.MAILBOX, Kind.SHARED}:
        raise _WrongError(_("Only a mailbox has room."))
    _check_password(row)


def _check_password(row: Row) -> None:
    if row.password and row.password_hash:
        raise _WrongError(_("Give a password or its hash, not both."))
    if row.password_hash and imported.recognise(row.password_hash) is None:
        raise _WrongError(_("The password hash is of no scheme we know."))
    if row.password is None:
        return
    if len(row.password) < settings.MAIL_PASSWORD_LENGTH:
        raise _WrongError(
            _("The password is too short: %(count)s characters at least.")
            % {"count": settings.MAIL_PASSWORD_LENGTH}
        )
    if len(row.password.encode("utf-8", "surrogatepass")) > hashing.MAX_PASSWORD_BYTES:
        raise _WrongError(_("The password is too long."))
    if row.password.casefold() in {row.address.casefold(), row.address.partition("@")[0].casefold()}:
        raise _WrongError(_("The password is the address it belongs to."))
