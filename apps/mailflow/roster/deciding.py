"""What a row would do: make something, change it, nothing, or be refused, and why. Nothing is done here.

Every row is asked of `may`. Of what its reader is not shown nothing is told: a domain of others is told like one that
nobody serves.
"""

import enum
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.permissions import Noun, Subject, Target, Verb, may
from apps.domains.models import Domain
from apps.mailboxes.models import Mailbox
from apps.organisations.sizes import show_size
from apps.protocols.addresses import Address

from .directory import Directory, grants
from .rows import Fault, Kind, Row


class Outcome(enum.StrEnum):
    """What becomes of a row."""

    MADE = "made"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Options:
    """How a table is taken over."""

    update: bool = False
    """What is there already is changed where the table says otherwise; else it is left as it is."""
    make_passwords: bool = True
    """A new user without a password in the table gets one that is made here."""
    language: str = "en"
    """Of new users, where the table does not say."""


DEFAULTS = Options()


@dataclass(frozen=True, slots=True)
class Step:
    """What a row would do, in words; `makes_user` and `changes` tell who does it what is meant."""

    row: Row | None
    line: int
    address: str
    outcome: Outcome
    text: str
    makes_user: bool = False
    changes: frozenset[str] = frozenset()


class _RefusedError(Exception):
    """A refusal on its way out."""


def decide(row: Row | Fault, there: Directory, who: Subject, options: Options) -> Step:
    """Say what a row would do, with what there is and for who asks."""
    if isinstance(row, Fault):
        return Step(None, row.line, row.address, Outcome.REFUSED, row.text)
    try:
        place = _place(row, there, who)
        match row.kind:
            case Kind.USER:
                return _user(row, there, who, options, place)
            case Kind.ALIAS:
                return _alias(row, there, who, options)
            case Kind.MAILBOX | Kind.SHARED:
                return _mailbox(row, there, who, options, place)
    except _RefusedError as refused:
        return Step(row, row.line, row.address, Outcome.REFUSED, str(refused))


def _place(row: Row, there: Directory, who: Subject) -> Domain:
    noun = {Kind.USER: Noun.USER, Kind.ALIAS: Noun.ALIAS}.get(row.kind, Noun.MAILBOX)
    domain = there.domains.get(row.domain)
    if domain is None or not may(who, Verb.CREATE, Target(noun, domain.organisation_id, domain.id)):
        raise _RefusedError(_("%(name)s is not a domain where you may do this.") % {"name": row.domain})
    return domain


def _user(row: Row, there: Directory, who: Subject, options: Options, place: Domain) -> Step:
    found = there.users.get(row.address)
    if found is not None:
        return _there(row, options, _changes_of_user(row, found, who, options))
    _check_password(row, who, options, place)
    there.coming[row.address] = place.organisation_id
    return _made(row, _("User"), options, makes_user=True)


def _mailbox(row: Row, there: Directory, who: Subject, options: Options, place: Domain) -> Step:
    if row.address in there.aliases:
        raise _RefusedError(_("There is an alias of this address already."))
    found = there.mailboxes.get(row.address)
    if found is not None:
        return _mailbox_there(row, found, there, who, options)
    makes_user, what = False, _("Shared mailbox")
    if row.kind == Kind.MAILBOX:
        makes_user, what = _owner(row, there, who, place)
    if row.quota_bytes is not None:
        _check_room(row, who, place, Target(Noun.MAILBOX, place.organisation_id, place.id))
        what = _("%(what)s, %(size)s") % {"what": what, "size": show_size(row.quota_bytes)}
    if makes_user:
        _check_password(row, who, options, place)
        there.coming[row.address] = place.organisation_id
    return _made(row, what, options, makes_user=makes_user)


def _owner(row: Row, there: Directory, who: Subject, place: Domain) -> tuple[bool, str]:
    """Say whether the owner is made, too, and what the row makes."""
    address = row.owner or row.address
    owner = there.users.get(address)
    if owner is None and address == row.address:
        if not may(who, Verb.CREATE, Target(Noun.USER, place.organisation_id, place.id)):
            raise _RefusedError(_("You may not add users here."))
        return True, _("User and mailbox")
    if owner is None:
        organisation_id = there.coming.get(address)
    else:
        seen = Target(Noun.USER, owner.organisation_id, owner.domain_id, owner.id, grants=grants(owner))
        organisation_id = owner.organisation_id if may(who, Verb.VIEW, seen) else None
    if organisation_id is None:
        raise _RefusedError(_("There is no user %(address)s.") % {"address": address})
    if organisation_id != place.organisation_id:
        raise _RefusedError(
            _("%(address)s is of another organisation than the mailbox.") % {"address": address}
        )
    if owner is not None:
        target = Target(Noun.MAILBOX, place.organisation_id, place.id, owner.id, grants=grants(owner))
        if not may(who, Verb.CREATE, target):
            raise _RefusedError(_("%(address)s has a role you may not act upon.") % {"address": address})
    words = _("Mailbox of %(address)s")
    if row.password or row.password_hash:
        words = _("Mailbox of %(address)s, whose password is not touched")
    return False, words % {"address": address}


def _mailbox_there(row: Row, found: Mailbox, there: Directory, who: Subject, options: Options) -> Step:
    if found.removing_since is not None:
        raise _RefusedError(_("The mailbox of this address is being deleted. Try again in a while."))
    owner = found.owner
    if row.kind == Kind.SHARED and found.owner:
        raise _RefusedError(_("There is a mailbox of this address already, and it has an owner."))
    if row.kind == Kind.MAILBOX and (row.owner or not found.owner):
        if found.owner is None:
            raise _RefusedError(_("There is a shared mailbox of this address already."))
        if found.owner.address != row.owner:
            raise _RefusedError(_("There is a mailbox of this address already, of another owner."))
    changes: frozenset[str] = frozenset()
    if owner is not None and owner.address == row.address:
        changes |= _changes_of_user(row, owner, who, options)
    if row.quota_bytes is not None and row.quota_bytes != found.quota_bytes:
        if options.update:
            held_by = grants(owner) if owner is not None else frozenset()
            place = found.domain
            target = Target(Noun.MAILBOX, place.organisation_id, place.id, found.owner_id, grants=held_by)
            _check_room(row, who, place, target)
        changes |= {"quota"}
    return _there(row, options, changes)


def _alias(row: Row, there: Directory, who: Subject, options: Options) -> Step:
    if row.address in there.mailboxes:
        raise _RefusedError(_("There is a mailbox of this address already."))
    found = there.aliases.get(row.address)
    if found is None:
        return _made(row, _("Alias to %(targets)s") % {"targets": _named(row.targets)}, options)
    if {_key(target) for target in found.targets} == {_key(target) for target in row.targets}:
        return _there(row, options, frozenset())
    target = Target(Noun.ALIAS, found.domain.organisation_id, found.domain_id)
    if options.update and not may(who, Verb.CHANGE, target):
        raise _RefusedError(_("You may not change this alias."))
    return _there(row, options, frozenset({"targets"}))


def _changes_of_user(row: Row, found: User, who: Subject, options: Options) -> frozenset[str]:
    changes = set()
    if row.name is not None and row.name != found.name:
        changes.add("name")
    if row.language is not None and row.language != found.language:
        changes.add("language")
    target = Target(Noun.USER, found.organisation_id, found.domain_id, found.id, grants=grants(found))
    if changes and options.update and not may(who, Verb.CHANGE, target):
        raise _RefusedError(_("%(address)s has a role you may not act upon.") % {"address": found.address})
    return frozenset(changes)


def _check_room(row: Row, who: Subject, place: Domain, target: Target) -> None:
    if not may(who, Verb.LIMIT, target):
        raise _RefusedError(_("You may not say how much room a mailbox has here: leave it empty."))
    for name, limit in (
        (place.name, place.quota_bytes),
        (place.organisation.name, place.organisation.quota_bytes),
    ):
        if limit and (row.quota_bytes or 0) > limit:
            raise _RefusedError(
                _("That is more room than all of %(name)s has: %(size)s.")
                % {"name": name, "size": show_size(limit)}
            )


def _check_password(row: Row, who: Subject, options: Options, place: Domain) -> None:
    has_one = row.password or row.password_hash or options.make_passwords
    if has_one and not may(who, Verb.CHANGE, Target(Noun.CREDENTIAL, place.organisation_id, place.id)):
        raise _RefusedError(_("You may not set passwords here."))


def _made(row: Row, what: str, options: Options, *, makes_user: bool = False) -> Step:
    if makes_user:
        if row.password or row.password_hash:
            words = _("%(what)s, with the password of the table")
        elif options.make_passwords:
            words = _("%(what)s, with a new password")
        else:
            words = _("%(what)s, without a password")
        what = words % {"what": what}
    return Step(row, row.line, row.address, Outcome.MADE, what, makes_user=makes_user)


def _there(row: Row, options: Options, changes: frozenset[str]) -> Step:
    names = {
        "name": _("name"),
        "language": _("language"),
        "quota": _("room"),
        "targets": _("where it points"),
    }
    words = ", ".join(name for key, name in names.items() if key in changes)
    if changes and options.update:
        return Step(
            row,
            row.line,
            row.address,
            Outcome.CHANGED,
            _("Changes: %(what)s") % {"what": words},
            changes=changes,
        )
    if changes:
        text = _("There already, and left as it is; the table says otherwise of: %(what)s") % {"what": words}
    elif row.password or row.password_hash:
        text = _("There already; its password is not touched")
    else:
        text = _("There already")
    return Step(row, row.line, row.address, Outcome.SAME, text)


def _named(targets: tuple[str, ...]) -> str:
    shown = ", ".join(targets[:3])
    return (
        shown
        if len(targets) <= 3
        else _("%(some)s and %(count)s more") % {"some": shown, "count": len(targets) - 3}
    )


def _key(target: str) -> str:
    return Address.parse(target).key
