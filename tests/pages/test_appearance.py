"""How pages look: kept in the browser, and heard by the lists."""

import html
import re
from typing import Any

import pytest
from django.test import Client, RequestFactory

from apps.pages.tastes import COOKIE, Taste, taste
from tests.accounts.signing import SECRET, signed_in_client
from tests.factories import a_user

pytestmark = pytest.mark.django_db
PAGE = "/settings/appearance"
SENT = {"theme": "dark", "language": "de", "density": "compact", "paged": "on"}


@pytest.fixture
def page() -> Client:
    return signed_in_client(a_user("alice", password=SECRET))


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def read(cookie: str) -> Taste:
    request = RequestFactory().get("/")
    request.COOKIES[COOKIE] = cookie
    return taste(request)


def test_it_works(page: Client) -> None:
    assert "Appearance" in text(page.get("/settings/security"))
    assert page.post(PAGE, SENT).headers["Location"] == PAGE
    shown = text(page.get(PAGE))
    assert 'lang="de"' in shown
    assert 'data-theme="dark"' in shown
    assert re.search(r'value="compact"[^>]*checked', shown)
    assert page.cookies[COOKIE].value == "density:compact~group:0~paged:1~keys:0"
    assert read(page.cookies[COOKIE].value) == Taste("compact", grouped=False, paged=True, keys=False)
    assert not page.cookies[COOKIE]["httponly"]
    page.post(PAGE, SENT | {"theme": "", "language": "en"})
    assert "data-theme" not in text(page.get(PAGE))


@pytest.mark.parametrize(
    "changed", [{"theme": "pink"}, {"language": "xx"}, {"density": "huge"}, {"density": ""}]
)
def test_what_there_is_not_is_refused(page: Client, changed: dict[str, str]) -> None:
    answer = page.post(PAGE, SENT | changed)
    assert answer.status_code == 422
    assert "Nothing was changed." in text(answer)
    assert COOKIE not in page.cookies


@pytest.mark.parametrize("cookie", ["", "nonsense", "density:huge~group", "a:b" * 500, "%00~:~:"])
def test_a_cookie_made_up_is_no_fault(page: Client, cookie: str) -> None:
    assert read(cookie) == Taste()
    page.cookies[COOKIE] = cookie
    assert page.get(PAGE).status_code == 200


def test_strangers_are_asked_to_sign_in(client: Client) -> None:
    assert client.get(PAGE).headers["Location"].startswith("/sign-in?next=")
    assert client.post(PAGE, SENT).status_code == 401
