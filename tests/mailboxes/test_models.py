"""The database itself keeps addresses apart."""

import pytest
from django.db import IntegrityError

from apps.domains.models import Domain
from apps.mailboxes.models import Mailbox
from apps.organisations.models import Organisation


@pytest.mark.django_db
def test_an_address_exists_once() -> None:
    example = Domain.objects.create(
        organisation=Organisation.objects.create(name="Example"), name="example.test"
    )
    Mailbox.objects.create(domain=example, local_part="alice")
    with pytest.raises(IntegrityError):
        Mailbox.objects.create(domain=example, local_part="alice")
