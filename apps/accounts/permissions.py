"""May this user do that? The only place where it is decided.

`may` is pure: it looks at a `Subject` (who asks, with roles loaded) and a `Target` (what is asked about), and
at the tables below. Three ways lead to yes: it is one's own, one is a member, or a role reaches it. A role
never reaches the *content* of a mailbox, and never someone who holds more power than the role.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from .models import Role

type Kind = Role.Kind


class Verb(enum.StrEnum):
    """What may be done."""

    VIEW = "view"
    CREATE = "create"
    CHANGE = "change"
    LIMIT = "limit"
    DISABLE = "disable"
    DELETE = "delete"
    # With the content of a mailbox:
    READ = "read"
    WRITE = "write"
    SEND = "send"
    MANAGE = "manage"


class Noun(enum.StrEnum):
    """What it may be done to."""

    SYSTEM = "system"
    ORGANISATION = "organisation"
    DOMAIN = "domain"
    USER = "user"
    ROLE = "role"
    CREDENTIAL = "credential"
    SESSION = "session"
    MAILBOX = "mailbox"
    ALIAS = "alias"
    QUEUE = "queue"
    TRACE = "trace"
    AUDIT = "audit"
    FILTER = "filter"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Grant:
    """One role: in an organisation, or in one domain of it."""

    kind: Kind
    organisation_id: int
    domain_id: int | None = None

    def reaches(self, target: "Target") -> bool:
        """Whether the target lies where this role stands."""
        if self.kind == Role.Kind.SUPERADMIN:
            return True
        if self.domain_id is not None:
            return target.domain_id == self.domain_id
        return target.organisation_id == self.organisation_id

    def covers(self, other: "Grant") -> bool:
        """Whether this role is no weaker than another, which it may therefore give, take and act upon."""
        match self.kind:
            case Role.Kind.SUPERADMIN:
                return True
            case Role.Kind.ORGANISATION_ADMIN:
                return other.kind != Role.Kind.SUPERADMIN and other.organisation_id == self.organisation_id
            case Role.Kind.DOMAIN_ADMIN:
                return other.domain_id is not None and other.domain_id == self.domain_id
            case _:
                return False


@dataclass(frozen=True, slots=True)
class Subject:
    """Who asks: a user with roles, and the scopes of the token in use (None: no token, no bound)."""

    user_id: int
    organisation_id: int
    is_active: bool = True
    grants: frozenset[Grant] = frozenset()
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked about: where it lies, whose it is, who is a member, and the roles at stake.

    `grants` are those of the user it belongs to, or the role to be given or taken. Something to be created is
    described as it will be.
    """

    noun: Noun
    organisation_id: int | None = None
    domain_id: int | None = None
    user_id: int | None = None
    members: Mapping[int, frozenset[str]] = field(default_factory=dict)
    grants: frozenset[Grant] = frozenset()


_V, _C, _CH, _L, _DI, _DE = Verb.VIEW, Verb.CREATE, Verb.CHANGE, Verb.LIMIT, Verb.DISABLE, Verb.DELETE
_EVERY = frozenset({_V, _C, _CH, _L, _DI, _DE})
_CONTENT = frozenset({Verb.READ, Verb.WRITE, Verb.SEND, Verb.MANAGE})
_VIEW = frozenset({_V})

# What is one's own.
OWN: Mapping[Noun, frozenset[Verb]] = {
    Noun.USER: frozenset({_V, _CH}),
    Noun.ROLE: _VIEW,
    Noun.CREDENTIAL: frozenset({_V, _C, _CH, _DE}),
    Noun.SESSION: frozenset({_V, _DE}),
    Noun.MAILBOX: _CONTENT | {_V},
    Noun.TRACE: _VIEW,
    Noun.FILTER: frozenset({_V, _C, _CH, _DE}),
    Noun.RULE: frozenset({_V, _C, _CH, _DI, _DE}),
}

# What a member's rights allow.
MEMBER: Mapping[str, frozenset[Verb]] = {
    "read": frozenset({_V, Verb.READ}),
    "write": frozenset({Verb.WRITE}),
    "send": frozenset({Verb.SEND}),
    "manage": frozenset({_V, Verb.MANAGE}),
}

# What roles allow where they reach. CREDENTIAL's CHANGE sets a password; CREATE (an app password or a token that
# acts as its user) and the content of mailboxes stay with their user.
ROLES: Mapping[Kind, Mapping[Noun, frozenset[Verb]]] = {
    Role.Kind.SUPERADMIN: {
        **dict.fromkeys(Noun, _EVERY),
        Noun.CREDENTIAL: _EVERY - {_C},
        # What happened is written by what happens, and by nobody.
        Noun.TRACE: _VIEW,
        Noun.AUDIT: _VIEW,
    },
    Role.Kind.ORGANISATION_ADMIN: {
        Noun.ORGANISATION: frozenset({_V, _CH}),
        Noun.DOMAIN: frozenset({_V, _C, _CH, _DI, _DE}),
        Noun.USER: frozenset({_V, _C, _CH, _DI, _DE}),
        Noun.ROLE: frozenset({_V, _C, _DE}),
        Noun.CREDENTIAL: frozenset({_V, _CH, _DE}),
        Noun.SESSION: frozenset({_V, _DE}),
        Noun.MAILBOX: _EVERY,
        Noun.ALIAS: frozenset({_V, _C, _CH, _DI, _DE}),
        Noun.QUEUE: frozenset({_V, _CH, _DE}),
        Noun.TRACE: _VIEW,
        Noun.AUDIT: _VIEW,
        Noun.FILTER: frozenset({_V, _C, _CH, _DE}),
        Noun.RULE: frozenset({_V, _C, _CH, _DI, _DE}),
    },
    Role.Kind.DOMAIN_ADMIN: {
        Noun.DOMAIN: _VIEW,
        Noun.USER: frozenset({_V, _C, _CH, _DI}),
        Noun.ROLE: _VIEW,
        Noun.CREDENTIAL: frozenset({_V, _CH, _DE}),
        Noun.SESSION: frozenset({_V, _DE}),
        Noun.MAILBOX: frozenset({_V, _C, _CH, _DI}),
        Noun.ALIAS: frozenset({_V, _C, _CH, _DI, _DE}),
        Noun.QUEUE: _VIEW,
        Noun.TRACE: _VIEW,
        Noun.FILTER: frozenset({_V, _C, _CH, _DE}),
        Noun.RULE: frozenset({_V, _C, _CH, _DI, _DE}),
    },
    Role.Kind.SUPPORT: {
        Noun.ORGANISATION: _VIEW,
        Noun.DOMAIN: _VIEW,
        Noun.USER: _VIEW,
        Noun.ROLE: _VIEW,
        Noun.SESSION: frozenset({_V, _DE}),
        Noun.MAILBOX: _VIEW,
        Noun.ALIAS: _VIEW,
        Noun.QUEUE: _VIEW,
        Noun.TRACE: _VIEW,
        Noun.FILTER: _VIEW,
        Noun.RULE: _VIEW,
    },
    Role.Kind.AUDITOR: {noun: _VIEW for noun in Noun if noun != Noun.SYSTEM},
}

# Scopes of tokens, by what they open: reading and writing apart, and what lets people in apart from the rest.
_AREAS: Mapping[Noun, str] = {
    Noun.SYSTEM: "system",
    Noun.ORGANISATION: "directory",
    Noun.DOMAIN: "directory",
    Noun.USER: "directory",
    Noun.MAILBOX: "directory",
    Noun.ALIAS: "directory",
    Noun.ROLE: "access",
    Noun.CREDENTIAL: "access",
    Noun.SESSION: "access",
    Noun.QUEUE: "queue",
    Noun.TRACE: "trace",
    Noun.AUDIT: "audit",
    Noun.FILTER: "filter",
    Noun.RULE: "filter",
}


def scope_of(verb: Verb, noun: Noun) -> str:
    """Return the scope a token needs for this."""
    if verb in _CONTENT:
        return f"mail:{verb}"
    return f"{_AREAS[noun]}:{'read' if verb == Verb.VIEW else 'write'}"


SCOPES = tuple(
    sorted(
        {scope_of(verb, noun) for noun in Noun for verb in _EVERY | _CONTENT} - {"audit:write", "trace:write"}
    )
)
"""Every scope a token can have."""


def may(user: Subject, verb: Verb, target: Target) -> bool:
    """Return whether this user may do this to that."""
    if not user.is_active:
        return False
    if user.scopes is not None and scope_of(verb, target.noun) not in user.scopes:
        return False
    return _is_own(user, verb, target) or _is_member(user, verb, target) or _has_role(user, verb, target)


def _is_own(user: Subject, verb: Verb, target: Target) -> bool:
    return target.user_id == user.user_id and verb in OWN.get(target.noun, ())


def _is_member(user: Subject, verb: Verb, target: Target) -> bool:
    rights = target.members.get(user.user_id, frozenset())
    return target.noun == Noun.MAILBOX and any(verb in MEMBER[right] for right in rights)


def _has_role(user: Subject, verb: Verb, target: Target) -> bool:
    # Nobody owns it, so whoever may change the mailbox says who are its members.
    asked = Verb.CHANGE if _is_shared(target) and verb == Verb.MANAGE else verb
    # Seeing harms no one; for the rest, every role at stake must be covered by one of ours.
    if asked != Verb.VIEW and not all(any(mine.covers(one) for mine in user.grants) for one in target.grants):
        return False
    return any(
        grant.reaches(target) and asked in ROLES[grant.kind].get(target.noun, ()) for grant in user.grants
    )


def _is_shared(target: Target) -> bool:
    return target.noun == Noun.MAILBOX and target.user_id is None


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a user may do one thing to things of one kind: what a list asks, so that it need not ask `may` by row.

    Roles at stake are left out: they never hide anything, they only forbid to act upon it.
    """

    is_everything: bool = False
    organisation_ids: frozenset[int] = frozenset()
    domain_ids: frozenset[int] = frozenset()
    user_id: int | None = None
    """Whose own things are within reach."""
    member_id: int | None = None
    """Whose memberships open mailboxes, if they have one of `member_rights`."""
    member_rights: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self != Reach()


def reach_of(user: Subject, verb: Verb, noun: Noun) -> Reach:
    """Return where this user may do this to things of that kind."""
    if not user.is_active or (user.scopes is not None and scope_of(verb, noun) not in user.scopes):
        return Reach()
    rights = frozenset(right for right, verbs in MEMBER.items() if noun == Noun.MAILBOX and verb in verbs)
    grants = [grant for grant in user.grants if verb in ROLES[grant.kind].get(noun, ())]
    return Reach(
        is_everything=any(grant.kind == Role.Kind.SUPERADMIN for grant in grants),
        organisation_ids=frozenset(grant.organisation_id for grant in grants if grant.domain_id is None),
        domain_ids=frozenset(grant.domain_id for grant in grants if grant.domain_id is not None),
        user_id=user.user_id if verb in OWN.get(noun, ()) else None,
        member_id=user.user_id if rights else None,
        member_rights=rights,
    )
