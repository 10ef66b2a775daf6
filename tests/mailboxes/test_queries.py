"""Whose mailboxes these are."""

import pytest

from apps.accounts.permissions import Verb, may
from apps.accounts.queries import subject_of
from apps.domains.services import disable_domain
from apps.events.audit import SYSTEM
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailboxes.queries import (
    mailbox_of,
    mailboxes_of,
    may_send_as,
    target_of_alias,
    target_of_mailbox,
)
from apps.mailboxes.services import disable_alias, disable_mailbox, remove_member, set_member
from tests.factories import a_domain, a_mailbox, a_role, a_user, an_alias

pytestmark = pytest.mark.django_db


def owner_id(mailbox: Mailbox) -> int:
    assert mailbox.owner_id is not None
    return mailbox.owner_id


def test_a_user_opens_the_mailbox_of_the_address_they_sign_in_with() -> None:
    domain = a_domain()
    alice = a_user("alice", domain=domain)
    a_mailbox("sales", owner=alice)
    own = a_mailbox("alice", owner=alice)
    found = mailbox_of(alice.id)
    assert found is not None
    assert (found.mailbox_id, found.address, found.is_own) == (own.id, str(own), True)
    assert found.rights == {"read", "write", "send", "manage"}


def test_a_user_without_a_mailbox_opens_none() -> None:
    assert mailbox_of(a_user("bob").id) is None


def test_what_is_disabled_is_not_opened() -> None:
    alice, bob = a_mailbox("alice"), a_mailbox("bob")
    disable_mailbox(mailbox=alice, actor=SYSTEM)
    disable_domain(domain=bob.domain, actor=SYSTEM)
    assert mailbox_of(owner_id(alice)) is None
    assert mailbox_of(owner_id(bob)) is None


def test_a_member_opens_the_mailbox_with_the_rights_given() -> None:
    domain = a_domain()
    alice, bob = a_mailbox("alice", domain=domain), a_mailbox("bob", domain=domain)
    assert bob.owner is not None
    set_member(mailbox=alice, user=bob.owner, rights=["read", "send"], actor=SYSTEM)
    own, shared = mailboxes_of(bob.owner.id)
    assert (own.mailbox_id, shared.mailbox_id) == (bob.id, alice.id)
    assert (shared.is_own, shared.rights) == (False, frozenset({"read", "send"}))
    subject = subject_of(bob.owner.id)
    assert subject is not None
    target = target_of_mailbox(alice)
    assert [verb for verb in Verb if may(subject, verb, target)] == [Verb.VIEW, Verb.READ, Verb.SEND]
    remove_member(mailbox=alice, user=bob.owner, actor=SYSTEM)
    assert len(mailboxes_of(bob.owner.id)) == 1


def test_one_sends_as_ones_own_address_and_as_what_leads_to_it() -> None:
    alice = a_mailbox("alice")
    domain = alice.domain
    an_alias("sales", str(alice), "friend@elsewhere.example", domain=domain)
    for local in ("alice", "alice+shop", "sales"):
        assert perform(may_send_as(owner_id(alice), f"{local}@{domain.name}"))


def test_nobody_sends_as_somebody_else() -> None:
    domain = a_domain()
    alice, bob = a_mailbox("alice", domain=domain), a_mailbox("bob", domain=domain)
    mallory = a_mailbox("mallory")
    sales = an_alias("sales", str(alice), domain=domain)
    for user_id in (owner_id(bob), owner_id(mallory)):
        for key in (str(alice), str(sales), "friend@elsewhere.example", f"nobody@{domain.name}"):
            assert not perform(may_send_as(user_id, key))


def test_a_member_sends_as_the_mailbox_only_with_the_right_to() -> None:
    domain = a_domain()
    alice, bob = a_mailbox("alice", domain=domain), a_user("bob", domain=domain)
    set_member(mailbox=alice, user=bob, rights=["read"], actor=SYSTEM)
    assert not perform(may_send_as(bob.id, str(alice)))
    set_member(mailbox=alice, user=bob, rights=["read", "send"], actor=SYSTEM)
    assert perform(may_send_as(bob.id, str(alice)))


def test_nobody_sends_as_what_is_disabled() -> None:
    alice = a_mailbox("alice")
    sales = an_alias("sales", str(alice), domain=alice.domain)
    disable_alias(alias=sales, actor=SYSTEM)
    assert not perform(may_send_as(owner_id(alice), str(sales)))
    disable_mailbox(mailbox=alice, actor=SYSTEM)
    assert not perform(may_send_as(owner_id(alice), str(alice)))


def test_targets_know_where_they_lie_and_what_is_at_stake() -> None:
    alice = a_mailbox("alice")
    role = a_role(alice.owner, "organisation_admin", organisation=alice.domain.organisation)
    target = target_of_mailbox(alice)
    assert (target.organisation_id, target.domain_id, target.user_id) == (
        role.organisation_id,
        alice.domain_id,
        alice.owner_id,
    )
    assert {grant.kind for grant in target.grants} == {"organisation_admin"}
    assert target_of_alias(an_alias("sales", str(alice), domain=alice.domain)).domain_id == alice.domain_id
