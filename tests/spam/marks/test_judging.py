"""What was learned says of a message, for each recipient; versions of the model, and what becomes of damaged ones."""

import hashlib
from typing import Any

import numpy as np
import pytest
from django.db import connection

from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.events.transactions import Plan, perform, query
from apps.events.transactions import Row as TransactionRow
from apps.mailboxes.models import Mailbox
from apps.mailflow import refile
from apps.organisations.errors import DirectoryError, NotFoundError
from apps.spam.envelopes import Envelope
from apps.spam.learning import linear, prior
from apps.spam.learning.features import features
from apps.spam.learning.material import material
from apps.spam.learning.prior import Prior
from apps.spam.marks import counts, judging, levels, sql, versions, weights
from apps.spam.marks.apart import found_in
from apps.spam.marks.judging import Learned
from apps.spam.marks.own import DamagedError, Lesson, Own
from apps.spam.marks.values import Apart
from apps.spam.marks.versions import Base
from apps.spam.models import ModelVersion
from apps.spam.models import Own as Row
from apps.spam.reading import read
from apps.spam.sources import Home, Message
from tests.factories import a_domain

from .people import Person, a_person, agrees, learn, nobody_else, total

pytestmark = pytest.mark.django_db
REAL = Apart(found_in, 1)


@pytest.fixture(autouse=True)
def _alone(db: None) -> None:
    nobody_else()


def message(text: str) -> Message:
    return Message(b"Subject: hi\r\nFrom: bob@example.test\r\n\r\n" + text.encode(), Envelope())


def home(person: Person) -> Home:
    domain = Mailbox.objects.get(pk=person.scope).domain
    return Home(person.scope, organisation_id=domain.organisation_id, domain=domain.name)


def score(learned: Learned, person: Person, text: str) -> float:
    return learned.homes(message(text), [home(person)])[person.scope].evidence.score


def a_model(word: str, *, note: str = "") -> bytes:
    """A model to which a word is bad."""
    made = Prior(about={"note": note})
    made.seen = np.ones(1 << 10, np.bool_)
    found = features(material(read(f"Subject: {word}\r\n\r\n{word} {word}".encode())))
    for _ in range(20):
        linear.learn(made.model, found, is_spam=True)
    return prior.dump(made)


def test_one_mark_speaks_at_once_and_to_nobody_else() -> None:
    domain = a_domain()
    alice, bob = a_person("alice", domain), a_person("bob", domain)
    learned = Learned()
    learned.load()
    text = "the secret offer of our pharmacy is waiting for you my friend"
    before = score(learned, bob, text)
    for number in range(10):
        alice.junk(f"{text} {number}")
    learn(REAL)
    assert agrees(alice.scope)
    assert score(learned, alice, text) > score(learned, bob, text) + 1
    assert score(learned, bob, text) == before
    assert learned.site(message(text)).evidence.score == before
    for number in range(5):
        alice.keep(f"minutes of the meeting with the architects about the house {number}")
    learn(REAL)
    assert score(learned, alice, "minutes of the meeting with the architects about the house") < 0


def test_all_recipients_are_asked_in_a_few_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [a_person(f"person{n}", a_domain()) for n in range(4)]
    for one in people:
        one.junk("cheap pills")
    learn(REAL)
    learned = Learned()
    learned.refresh()
    asked: list[str] = []

    def counting(statement: str, params: Any = None) -> Plan[list[TransactionRow]]:
        asked.append(statement)
        return query(statement, params)

    for module in (judging, counts):
        monkeypatch.setattr(module, "query", counting)
    learned.homes(message("cheap pills"), [home(one) for one in people])
    assert len(asked) == 3
    learned.homes(message("cheap pills"), [home(one) for one in people])
    assert len(asked) == 5  # The weights are in memory now.


def test_what_was_seen_can_be_read_again() -> None:
    learned = Learned()
    found = learned.site(message("cheap pills"))
    assert found.vector is not None
    said = judging.unpack(found.vector)
    assert said.score == pytest.approx(found.evidence.score, abs=1e-5)
    with pytest.raises(ValueError, match="not what"):
        judging.unpack(b"x")


class TestVersions:
    """The model everybody begins with."""

    def test_it_is_swapped_while_it_runs_and_rolled_back(self) -> None:
        now = [0.0]
        base = Base(clock=lambda: now[0])
        found = message("casino casino").features
        first = versions.install(data=a_model("casino"), note="first", actor=SYSTEM)
        base.refresh()
        known = base.before(found)["words"]
        second = versions.install(data=a_model("lottery"), note="second", actor=SYSTEM)
        assert not base.refresh()
        now[0] = 11
        assert base.refresh()
        assert base.before(found)["words"] < known / 2
        assert base.number == second.pk
        versions.roll_back(version=first.pk, actor=SYSTEM)
        now[0] = 22
        assert base.refresh()
        assert base.before(found)["words"] == known
        assert base.version.startswith(f"{first.pk}:")
        versions.roll_back(version=versions.SHIPPED, actor=SYSTEM)
        now[0] = 33
        assert base.refresh()
        assert base.number == versions.SHIPPED
        actions = AuditEntry.objects.filter(action__startswith="spam.model").values_list("action", flat=True)
        assert sorted(actions) == ["spam.model.choose"] * 2 + ["spam.model.install"] * 2

    def test_what_is_no_model_is_refused(self) -> None:
        with pytest.raises(DirectoryError, match="no model"):
            versions.install(data=b"nonsense", note="", actor=SYSTEM)
        with pytest.raises(NotFoundError):
            versions.roll_back(version=10**9, actor=SYSTEM)
        assert not ModelVersion.objects.exists()

    def test_a_damaged_one_is_named_and_the_one_before_it_speaks(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        first = versions.install(data=a_model("casino"), note="first", actor=SYSTEM)
        second = versions.install(data=a_model("lottery"), note="second", actor=SYSTEM)
        data = bytearray(ModelVersion.objects.get(pk=second.pk).data)
        data[-3] ^= 1
        ModelVersion.objects.filter(pk=second.pk).update(data=bytes(data))
        base = Base()
        assert base.before(message("casino casino").features)["words"] > 0.1
        assert "damaged" in ModelVersion.objects.get(pk=second.pk).fault
        assert ModelVersion.objects.get(pk=first.pk).fault == ""
        assert any(getattr(record, "version", None) == second.pk for record in caplog.records)

    def test_old_ones_go(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(versions, "KEPT", 2)
        data = a_model("casino")
        made = [versions.install(data=data, note=str(n), actor=SYSTEM).pk for n in range(5)]
        assert list(ModelVersion.objects.order_by("pk").values_list("pk", flat=True)) == made[-3:]


class TestOwn:
    """A mailbox's own weights."""

    def test_what_is_taken_back_leaves_nothing(self) -> None:
        own = Own()
        lessons = [
            own.learn(message(text).features, is_spam=True, before={})
            for text in ("cheap pills", "hello you")
        ]
        assert own.pack() != Own().pack()
        for lesson in lessons:
            own.add(Lesson.read(lesson.pack()) or lesson, -1)
        assert own.pack() == Own().pack()

    def test_what_everybody_knows_need_not_be_learned(self) -> None:
        found = message("cheap pills").features
        new, known = Own(), Own()
        new.learn(found, is_spam=True, before={})
        known.learn(found, is_spam=True, before=dict.fromkeys(linear.GROUPS, 6.0))
        assert 0 < known.scores(found)["words"] < new.scores(found)["words"] / 10

    def test_damaged_weights_are_named_and_made_again(self, caplog: pytest.LogCaptureFixture) -> None:
        alice = a_person()
        alice.junk("cheap pills", "cheap watches")
        learn(REAL)
        good = bytes(Row.objects.get(mailbox_id=alice.scope).data)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE spam_own SET data = set_byte(data, 20, 255 - get_byte(data, 20)) WHERE mailbox_id = %s",
                [alice.scope],
            )
        learned = Learned()
        assert learned.homes(message("cheap pills"), [home(alice)])
        assert any(getattr(record, "mailbox", None) == alice.scope for record in caplog.records)
        assert perform(weights.load(alice.scope)).pack() == good
        alice.junk("cheap phones")
        learn(REAL)
        assert agrees(alice.scope)

    @pytest.mark.parametrize("data", [b"", b"nonsense"])
    def test_nonsense_is_no_weights(self, data: bytes) -> None:
        assert Lesson.read(data) is None
        with pytest.raises(DamagedError):
            Own.read(data, hashlib.sha256(data).digest())

    def test_a_mark_too_old_to_be_taken_back_stays_counted(self) -> None:
        alice = a_person()
        alice.junk("cheap pills")
        learn(REAL)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE spam_trained SET at = now() - interval '500 days' WHERE mailbox_id = %s",
                [alice.scope],
            )
        levels.prune()
        assert perform(query(sql.STEPS, [alice.scope])) == [(b"",)]
        refile.not_junk(alice.hand, alice.chosen(alice.uids("Junk"), "Junk"))
        learn(REAL)
        assert total(alice.scope) == (1, 1)
