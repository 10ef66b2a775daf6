"""A folder as a page, and as the island asks for it."""

import re

import pytest

from apps.events.audit import SYSTEM
from apps.mailboxes.services import set_member
from tests.factories import a_mailbox, a_user

from .counting import statements
from .mail import signed_in
from .shelf import Shelf, a_letter, a_shelf, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf() -> Shelf:
    return a_shelf(*map(a_letter, (1, 2, 3)))


def test_it_works(shelf: Shelf) -> None:
    page = shelf.page()
    assert re.findall(r"Letter \d", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)) == [
        "Letter 3",
        "Letter 2",
        "Letter 1",
    ]
    assert "Ana Roth" in page
    assert "The text of letter 2." in page
    assert "3 unread" in page


def test_mail_leads_to_the_inbox_of_the_mailbox_one_signs_in_by(shelf: Shelf) -> None:
    assert shelf.client.get("/mail/").headers["Location"] == shelf.at()
    assert shelf.client.get(shelf.at()).headers["Location"] == f"{shelf.at()}f/{shelf.ids['INBOX']}/"


def test_whoever_has_no_mailbox_is_told_so() -> None:
    assert b"No mailbox is yours" in signed_in(a_user("bob")).get("/mail/").content


def test_folders_have_the_names_people_know(shelf: Shelf) -> None:
    page = shelf.page()
    for name in ("Inbox", "Drafts", "Sent", "Archive", "Spam", "Bin"):
        assert f'<span class="nav-name">{name}</span>' in page


@pytest.mark.parametrize("rest", ["", "rows?start=0", "changes?since=1"])
def test_mallory_sees_nothing(shelf: Shelf, rest: str) -> None:
    mallory = signed_in(a_mailbox("mallory").owner)
    for place in (
        f"{shelf.at()}f/{shelf.ids['INBOX']}/{rest}",
        shelf.at(),
        shelf.at("counts"),
        shelf.at("search?q=a"),
    ):
        assert mallory.get(place).status_code == 404


def test_nobody_is_asked_to_sign_in(shelf: Shelf, client: object) -> None:
    shelf.client.logout()
    answer = shelf.client.get(f"{shelf.at()}f/{shelf.ids['INBOX']}/")
    assert answer.status_code == 302
    answer = shelf.client.get(shelf.at("counts"), headers={"Accept": "application/json"})
    assert answer.status_code == 401


def test_another_mailboxs_folder_is_not_there(shelf: Shelf) -> None:
    other = a_shelf()
    assert shelf.client.get(f"{shelf.at()}f/{other.ids['INBOX']}/").status_code == 404
    assert shelf.client.get(f"{shelf.at()}f/{other.ids['INBOX']}/rows").status_code == 404


def test_a_member_reads_but_may_not_write(shelf: Shelf) -> None:
    bob = a_user("bob", domain=shelf.mailbox.domain)
    set_member(mailbox=shelf.mailbox, user=bob, rights=["read"], actor=SYSTEM)
    client = signed_in(bob)
    answer = client.get(f"{shelf.at()}f/{shelf.ids['INBOX']}/")
    assert answer.status_code == 200
    assert b"data-compose" not in answer.content
    assert b'id="new-folder"' not in answer.content
    assert client.post(shelf.at("act"), "{}", content_type="application/json").status_code == 404


def test_a_conversation_is_one_row(shelf: Shelf) -> None:
    put(shelf.mailbox, a_letter(4, more="In-Reply-To: <2@roth.example>\r\nReferences: <2@roth.example>\r\n"))
    grouped = shelf.json("rows?start=0&count=10&group=1")
    assert grouped["total"] == 3
    assert grouped["rows"][0]["subject"] == "Letter 4"
    assert len(grouped["rows"][0]["uids"]) == 2
    assert shelf.json("rows?start=0&count=10")["total"] == 4


def test_filters(shelf: Shelf) -> None:
    newest = shelf.uids()[0]
    shelf.act("star", newest)
    shelf.act("read", newest)
    assert shelf.subjects(query="&show=starred") == ["Letter 3"]
    assert shelf.subjects(query="&show=unread") == ["Letter 2", "Letter 1"]
    assert "No message is like that" in shelf.page("?show=attachment")


def test_pages_without_scripts(shelf: Shelf) -> None:
    for n in range(4, 60):
        put(shelf.mailbox, a_letter(n))
    first = shelf.page()
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    second = shelf.page("?start=50")
    assert 'rel="prev"' in second
    assert "Letter 9<" in second
    assert 'rel="next"' not in second


def test_search_says_what_it_understood(shelf: Shelf) -> None:
    page = shelf.page("?q=from:ana%20letter%20colour:red")
    assert "from:ana" in page
    assert "There is no “colour:”" in page
    found = shelf.client.get(shelf.at("search?q=subject:%22Letter%202%22")).json()
    assert [row["subject"] for row in found["rows"]] == ["Letter 2"]
    assert found["chips"] == [{"text": 'subject:"Letter 2"', "without": ""}]
    assert found["cursor"] is None
    assert "No results in all mail" in shelf.page("?q=nowhere")


def test_text_of_strangers_is_text(shelf: Shelf) -> None:
    put(shelf.mailbox, a_letter(9, sender="</script><script>alert(1)</script> <x@y.example>"))
    page = shelf.page()
    assert "<script>alert" not in page


def test_what_changed(shelf: Shelf) -> None:
    modseq = shelf.json("rows?start=0&count=1")["modseq"]
    put(shelf.mailbox, a_letter(4))
    shelf.act("delete", shelf.uids()[-1])
    changed = shelf.json(f"changes?since={modseq}")
    assert [row["subject"] for row in changed["new"]] == ["Letter 4"]
    assert len(changed["vanished"]) == 1
    assert shelf.client.get(f"{shelf.at()}f/{shelf.ids['INBOX']}/changes?since=x").status_code == 400


def test_counts(shelf: Shelf) -> None:
    answer = shelf.client.get(shelf.at("counts")).json()
    by_id = {one["id"]: one for one in answer["folders"]}
    assert by_id[shelf.ids["INBOX"]]["badge"] == 3
    assert answer["used"] > 0


@pytest.mark.parametrize("query", ["", "?show=unread", "?show=attachment", "?q=letter"])
def test_a_page_asks_few_statements_however_many_rows(shelf: Shelf, query: str) -> None:
    shelf.page(query)
    with statements() as few:
        shelf.page(query)
    for n in range(4, 40):
        put(shelf.mailbox, a_letter(n))
    shelf.page(query)
    with statements() as many:
        shelf.page(query)
    assert len(many) == len(few)
    assert len(many) <= (9 if "q=" in query else 6), many


def test_a_page_after_new_mail_asks_as_few(shelf: Shelf) -> None:
    shelf.page()
    put(shelf.mailbox, a_letter(4))
    with statements() as asked:
        assert "Letter 4" in shelf.page()
    assert len(asked) <= 6, asked


@pytest.mark.parametrize("number", ["9" * 19, "9" * 30])
def test_numbers_that_nothing_has_lead_nowhere(shelf: Shelf, number: str) -> None:
    content = f"/mail/m/{shelf.mailbox.pk}/{number}"
    for path in (f"f/{number}/rows", f"f/{number}/changes?since=1", f"undo/{number}", f"drafts/of/{number}"):
        assert shelf.client.get(shelf.at(path)).status_code == 404
    for path in ("body", "card", "source", "print", "trace", "raw", "part/1", "cid/x"):
        assert shelf.client.get(f"{content}/{path}").status_code == 404


def test_nothing_is_looked_for_by_a_nul(shelf: Shelf) -> None:
    for query in ("label:%00", "%00", "from:a%00b"):
        assert shelf.client.get(shelf.at(f"search?q={query}")).status_code == 200
        assert shelf.client.get(f"/mail/suggestions?q={query}").status_code == 200
