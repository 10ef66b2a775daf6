"""What alice wants of the filter for her own mailbox, and that it is hers alone."""

import html

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.spam.models import SenderEntry
from apps.spam.queries import settings_of
from apps.spam.thresholds import Level, Preset
from tests.accounts.signing import SECRET, signed_in_client
from tests.factories import a_mailbox, a_user

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/settings/junk"


@pytest.fixture
def alice() -> User:
    user = a_user("alice", password=SECRET)
    a_mailbox("alice", owner=user)
    return user


@pytest.fixture
def page(alice: User) -> Client:
    return signed_in_client(alice)


def the_mailbox(user: User) -> Mailbox:
    return Mailbox.objects.get(owner=user)


def test_alice_makes_her_filter_strict(page: Client, alice: User) -> None:
    assert page.post(PAGE, {"preset": "strict"}).status_code == 302
    mailbox = the_mailbox(alice).pk
    found = perform(settings_of([mailbox]))[mailbox]
    assert (found.preset, found.origin) == (Preset.STRICT, Level.USER)
    assert "From a score of 2.5 on" in page.get(PAGE).content.decode()
    page.post(PAGE, {"preset": ""})
    assert perform(settings_of([mailbox]))[mailbox].origin is Level.SITE


def test_a_sender_is_always_wanted_until_taken_off(page: Client, alice: User) -> None:
    said = {"effect": "allow", "subject": "address", "pattern": "Bob@Friend.example"}
    assert page.post(f"{PAGE}/add", said).status_code == 302
    entry = SenderEntry.objects.get(mailbox=the_mailbox(alice))
    assert "bob@friend.example" in page.get(PAGE).content.decode().lower()
    assert page.post(f"{PAGE}/{entry.pk}/remove").status_code == 302
    assert not SenderEntry.objects.filter(mailbox=the_mailbox(alice)).exists()


def test_what_is_no_address_is_told_beside_its_field(page: Client) -> None:
    answer = page.post(f"{PAGE}/add", {"effect": "block", "subject": "address", "pattern": "<script>"})
    assert answer.status_code == 422
    assert "is not an address" in html.unescape(answer.content.decode())
    assert b"<script>" not in answer.content.replace(b"<script ", b"")


def test_mallory_changes_nothing_of_alices(page: Client, alice: User) -> None:
    page.post(f"{PAGE}/add", {"effect": "block", "subject": "domain", "pattern": "evil.example"})
    entry = SenderEntry.objects.get(mailbox=the_mailbox(alice))
    mallory = a_user("mallory", password=SECRET)
    a_mailbox("mallory", owner=mallory)
    client = signed_in_client(mallory)
    assert client.get(f"{PAGE}?mailbox={the_mailbox(alice).pk}").status_code == 404
    assert client.post(f"{PAGE}?mailbox={the_mailbox(alice).pk}", {"preset": "strict"}).status_code == 404
    assert client.post(f"{PAGE}/{entry.pk}/remove").status_code == 404
    assert SenderEntry.objects.filter(pk=entry.pk).exists()


def test_who_has_no_mailbox_is_told_so() -> None:
    page = signed_in_client(a_user("carol", password=SECRET)).get(PAGE)
    assert page.status_code == 200
    assert "no mailbox of your own" in page.content.decode()


def test_it_asks_little(page: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for n in range(20):
        page.post(f"{PAGE}/add", {"effect": "block", "subject": "domain", "pattern": f"x{n}.example"})
    with django_assert_max_num_queries(10):
        page.get(PAGE)
