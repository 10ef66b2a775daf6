"""What is done with a whole folder, labels as a filter, and a mailbox in which nothing is yet."""

import re

import pytest
from django.conf import settings

from apps.events.audit import SYSTEM
from apps.mailboxes.services import set_member
from tests.factories import a_mailbox, a_user

from .mail import signed_in
from .shelf import Shelf, a_letter, a_shelf

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf() -> Shelf:
    return a_shelf(*map(a_letter, (1, 2, 3)))


def place(shelf: Shelf, what: str, folder: str = "INBOX") -> str:
    return shelf.at(f"f/{shelf.ids[folder]}/{what}")


def test_mark_all_as_read(shelf: Shelf) -> None:
    assert "Mark all as read" in shelf.page()
    answer = shelf.client.post(place(shelf, "read"), follow=True)
    assert "3 messages marked as read." in answer.content.decode()
    assert shelf.subjects(query="&show=unread") == []
    done = shelf.post("act", {"verb": "unread", "all": shelf.ids["INBOX"]}).json()
    assert done["count"] == 3


@pytest.mark.parametrize("folder", ["Trash", "Junk"])
def test_bin_and_spam_are_emptied_for_ever(shelf: Shelf, folder: str) -> None:
    shelf.act({"Trash": "delete", "Junk": "junk"}[folder], *shelf.uids()[:2])
    assert 'id="empty-folder"' in shelf.page(folder=folder)
    answer = shelf.client.post(place(shelf, "empty", folder), follow=True)
    assert "2 messages deleted for ever." in answer.content.decode()
    assert shelf.subjects(folder) == []
    assert len(shelf.subjects()) == 1


def test_no_other_folder_can_be_emptied(shelf: Shelf) -> None:
    assert 'id="empty-folder"' not in shelf.page()
    assert shelf.client.post(place(shelf, "empty")).status_code == 404
    assert len(shelf.subjects()) == 3


@pytest.mark.parametrize("what", ["read", "empty"])
def test_nobody_else_may(shelf: Shelf, what: str) -> None:
    where = place(shelf, what, "Trash")
    assert shelf.client.get(where).status_code == 405
    assert signed_in(a_mailbox("mallory").owner).post(where).status_code == 404
    bob = a_user("bob", domain=shelf.mailbox.domain)
    set_member(mailbox=shelf.mailbox, user=bob, rights=["read"], actor=SYSTEM)
    assert signed_in(bob).post(where).status_code == 404
    other = a_shelf()
    assert shelf.client.post(shelf.at(f"f/{other.ids['Trash']}/{what}")).status_code == 404


def test_labels_filter_the_folder_and_lead_to_all_mail(shelf: Shelf) -> None:
    assert "label-menu" not in shelf.page()
    shelf.act("label", shelf.uids()[0], label="Finance")
    page = shelf.page("?label=Finance")
    assert re.search(r'popovertarget="label-menu" aria-current="true"><bdi>Finance</bdi>', page)
    assert "Letter 3" in page
    assert "Letter 2" not in page
    found = shelf.page("?q=label:%22Finance%22")
    assert re.search(r'q=label%3A%22Finance%22" aria-current="page"', found)
    assert "No message is like that" in shelf.page("?label=Nothing")
    # From a conversation's own page the label leads to the list, too.
    row = shelf.json("rows?start=0&count=1")["rows"][0]
    thread = shelf.client.get(shelf.at(f"t/{row['thread']}")).content.decode()
    assert f'href="{place(shelf, "")}?q=label%3A%22Finance%22"' in thread


def test_a_new_mailbox_helps(shelf: Shelf) -> None:
    blank = a_shelf()
    page = blank.page()
    for words in (
        "Nothing here yet",
        "IMAP",
        f"port {settings.MAIL_IMAPS_PORT}",
        "app password",
        "STARTTLS",
        str(blank.mailbox),
    ):
        assert words in page
    assert '<template id="first-steps">' in page
    assert "first-steps" not in blank.page("?show=unread")
    assert "first-steps" not in blank.page(folder="Trash")
    assert "first-steps" not in shelf.page()
    for uid in shelf.uids():
        shelf.act("archive", uid)
    assert "Your inbox is empty" in shelf.page()


def test_how_to_set_up_a_mail_program(shelf: Shelf) -> None:
    page = shelf.client.get(shelf.at("programs")).content.decode()
    assert str(shelf.alice) in page
    assert 'href="/settings/security/app-passwords/add"' in page
    assert signed_in(a_mailbox("mallory").owner).get(shelf.at("programs")).status_code == 404
