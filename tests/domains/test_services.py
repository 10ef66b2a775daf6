"""Names we serve: each once, in one spelling."""

import pytest

from apps.domains.services import create_domain, disable_domain, enable_domain, find_domain, set_quota
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.organisations.errors import AlreadyExistsError, DirectoryError, NotFoundError
from tests.factories import a_domain, an_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_told")]


def test_it_works() -> None:
    made = create_domain(organisation=an_organisation(), name="Bücher.Example.Test.", actor=SYSTEM)
    assert made.name == "xn--bcher-kva.example.test"
    assert find_domain("bücher.example.test") == made
    assert find_domain("XN--BCHER-KVA.example.test") == made


def test_a_domain_is_served_once_by_whomever() -> None:
    a_domain("example.test")
    with pytest.raises(AlreadyExistsError, match=r"example\.test is served already"):
        a_domain("EXAMPLE.test")


@pytest.mark.parametrize(
    "name", ["", ".", "a b", "-x.test", "1.2.3.4", "[192.0.2.1]", "x" * 64 + ".test", "a\0.test"]
)
def test_what_is_no_domain_is_not_served(name: str) -> None:
    with pytest.raises(DirectoryError):
        create_domain(organisation=an_organisation(), name=name, actor=SYSTEM)
    with pytest.raises(NotFoundError):
        find_domain(name)


def test_a_quota_is_set_and_taken_away_and_each_is_told() -> None:
    domain = a_domain()
    for quota in (2 * 10**9, None):
        set_quota(domain=domain, quota_bytes=quota, actor=SYSTEM)
        assert find_domain(domain.name).quota_bytes == quota
    told = AuditEntry.objects.filter(action="domain.quota").order_by("id")
    assert [entry.details for entry in told] == [
        {"before": None, "after": 2 * 10**9},
        {"before": 2 * 10**9, "after": None},
    ]
    for nonsense in (0, -1, 2**62):
        with pytest.raises(DirectoryError):
            set_quota(domain=domain, quota_bytes=nonsense, actor=SYSTEM)


def test_switching_is_told() -> None:
    domain = a_domain()
    disable_domain(domain=domain, actor=SYSTEM)
    assert not find_domain(domain.name).is_active
    enable_domain(domain=domain, actor=SYSTEM)
    assert find_domain(domain.name).is_active
    told = AuditEntry.objects.filter(target_kind="domain").order_by("id").values_list("action", flat=True)
    assert list(told) == ["domain.create", "domain.disable", "domain.enable"]
