"""Files a domain does not want: what its policy objects to, and what becomes of the message."""

import gzip

import pytest

from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.events.transactions import perform
from apps.mailflow import filtering
from apps.organisations.errors import DirectoryError
from apps.spam import queries
from apps.spam.authors import about
from apps.spam.content.attachments import files_of
from apps.spam.content.policy import Objection, Wants, What, inherited, objections
from apps.spam.decision import Reason
from apps.spam.envelopes import Envelope
from apps.spam.judging import Judge
from apps.spam.lists import Effect, Subject
from apps.spam.models import AttachmentPolicy
from apps.spam.objecting import NOT_WANTED
from apps.spam.reading import read
from apps.spam.scopes import SITE, Scope
from apps.spam.services import senders
from apps.spam.services.attachments import attachment_policy_of, set_attachment_policy
from apps.spam.sources import Home, Sources
from apps.spam.thresholds import Action, Level
from tests.factories import a_mailbox

from .test_attachments import EXE, OLE, encrypted_zip, with_file, zipped

CAME = Envelope("mallory@evil.test", ("alice@example.test",), "192.0.2.7")


def against(raw: bytes, *wants: tuple[Level, Wants]) -> list[tuple[str, str]]:
    found = objections(files_of(read(raw)), inherited(wants))
    return [(one.what.value, one.action.value) for one in found]


def of_domain(**actions: str) -> tuple[Level, Wants]:
    return Level.DOMAIN, Wants(
        {What(what.replace("_", " ")): Action(action) for what, action in actions.items()}
    )


@pytest.mark.parametrize(
    ("what", "raw"),
    [
        ("program", with_file("setup.exe", EXE)),
        ("program", with_file("invoice.js", b"x")),
        ("program", with_file("picture.png", EXE)),
        ("program", with_file("a.zip", zipped({"b.zip": zipped({"invoice.vbs": b"x"})}))),
        ("program", with_file("invoice.exe.gz", gzip.compress(EXE))),
        ("disk image", with_file("invoice.iso", b"x")),
        ("macro", with_file("invoice.docm", zipped({"word/document.xml": b"x"}))),
        ("page", with_file("invoice.html", b"<p>", "text/html")),
        ("encrypted", with_file("a.zip", encrypted_zip("letter.txt"))),
        ("encrypted", with_file("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"))),
        ("unreadable", with_file("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50))),
    ],
)
def test_each_sort_of_file_is_known(what: str, raw: bytes) -> None:
    assert (what, "quarantine") in against(raw, of_domain(**{what.replace(" ", "_"): "quarantine"}))
    assert against(raw) == []


def test_harmless_files_are_nobodys_business() -> None:
    everything = of_domain(**{what.value.replace(" ", "_"): "refuse" for what in What})
    for raw in (with_file("a.pdf", b"%PDF-1.7"), with_file("a.docx", zipped({"word/document.xml": b"x"}))):
        assert against(raw, everything) == []


def test_the_nearest_word_counts_and_the_hardest_comes_first() -> None:
    raw = with_file("a.zip", zipped({"setup.exe": EXE, "page.html": b"<html>", "list.xyz": b"x"}))
    site = (
        Level.SITE,
        Wants(
            {What.PROGRAM: Action.REFUSE, What.PAGE: Action.TAG, What.LISTED: Action.TAG}, frozenset({"xyz"})
        ),
    )
    assert against(raw, site) == [("program", "refuse"), ("page", "tag"), ("listed", "tag")]
    mine = Level.USER, Wants({What.PROGRAM: Action.INBOX, What.PAGE: Action.QUARANTINE})
    assert against(raw, mine, site) == [("page", "quarantine"), ("listed", "tag")]
    (first, *_) = objections(files_of(read(raw)), inherited([site]))
    assert first == Objection(What.PROGRAM, "a.zip > setup.exe", Action.REFUSE, Level.SITE)


@pytest.mark.django_db
def test_a_policy_is_set_inherited_and_taken_back() -> None:
    alice, mallory = a_mailbox("alice"), a_mailbox("mallory")
    wants = Wants({What.PROGRAM: Action.REFUSE, What.LISTED: Action.JUNK}, frozenset({".XYZ", "*.abc"}))
    set_attachment_policy(scope=Scope(alice.domain), wants=wants, actor=SYSTEM)
    set_attachment_policy(scope=SITE, wants=Wants({What.ENCRYPTED: Action.TAG}), actor=SYSTEM)
    assert attachment_policy_of(Scope(alice.domain)).extensions == {"xyz", "abc"}
    found = perform(queries.attachment_policies([alice.id, mallory.id]))
    assert found[alice.id].actions == {
        What.PROGRAM: (Action.REFUSE, Level.DOMAIN),
        What.LISTED: (Action.JUNK, Level.DOMAIN),
        What.ENCRYPTED: (Action.TAG, Level.SITE),
    }
    assert set(found[mallory.id].actions) == {What.ENCRYPTED}
    set_attachment_policy(scope=Scope(alice.domain), wants=Wants(), actor=SYSTEM)
    assert set(perform(queries.attachment_policies([alice.id]))[alice.id].actions) == {What.ENCRYPTED}
    told = [
        entry.details["after"]
        for entry in AuditEntry.objects.filter(action="filter.attachments").order_by("pk")
    ]
    assert told == ["listed: junk, program: refuse, abc xyz", "encrypted: tag", "-"]


@pytest.mark.django_db
def test_what_is_no_policy() -> None:
    for wants in (
        Wants({What.LISTED: Action.TAG}, frozenset({"no good"})),
        Wants({}, frozenset({"exe"})),
        Wants({What.LISTED: Action.TAG}, frozenset(f"e{number}" for number in range(300))),
    ):
        with pytest.raises(DirectoryError):
            set_attachment_policy(scope=SITE, wants=wants, actor=SYSTEM)
    AttachmentPolicy.objects.create(level="site", rules={"nonsense": "tag", "program": "nonsense"})
    assert attachment_policy_of(SITE) == Wants()


def judged(raw: bytes, home: Home) -> tuple[Action, Reason, list[str]]:
    report = Judge(Sources()).judge(raw, CAME, [home])
    (one,) = report.judged
    details = [symbol.detail for symbol in one.evidence.symbols if symbol.name == NOT_WANTED]
    return one.decision.action, one.decision.reason, details


def test_a_policy_decides_whatever_a_message_scores() -> None:
    policy = inherited([of_domain(program="refuse", page="tag")])
    home = Home(1, attachments=policy)
    action, reason, details = judged(with_file("setup.exe", EXE), home)
    assert (action, reason) == (Action.REFUSE, Reason.ATTACHMENT)
    assert details == ["program: setup.exe"]
    assert judged(with_file("a.html", b"<p>", "text/html"), home)[0] is Action.TAG
    assert judged(with_file("a.pdf", b"%PDF-"), home) == (Action.INBOX, Reason.CLEAN, [])
    assert judged(with_file("setup.exe", EXE), Home(1))[0] is Action.INBOX
    report = Judge(Sources()).judge(with_file("setup.exe", EXE), CAME, [home])
    assert report.judged[0].decision.otherwise is Action.QUARANTINE


@pytest.mark.django_db
def test_alices_domain_refuses_what_mallorys_takes() -> None:
    alice, mallory = a_mailbox("alice"), a_mailbox("mallory")
    set_attachment_policy(scope=Scope(alice.domain), wants=Wants({What.PROGRAM: Action.REFUSE}), actor=SYSTEM)
    raw = with_file("setup.exe", EXE)
    homes = {home.mailbox_id: home for home in filtering.homes([alice.id, mallory.id], about(raw, CAME))}
    assert judged(raw, homes[alice.id])[0] is Action.REFUSE
    assert judged(raw, homes[mallory.id])[0] is Action.INBOX
    senders.add_entry(
        scope=Scope(alice),
        effect=Effect.ALLOW,
        subject=Subject.ADDRESS,
        pattern="mallory@evil.test",
        actor=SYSTEM,
    )
    homes = {home.mailbox_id: home for home in filtering.homes([alice.id], about(raw, CAME))}
    assert judged(raw, homes[alice.id])[:2] == (Action.INBOX, Reason.ALLOWED)
