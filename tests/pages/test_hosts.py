"""By the names under our domains programs find their settings, and nobody finds anything else."""

import plistlib

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from apps.domains.models import Domain
from apps.domains.services import disable_domain, set_sts_mode
from apps.events.audit import SYSTEM
from apps.organisations.errors import DirectoryError
from tests.browsers import a_browser_of
from tests.factories import a_domain, a_user

pytestmark = pytest.mark.django_db
QUESTION = "<Autodiscover><Request><EMailAddress>{0}</EMailAddress></Request></Autodiscover>"
AUTOCONFIG = "/mail/config-v1.1.xml"
OUR = "mail.example.test"


@pytest.fixture
def domain(settings: Settings) -> Domain:
    settings.MAIL_HOSTNAME = OUR
    settings.ALLOWED_HOSTS = [OUR]
    return a_domain("shop.example")


def get(client: Client, host: str, path: str) -> HttpResponseBase:
    return client.get(path, headers={"Host": host}, SERVER_NAME=host.partition(":")[0])


def post(
    client: Client, host: str, address: str, path: str = "/autodiscover/autodiscover.xml"
) -> HttpResponseBase:
    return client.post(path, QUESTION.format(address), content_type="text/xml", headers={"Host": host})


def text(answer: HttpResponseBase) -> str:
    return bytes(answer.content).decode()  # type: ignore[attr-defined]


def test_it_works(domain: Domain, client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        answer = get(client, "autoconfig.shop.example", AUTOCONFIG + "?emailaddress=alice%40shop.example")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/xml; charset=utf-8"
    assert "<domain>shop.example</domain>" in text(answer)
    assert f"<hostname>{OUR}</hostname>" in text(answer)
    assert not answer.cookies
    assert answer["X-Content-Type-Options"] == "nosniff"
    for host in ("autoconfig.shop.example:443", "AUTOCONFIG.shop.example", "autoconfig.shop.example."):
        assert get(client, host, AUTOCONFIG).status_code == 200


def test_our_own_name_answers_for_every_domain_we_serve(domain: Domain, client: Client) -> None:
    path = "/.well-known/autoconfig" + AUTOCONFIG
    assert "<domain>shop.example</domain>" in text(get(client, OUR, path + "?emailaddress=a@shop.example"))
    assert get(client, OUR, path).status_code == 404
    assert get(client, OUR, path + "?emailaddress=a@elsewhere.example").status_code == 404
    assert "<LoginName>a@shop.example</LoginName>" in text(post(client, OUR, "a@shop.example"))


@pytest.mark.parametrize("path", ["/Autodiscover/Autodiscover.xml", "/AUTODISCOVER/autodiscover.XML"])
def test_outlook_writes_the_path_as_it_likes(domain: Domain, client: Client, path: str) -> None:
    answer = post(client, "autodiscover.shop.example", "alice@shop.example", path)
    assert answer.status_code == 200
    assert "<Type>IMAP</Type>" in text(answer)


def test_what_outlook_cannot_be_told_is_refused_in_its_words(domain: Domain, client: Client) -> None:
    assert "<ErrorCode>601<" in text(post(client, "autodiscover.shop.example", "alice@elsewhere.example"))
    assert "<ErrorCode>600<" in text(
        get(client, "autodiscover.shop.example", "/autodiscover/autodiscover.xml")
    )
    path = "/autodiscover/autodiscover.json?Email=alice@shop.example&Protocol="
    found = get(client, "autodiscover.shop.example", path + "AutodiscoverV1")
    assert f"https://{OUR}/autodiscover/autodiscover.xml" in text(found)
    assert get(client, "autodiscover.shop.example", path + "ActiveSync").status_code == 404


def test_a_policy_is_served_by_its_own_name_alone(domain: Domain, client: Client) -> None:
    path = "/.well-known/mta-sts.txt"
    answer = get(client, "mta-sts.shop.example", path)
    assert answer["Content-Type"].startswith("text/plain")
    assert text(answer) == f"version: STSv1\r\nmode: testing\r\nmx: {OUR}\r\nmax_age: 86400\r\n"
    set_sts_mode(domain=domain, mode="enforce", actor=SYSTEM)
    assert "mode: enforce\r\n" in text(get(client, "mta-sts.shop.example", path))
    set_sts_mode(domain=domain, mode="none", actor=SYSTEM)
    assert (
        text(get(client, "mta-sts.shop.example", path))
        == "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"
    )
    with pytest.raises(DirectoryError):
        set_sts_mode(domain=domain, mode="perhaps", actor=SYSTEM)
    assert get(client, OUR, path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/sign-in", "/", "/console/", "/api/v1/", "/static/x", "/mail/", "/autodiscover/x"]
)
def test_there_are_no_pages_by_these_names(domain: Domain, client: Client, path: str) -> None:
    for host in (
        "autoconfig.shop.example",
        "autodiscover.shop.example",
        "mta-sts.shop.example",
        "shop.example",
    ):
        answer = get(client, host, path)
        assert answer.status_code in {400, 404}
        assert not answer.cookies


def test_names_of_domains_we_do_not_serve_are_nobodys(domain: Domain, client: Client) -> None:
    other = a_domain("off.example")
    disable_domain(domain=other, actor=SYSTEM)
    for host in (
        "autoconfig.elsewhere.example",
        "autoconfig.off.example",
        "autodiscover.shop.example",
        "autoconfig.x.shop.example",
        "autoconfig",
        "autoconfig.",
        "autoconfig.shop.example@evil.example",
        "evil.example/autoconfig.shop.example",
        "",
    ):
        assert get(client, host, AUTOCONFIG).status_code in {400, 404}, host


def test_a_profile_is_for_who_is_signed_in(domain: Domain, client: Client) -> None:
    path = "/settings/programs/mail.mobileconfig"
    assert get(client, OUR, path).status_code == 302
    answer = get(a_browser_of(a_user("alice", domain=domain)), OUR, path)
    assert answer["Content-Type"] == "application/x-apple-aspen-config"
    [account] = plistlib.loads(bytes(answer.content))["PayloadContent"]  # type: ignore[attr-defined]
    assert account["EmailAddress"] == "alice@shop.example"
