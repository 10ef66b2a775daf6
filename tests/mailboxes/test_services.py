"""Mailboxes, aliases and members: made, changed, refused."""

import pytest
from django.conf import settings

from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.mailboxes import services
from apps.mailboxes.models import Mailbox, MailboxMember, Usage
from apps.organisations.errors import AlreadyExistsError, DirectoryError, NotFoundError
from tests.factories import a_domain, a_mailbox, a_user, an_alias

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_told")]


def told(kind: str) -> list[str]:
    entries = AuditEntry.objects.filter(target_kind=kind).order_by("id")
    return list(entries.values_list("action", flat=True))


def test_it_works() -> None:
    alice = a_user("alice")
    made = services.create_mailbox(address=alice.address.upper(), owner=alice, actor=SYSTEM)
    assert str(made) == alice.address
    assert made.quota_bytes == settings.MAIL_DEFAULT_QUOTA_BYTES
    assert Usage.objects.get(mailbox=made).bytes == 0
    assert services.find_mailbox(alice.address) == made


def test_an_address_is_one_thing() -> None:
    alice = a_mailbox("alice")
    sales = an_alias("sales", str(alice), domain=alice.domain)
    for address in (str(alice), str(sales)):
        with pytest.raises(AlreadyExistsError):
            services.create_mailbox(address=address, actor=SYSTEM)
        with pytest.raises(AlreadyExistsError):
            services.create_alias(address=address, targets=["bob@example.test"], actor=SYSTEM)


@pytest.mark.parametrize("local", ["", "a b", "a+tag", '"a b"', "a\0", "x" * 65])
def test_what_cannot_be_an_address_here_is_refused(local: str) -> None:
    domain = a_domain()
    with pytest.raises(DirectoryError):
        services.create_mailbox(address=f"{local}@{domain.name}", actor=SYSTEM)
    with pytest.raises(DirectoryError):
        services.create_alias(address=f"{local}@{domain.name}", targets=["b@example.test"], actor=SYSTEM)


def test_we_keep_no_mail_for_domains_elsewhere() -> None:
    with pytest.raises(NotFoundError, match="not a domain we serve"):
        services.create_mailbox(address="alice@elsewhere.example", actor=SYSTEM)


def test_a_mailbox_belongs_to_its_own_organisation() -> None:
    with pytest.raises(DirectoryError, match="another organisation"):
        services.create_mailbox(address=f"a@{a_domain().name}", owner=a_user("mallory"), actor=SYSTEM)


@pytest.mark.parametrize("quota", [-1, 2**62])
def test_a_quota_is_a_size(quota: int) -> None:
    with pytest.raises(DirectoryError, match="a quota is"):
        a_mailbox(quota_bytes=quota)
    with pytest.raises(DirectoryError, match="a quota is"):
        services.set_quota(mailbox=a_mailbox(), quota_bytes=quota, actor=SYSTEM)


def test_changes_are_told_once_each() -> None:
    alice = a_mailbox("alice", quota_bytes=5)
    services.set_quota(mailbox=alice, quota_bytes=7, actor=SYSTEM)
    for _ in range(2):
        services.disable_mailbox(mailbox=alice, actor=SYSTEM)
    for _ in range(2):
        services.enable_mailbox(mailbox=alice, actor=SYSTEM)
    assert Mailbox.objects.get(id=alice.id).quota_bytes == 7
    assert told("mailbox") == ["mailbox.create", "mailbox.quota", "mailbox.disable", "mailbox.enable"]
    assert AuditEntry.objects.get(action="mailbox.quota").details == {"before": 5, "after": 7}


def test_an_alias_points_changes_and_goes() -> None:
    domain = a_domain()
    sales = an_alias("sales", "B@x.test", "b@X.test", "Ünï@x.test", domain=domain)
    assert sales.targets == ["B@x.test", "Ünï@x.test"]
    services.change_alias(alias=sales, targets=["c@x.test"], actor=SYSTEM)
    services.disable_alias(alias=sales, actor=SYSTEM)
    assert not services.find_alias(str(sales)).is_active
    services.enable_alias(alias=sales, actor=SYSTEM)
    services.delete_alias(alias=services.find_alias(str(sales)), actor=SYSTEM)
    assert told("alias") == ["alias.create", "alias.change", "alias.disable", "alias.enable", "alias.delete"]
    with pytest.raises(NotFoundError):
        services.find_alias(str(sales))
    services.create_mailbox(address=str(sales), actor=SYSTEM)


@pytest.mark.parametrize(
    "targets", [[], ["nonsense"], ["b@x.test", ""], [f"u{n}@x.test" for n in range(1001)]]
)
def test_an_alias_points_to_addresses(targets: list[str]) -> None:
    sales = an_alias("sales", "b@x.test", domain=a_domain())
    with pytest.raises(DirectoryError):
        services.change_alias(alias=sales, targets=targets, actor=SYSTEM)


def test_members_have_exactly_the_rights_given() -> None:
    domain = a_domain()
    alice, bob = a_mailbox("alice", domain=domain), a_user("bob", domain=domain)
    services.set_member(mailbox=alice, user=bob, rights={"send", "read"}, actor=SYSTEM)
    services.set_member(mailbox=alice, user=bob, rights=["write"], actor=SYSTEM)
    assert MailboxMember.objects.get().rights == ["write"]
    for _ in range(2):
        services.remove_member(mailbox=alice, user=bob, actor=SYSTEM)
    entries = AuditEntry.objects.filter(action="mailbox.member").order_by("id")
    assert [entry.details["rights"] for entry in entries] == [["read", "send"], ["write"], []]


@pytest.mark.parametrize("rights", [[], ["everything"], ["read", "x"]])
def test_rights_are_rights(rights: list[str]) -> None:
    domain = a_domain()
    with pytest.raises(DirectoryError, match="rights are some of"):
        services.set_member(
            mailbox=a_mailbox(domain=domain), user=a_user("bob", domain=domain), rights=rights, actor=SYSTEM
        )


def test_neither_the_owner_nor_mallory_becomes_a_member() -> None:
    alice = a_mailbox("alice")
    assert alice.owner is not None
    with pytest.raises(DirectoryError, match="owns"):
        services.set_member(mailbox=alice, user=alice.owner, rights=["read"], actor=SYSTEM)
    with pytest.raises(DirectoryError, match="another organisation"):
        services.set_member(mailbox=alice, user=a_user("mallory"), rights=["read"], actor=SYSTEM)
