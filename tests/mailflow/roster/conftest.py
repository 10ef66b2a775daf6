"""A domain, and who administers its organisation."""

import pytest

from apps.accounts.models import User
from apps.domains.models import Domain
from tests.factories import a_domain, a_role, a_user


@pytest.fixture
def domain() -> Domain:
    return a_domain()


@pytest.fixture
def boss(domain: Domain) -> User:
    user = a_user("boss", domain=domain)
    a_role(user, "organisation_admin", organisation=domain.organisation)
    return user
