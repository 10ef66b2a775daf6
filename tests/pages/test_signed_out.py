"""Whoever sends a form after their session is over loses nothing that they wrote."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from apps.domains.models import Domain
from apps.mailboxes.models import Alias
from tests.browsers import a_browser_of
from tests.factories import a_domain, a_role, a_user

pytestmark = pytest.mark.django_db
OURS = {"Origin": "http://testserver", "Accept": "text/html,*/*;q=0.8"}
PAGE = "/console/aliases/add"


@pytest.fixture
def domain() -> Domain:
    return a_domain()


@pytest.fixture
def sent(domain: Domain) -> dict[str, str]:
    return {"address": f"sales@{domain.name}", "targets": "\nx@far.example\ny<z@far.example"}


def text(answer: Any) -> str:
    return str(answer.content.decode())


def kept(page: str) -> dict[str, str]:
    fields = re.findall(r'<textarea hidden name="(\w+)">\n(.*?)</textarea>', page, re.DOTALL)
    return {name: html.unescape(value) for name, value in fields}


def test_what_was_written_is_kept(client: Client, sent: dict[str, str]) -> None:
    answer = client.post(PAGE, sent | {"password": "hush"}, headers=OURS)
    assert answer.status_code == 401
    page = text(answer)
    assert "You are signed out" in page
    assert 'href="/sign-in" target="_blank"' in page
    assert f'action="{PAGE}"' in page
    assert kept(page) == sent
    assert "hush" not in page


def test_it_is_sent_again_after_signing_in(domain: Domain, sent: dict[str, str]) -> None:
    boss = a_user("boss", domain=domain)
    a_role(boss, "organisation_admin", organisation=domain.organisation)
    page, strict = a_browser_of(boss), Client(enforce_csrf_checks=True)
    strict.cookies["mail_session"] = page.cookies["mail_session"].value
    sent = sent | {"targets": "x@far.example"}
    # The token of a page from before is worth nothing.
    asked = strict.post(PAGE, sent | {"csrfmiddlewaretoken": "a" * 64}, headers=OURS)
    assert asked.status_code == 403
    assert "Send it again?" in text(asked)
    assert not Alias.objects.filter(domain=domain).exists()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text(asked))
    assert found
    done = strict.post(PAGE, kept(text(asked)) | {"csrfmiddlewaretoken": found[1]}, headers=OURS)
    assert done.status_code == 302
    assert Alias.objects.filter(domain=domain).count() == 1


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_what_came_from_elsewhere_is_not_offered(client: Client, sent: dict[str, str], origin: str) -> None:
    for strict in (client, Client(enforce_csrf_checks=True)):
        answer = strict.post(
            PAGE, sent, headers=OURS | {"Origin": origin} if origin else {"Accept": "text/html"}
        )
        assert answer.status_code in {401, 403}
        assert not kept(text(answer))
        assert "Send it again" not in text(answer)


def test_a_fragment_leads_back_to_its_page(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/console/users/?q=a&state=on"}
    answer = client.get("/console/users/?q=ab", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in?next=%2Fconsole%2Fusers%2F%3Fq%3Da%26state%3Don"
