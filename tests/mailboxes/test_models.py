"""The database itself keeps addresses apart."""

import pytest
from django.db import IntegrityError

from apps.mailboxes.models import Alias, Mailbox
from tests.factories import a_domain, a_mailbox, an_alias

pytestmark = pytest.mark.django_db


def test_an_address_exists_once() -> None:
    alice = a_mailbox("alice")
    with pytest.raises(IntegrityError):
        Mailbox.objects.create(domain=alice.domain, local_part="alice")


def test_a_mailbox_and_an_alias_never_share_an_address() -> None:
    alice = a_mailbox("alice")
    with pytest.raises(IntegrityError):
        Alias.objects.create(domain=alice.domain, local_part="alice", targets=["bob@example.test"])


def test_nor_an_alias_and_a_mailbox() -> None:
    sales = an_alias("sales", "bob@example.test", domain=a_domain())
    with pytest.raises(IntegrityError):
        Mailbox.objects.create(domain=sales.domain, local_part="sales")


def test_a_local_part_is_kept_in_lower_case() -> None:
    with pytest.raises(IntegrityError):
        Mailbox.objects.create(domain=a_domain(), local_part="Alice")
