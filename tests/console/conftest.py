"""Who sits before the console in most of its stories: the admin of an organisation."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.domains.models import Domain
from tests.console.browser import browser
from tests.factories import a_domain, a_role, a_user


@pytest.fixture
def domain() -> Domain:
    return a_domain()


@pytest.fixture
def boss(domain: Domain) -> User:
    user = a_user("boss", domain=domain)
    a_role(user, "organisation_admin", organisation=domain.organisation)
    return user


@pytest.fixture
def page(boss: User) -> Client:
    return browser(boss)
