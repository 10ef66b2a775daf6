"""What a reader does with messages, and takes back; folders made and dropped."""

import pytest

from tests.factories import a_mailbox

from .mail import signed_in
from .shelf import Shelf, a_letter, a_shelf

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf() -> Shelf:
    return a_shelf(*map(a_letter, (1, 2, 3)))


def test_it_works_and_is_taken_back(shelf: Shelf) -> None:
    done = shelf.act("archive", *shelf.uids()[:2])
    assert done.status_code == 200
    answer = done.json()
    assert answer["text"] == "2 messages archived."
    assert shelf.subjects() == ["Letter 1"]
    back = shelf.client.post(shelf.at(f"undo/{answer['undo']}"))
    assert back.json()["text"] == "2 messages are as they were."
    assert shelf.subjects() == ["Letter 3", "Letter 2", "Letter 1"] or len(shelf.subjects()) == 3
    again = shelf.client.post(shelf.at(f"undo/{answer['undo']}"))
    assert again.status_code == 409
    assert again.json()["detail"] == "It was taken back already."


@pytest.mark.parametrize(
    ("verb", "folder"), [("delete", "Trash"), ("junk", "Junk"), ("archive", "Archive"), ("move", "Sent")]
)
def test_moves(shelf: Shelf, verb: str, folder: str) -> None:
    target = shelf.ids["Sent"] if verb == "move" else 0
    assert shelf.act(verb, shelf.uids()[0], target=target).status_code == 200
    assert shelf.subjects(folder) == ["Letter 3"]


def test_marks(shelf: Shelf) -> None:
    uid = shelf.uids()[0]
    shelf.act("read", uid)
    shelf.act("label", uid, label="Finance")
    row = shelf.json("rows?start=0&count=1")["rows"][0]
    assert row["unread"] == 0
    assert row["labels"] == ["Finance"]
    assert "Finance" in shelf.page()
    shelf.act("unlabel", uid, label="Finance")
    assert shelf.json("rows?start=0&count=1")["rows"][0]["labels"] == []
    assert shelf.act("label", uid, label="two words").status_code == 422


def test_all_of_a_folder(shelf: Shelf) -> None:
    done = shelf.act("delete", all=shelf.ids["INBOX"])
    assert done.json()["count"] == 3
    assert shelf.subjects() == []


def test_by_the_ids_of_messages(shelf: Shelf) -> None:
    row = shelf.json("rows?start=0&count=1")["rows"][0]
    assert shelf.act("star", contents=[row["content"]]).json()["count"] == 1


def test_by_the_ids_of_those_in_one_folder(shelf: Shelf) -> None:
    rows = shelf.json("rows?start=0&count=3")["rows"]
    shelf.act("move", rows[0]["uid"], target=shelf.ids["Sent"])
    contents = [row["content"] for row in rows]
    wanted = {"verb": "archive", "contents": contents, "folder": shelf.ids["INBOX"]}
    assert shelf.post("act", wanted).json()["count"] == 2
    assert shelf.subjects("Sent") == ["Letter 3"]


def test_what_is_erased_is_gone(shelf: Shelf) -> None:
    done = shelf.act("erase", shelf.uids()[0]).json()
    assert done["undo"] is None
    assert shelf.subjects("Trash") == []
    assert len(shelf.subjects()) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"verb": "explode"}',
        b'{"verb": "star", "places": 3}',
        b'{"verb": "star", "contents": ["a"]}',
        b'{"verb": "star", "contents": [1e999]}',
        b'{"verb": "star", "contents": [99999999999999999999]}',
        b'{"verb": "star", "places": [{"folder": 99999999999999999999, "uids": [1]}]}',
        b'{"verb": "move", "contents": [1], "target": -1}',
        b"[" * 100_000,
    ],
    ids=range(10),
)
def test_nonsense_is_refused(shelf: Shelf, body: bytes) -> None:
    assert shelf.client.post(shelf.at("act"), body, content_type="application/json").status_code == 400


def test_mallory_does_nothing(shelf: Shelf) -> None:
    token = shelf.act("star", shelf.uids()[0]).json()["undo"]
    mallory = a_mailbox("mallory")
    client = signed_in(mallory.owner)
    assert client.post(shelf.at("act"), b"{}", content_type="application/json").status_code == 404
    assert client.post(shelf.at(f"undo/{token}")).status_code == 404
    assert client.post(f"/mail/{mallory.pk}/undo/{token}").status_code == 409
    assert client.get(shelf.at("recent")).status_code == 404
    assert client.post(shelf.at("folders"), {"name": "x"}).status_code == 404
    assert client.post(f"{shelf.at()}f/{shelf.ids['Sent']}/delete").status_code == 404


def test_another_mailboxs_messages_stay(shelf: Shelf) -> None:
    other = a_shelf(a_letter(7))
    uid = other.uids()[0]
    places = [{"folder": other.ids["INBOX"], "uids": [uid]}]
    assert shelf.post("act", {"verb": "delete", "places": places}).json()["count"] == 0
    move = {
        "verb": "move",
        "places": [{"folder": shelf.ids["INBOX"], "uids": shelf.uids()}],
        "target": other.ids["Sent"],
    }
    assert shelf.post("act", move).status_code == 422
    assert other.subjects() == ["Letter 7"]


def test_recent_actions(shelf: Shelf) -> None:
    assert b"Nothing in the last day" in shelf.client.get(shelf.at("recent")).content
    shelf.act("archive", shelf.uids()[0])
    page = shelf.client.get(shelf.at("recent")).content
    assert b"1 message moved to Archive" in page or b"1 message archived" in page
    assert b"data-undo" in page


def test_a_folder_is_made_renamed_and_deleted(shelf: Shelf) -> None:
    made = shelf.client.post(shelf.at("folders"), {"name": "Projects"})
    page = shelf.client.get(made.headers["Location"]).content.decode()
    assert "Projects" in page
    address = made.headers["Location"]
    shelf.client.post(f"{address}rename", {"name": "Plans"})
    assert "Plans" in shelf.client.get(address).content.decode()
    assert (
        "a folder “Plans” already"
        in shelf.client.post(shelf.at("folders"), {"name": "Plans"}, follow=True).content.decode()
    )
    assert (
        "No folder can be called"
        in shelf.client.post(shelf.at("folders"), {"name": "a//b"}, follow=True).content.decode()
    )
    gone = shelf.client.post(f"{address}delete", follow=True)
    assert "was deleted" in gone.content.decode()
    assert shelf.client.get(address).status_code == 404


def test_the_usual_folders_stay(shelf: Shelf) -> None:
    for name in ("INBOX", "Sent"):
        assert shelf.client.post(f"{shelf.at()}f/{shelf.ids[name]}/delete").status_code == 404
        assert shelf.client.post(f"{shelf.at()}f/{shelf.ids[name]}/rename", {"name": "x"}).status_code == 404
