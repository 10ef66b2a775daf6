"""Every role plays every verb against everything; mallory is refused it all."""

import itertools
from dataclasses import replace

import pytest

from apps.accounts.models import Role
from apps.accounts.permissions import SCOPES, Grant, Noun, Subject, Target, Verb, may, reach_of, scope_of
from apps.accounts.queries import (
    grant_of,
    subject_of,
    target_of_credential,
    target_of_role,
    target_of_session,
    target_of_user,
)
from apps.accounts.services.users import disable_user
from apps.domains.services import disable_domain
from apps.events.audit import SYSTEM
from apps.organisations.services import disable_organisation
from tests.factories import a_domain, a_role, a_user, an_organisation

ALICE, BOB, CAROL, MALLORY = 1, 2, 3, 666
OURS, THEIRS = 10, 20
EXAMPLE, SECOND, EVIL = 100, 101, 200

LETTERS = {
    "V": Verb.VIEW,
    "C": Verb.CREATE,
    "H": Verb.CHANGE,
    "L": Verb.LIMIT,
    "D": Verb.DISABLE,
    "X": Verb.DELETE,
    "R": Verb.READ,
    "W": Verb.WRITE,
    "S": Verb.SEND,
    "M": Verb.MANAGE,
}

# What bob, in his role, may do with what is alice's, in example.test, of our organisation.
# H changes, L limits, D disables, X deletes; R W S M read, write, send from and share a mailbox.
TABLE = """
               superadmin  organisation_admin  domain_admin  support  auditor  nobody
system         VCHLDX      -                   -             -        -        -
organisation   VCHLDX      VH                  -             V        V        -
domain         VCHLDX      VCHDX               V             V        V        -
user           VCHLDX      VCHDX               VCHD          V        V        -
role           VCHLDX      VCX                 V             V        V        -
credential     VHLDX       VHX                 VHX           -        V        -
session        VCHLDX      VX                  VX            VX       V        -
mailbox        VCHLDX      VCHLDX              VCHD          V        V        -
alias          VCHLDX      VCHDX               VCHDX         V        V        -
queue          VCHLDX      VHX                 V             V        V        -
trace          V           V                   V             V        V        -
audit          V           V                   -             -        V        -
filter         VCHLDX      VCHX                VCHX          V        V        -
rule           VCHLDX      VCHDX               VCHDX         V        V        -
"""

HEAD, *ROWS = TABLE.strip("\n").splitlines()
ROLE_NAMES = HEAD.split()
EXPECTED = {
    (role, Noun(noun), verb): letter in cell
    for noun, *cells in map(str.split, ROWS)
    for role, cell in zip(ROLE_NAMES, cells, strict=True)
    for letter, verb in LETTERS.items()
}


def place(noun: Noun) -> Target:
    """Alice's things: what belongs to a domain lies in example.test."""
    match noun:
        case Noun.SYSTEM:
            return Target(noun)
        case Noun.ORGANISATION | Noun.AUDIT:
            return Target(noun, OURS)
        case Noun.DOMAIN | Noun.ALIAS | Noun.QUEUE | Noun.TRACE | Noun.RULE:
            return Target(noun, OURS, EXAMPLE)
        case _:
            return Target(noun, OURS, EXAMPLE, ALICE)


def with_role(user_id: int, name: str, *, organisation: int, domain: int) -> Subject:
    if name == "nobody":
        return Subject(user_id, organisation)
    kind = Role.Kind(name)
    grant = Grant(kind, organisation, domain if kind == Role.Kind.DOMAIN_ADMIN else None)
    return Subject(user_id, organisation, grants=frozenset({grant}))


def test_the_table_names_everything() -> None:
    assert {noun for _, noun, _ in EXPECTED} == set(Noun)
    assert {verb for _, _, verb in EXPECTED} == set(Verb)
    assert set(ROLE_NAMES) == {*Role.Kind.values, "nobody"}


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_each_role_may_exactly_what_the_table_says(role: str) -> None:
    bob = with_role(BOB, role, organisation=OURS, domain=EXAMPLE)
    for noun, verb in itertools.product(Noun, Verb):
        assert may(bob, verb, place(noun)) == EXPECTED[role, noun, verb], (role, verb, noun)


@pytest.mark.parametrize("role", [name for name in ROLE_NAMES if name != "superadmin"])
def test_mallory_of_another_organisation_is_refused_everything(role: str) -> None:
    mallory = with_role(MALLORY, role, organisation=THEIRS, domain=EVIL)
    for noun, verb in itertools.product(Noun, Verb):
        assert not may(mallory, verb, place(noun)), (role, verb, noun)


@pytest.mark.parametrize("kind", ["domain_admin", "support", "auditor"])
def test_a_role_in_a_domain_ends_at_the_domain(kind: str) -> None:
    grant = Grant(Role.Kind(kind), OURS, SECOND)
    bob = Subject(BOB, OURS, grants=frozenset({grant}))
    for noun, verb in itertools.product(Noun, Verb):
        assert not may(bob, verb, place(noun)), (verb, noun)


OWN = {
    Noun.USER: "VH",
    Noun.ROLE: "V",
    Noun.CREDENTIAL: "VCHX",
    Noun.SESSION: "VX",
    Noun.MAILBOX: "VRWSM",
    Noun.TRACE: "V",
    Noun.FILTER: "VCHX",
    Noun.RULE: "VCHDX",
}


def test_what_is_ones_own() -> None:
    alice = Subject(ALICE, OURS)
    for noun, (letter, verb) in itertools.product(Noun, LETTERS.items()):
        target = replace(place(noun), user_id=ALICE)
        assert may(alice, verb, target) == (letter in OWN.get(noun, "")), (verb, noun)


@pytest.mark.parametrize(
    ("rights", "letters"),
    [("", ""), ("read", "VR"), ("write", "W"), ("send", "S"), ("manage", "VM"), ("read write send", "VRWS")],
)
def test_a_member_may_what_the_rights_say(rights: str, letters: str) -> None:
    mailbox = replace(place(Noun.MAILBOX), members={BOB: frozenset(rights.split())})
    for letter, verb in LETTERS.items():
        assert may(Subject(BOB, OURS), verb, mailbox) == (letter in letters), verb
        assert not may(Subject(CAROL, OURS), verb, mailbox)


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_no_role_opens_anothers_mail(role: str) -> None:
    bob = with_role(BOB, role, organisation=OURS, domain=EXAMPLE)
    for verb in (Verb.READ, Verb.WRITE, Verb.SEND, Verb.MANAGE):
        assert not may(bob, verb, place(Noun.MAILBOX))


def test_who_shares_a_mailbox_that_nobody_owns_is_said_by_an_administrator() -> None:
    shared = Target(Noun.MAILBOX, OURS, EXAMPLE)
    allowed = {
        role
        for role in ROLE_NAMES
        if may(with_role(BOB, role, organisation=OURS, domain=EXAMPLE), Verb.MANAGE, shared)
    }
    assert allowed == {"superadmin", "organisation_admin", "domain_admin"}
    chief = with_role(BOB, "organisation_admin", organisation=OURS, domain=EXAMPLE)
    assert not may(chief, Verb.READ, shared)


POWERS = {
    "superadmin": Grant(Role.Kind.SUPERADMIN, OURS),
    "organisation_admin": Grant(Role.Kind.ORGANISATION_ADMIN, OURS),
    "domain_admin": Grant(Role.Kind.DOMAIN_ADMIN, OURS, EXAMPLE),
    "support": Grant(Role.Kind.SUPPORT, OURS),
    "support of the domain": Grant(Role.Kind.SUPPORT, OURS, EXAMPLE),
}


@pytest.mark.parametrize(
    ("role", "below"),
    [
        ("superadmin", set(POWERS)),
        ("organisation_admin", set(POWERS) - {"superadmin"}),
        ("domain_admin", {"domain_admin", "support of the domain"}),
    ],
)
def test_nobody_sets_the_password_of_someone_with_more_power(role: str, below: set[str]) -> None:
    bob = with_role(BOB, role, organisation=OURS, domain=EXAMPLE)
    for name, power in POWERS.items():
        target = replace(place(Noun.CREDENTIAL), grants=frozenset({power}))
        assert may(bob, Verb.CHANGE, target) == (name in below), name
        assert may(bob, Verb.VIEW, target)


def test_support_ends_the_sessions_of_plain_users_alone() -> None:
    bob = with_role(BOB, "support", organisation=OURS, domain=EXAMPLE)
    assert may(bob, Verb.DELETE, place(Noun.SESSION))
    for power in POWERS.values():
        assert not may(bob, Verb.DELETE, replace(place(Noun.SESSION), grants=frozenset({power})))


def test_an_organisation_admin_makes_no_superadmin() -> None:
    bob = with_role(BOB, "organisation_admin", organisation=OURS, domain=EXAMPLE)
    for name, power in POWERS.items():
        target = Target(Noun.ROLE, OURS, user_id=BOB, grants=bob.grants | {power})
        assert may(bob, Verb.CREATE, target) == (name != "superadmin")


def test_a_disabled_user_may_nothing() -> None:
    for role, noun, verb in itertools.product(ROLE_NAMES, Noun, Verb):
        bob = replace(with_role(BOB, role, organisation=OURS, domain=EXAMPLE), is_active=False)
        assert not may(bob, verb, replace(place(noun), user_id=BOB))


def test_a_token_may_only_what_its_scopes_say() -> None:
    everything = replace(
        with_role(BOB, "superadmin", organisation=OURS, domain=EXAMPLE), scopes=frozenset(SCOPES)
    )
    for noun, verb in itertools.product(Noun, Verb):
        target = place(noun)
        without = replace(everything, scopes=frozenset(SCOPES) - {scope_of(verb, noun)})
        alone = replace(everything, scopes=frozenset({scope_of(verb, noun)}))
        bare = replace(everything, scopes=frozenset())
        assert may(everything, verb, target) == may(alone, verb, target)
        assert not may(without, verb, target)
        assert not may(bare, verb, replace(target, user_id=BOB))


def test_a_scope_gives_nothing_its_user_has_not() -> None:
    bob = Subject(BOB, OURS, scopes=frozenset(SCOPES))
    for noun, verb in itertools.product(Noun, Verb):
        assert not may(bob, verb, place(noun))


@pytest.mark.parametrize("role", ROLE_NAMES)
@pytest.mark.parametrize("noun", Noun)
def test_a_list_reaches_what_may_be_done_to_each(role: str, noun: Noun) -> None:
    for verb, theirs, second in itertools.product(Verb, (False, True), (False, True)):
        bob = with_role(BOB, role, organisation=OURS, domain=EXAMPLE)
        reach = reach_of(bob, verb, noun)
        target = replace(place(noun), grants=frozenset())
        if second and target.domain_id:
            target = replace(target, domain_id=SECOND)
        if theirs and target.organisation_id:
            target = replace(target, organisation_id=THEIRS, domain_id=EVIL if target.domain_id else None)
        within = (
            reach.is_everything
            or target.organisation_id in reach.organisation_ids
            or target.domain_id in reach.domain_ids
        )
        if verb != Verb.MANAGE:  # Of a shared mailbox it follows from CHANGE.
            assert within == may(bob, verb, target)
        assert not reach_of(replace(bob, is_active=False), verb, noun)
        assert not reach_of(replace(bob, scopes=frozenset()), verb, noun)
    assert reach_of(Subject(BOB, OURS), Verb.VIEW, Noun.MAILBOX).member_rights == {"read", "manage"}


@pytest.mark.django_db
def test_roles_are_loaded_with_where_they_stand() -> None:
    organisation = an_organisation()
    domain = a_domain(organisation=organisation)
    bob = a_user("bob", domain=domain)
    a_role(bob, "support", organisation=organisation)
    role = a_role(bob, "domain_admin", domain=domain)
    subject = subject_of(bob.id, scopes=frozenset({"directory:read"}))
    assert subject == Subject(
        bob.id,
        organisation.id,
        grants=frozenset(
            {
                Grant(Role.Kind.SUPPORT, organisation.id),
                Grant(Role.Kind.DOMAIN_ADMIN, organisation.id, domain.id),
            }
        ),
        scopes=frozenset({"directory:read"}),
    )
    target = target_of_role(role)
    assert (target.domain_id, target.user_id) == (domain.id, bob.id)
    assert grant_of(role) in target.grants
    assert target_of_user(bob).grants == subject.grants


@pytest.mark.django_db
def test_nobody_is_no_subject() -> None:
    assert subject_of(0) is None


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["user", "domain", "organisation"])
def test_whoever_or_whatever_is_disabled_makes_an_inactive_subject(what: str) -> None:
    bob = a_user("bob")
    match what:
        case "user":
            disable_user(user=bob, actor=SYSTEM)
        case "domain":
            disable_domain(domain=bob.domain, actor=SYSTEM)
        case _:
            disable_organisation(organisation=bob.organisation, actor=SYSTEM)
    subject = subject_of(bob.id)
    assert subject is not None
    assert not subject.is_active


@pytest.mark.django_db
def test_credentials_and_sessions_are_their_users() -> None:
    from apps.accounts.models import Credential, Session

    bob = a_user("bob", password="correct horse battery")
    role = a_role(bob, "organisation_admin", organisation=bob.organisation)
    for target in (
        target_of_credential(Credential.objects.get(user=bob)),
        target_of_session(Session.objects.create(user=bob, door="imap")),
    ):
        assert (target.organisation_id, target.domain_id, target.user_id) == (
            bob.organisation_id,
            bob.domain_id,
            bob.id,
        )
        assert target.grants == {grant_of(role)}
