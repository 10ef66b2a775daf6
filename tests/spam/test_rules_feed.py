"""Feeds: signed, newer, whole; and what an administrator decided survives them."""

import base64
import datetime as dt
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.spam.models import RuleFeed, SpamRule
from apps.spam.rules import feeds, fetching, services, signing, starter
from apps.spam.rules.definitions import Rule, RuleError, Samples, Target
from apps.spam.rules.documents import Document, Listed
from apps.spam.rules.services import SITE, RuleRefusedError
from tools import rules_feed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_told")]

KEY = Ed25519PrivateKey.generate()


def rule(name: str, expression: str = "prize", score: float = 1.0, target: Target = Target.BODY) -> Rule:
    return Rule(name, target, expression, score, description="x")


def document(version: int, *rules: Rule) -> Document:
    return Document(version, tuple(Listed("test", one) for one in rules))


def take(version: int, *rules: Rule, is_dry: bool = False) -> feeds.Diff:
    return feeds.update(document=document(version, *rules), source="test", is_dry=is_dry, actor=SYSTEM)


def names() -> set[str]:
    return set(SpamRule.objects.filter(is_retired=False).values_list("name", flat=True))


@pytest.fixture
def key(settings: Settings) -> Ed25519PrivateKey:
    settings.MAIL_RULES_FEED_KEY = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
    return KEY


def test_it_works() -> None:
    assert take(1, rule("AA"), rule("BB")).added == ("AA", "BB")
    diff = take(2, rule("AA", score=2.0), rule("CC"))
    assert (diff.added, diff.removed) == (("CC",), ("BB",))
    assert diff.changed == (("AA", "score 1.0 → 2.0"),)
    assert names() == {"AA", "CC"}
    assert RuleFeed.objects.get(is_current=True).version == 2
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["spam_feed.update"] * 2


def test_a_dry_run_changes_nothing() -> None:
    assert take(1, rule("AA"), is_dry=True).added == ("AA",)
    assert names() == set()
    assert not RuleFeed.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_version_that_is_not_newer_is_refused() -> None:
    take(5, rule("AA"))
    for version in (5, 4):
        with pytest.raises(RuleRefusedError, match="not newer"):
            take(version, rule("BB"))
    assert names() == {"AA"}


@pytest.mark.parametrize(
    "bad",
    [
        rule("BAD", "(?=x)"),
        rule("bad"),
        rule("AA"),
        rule("MY_BAD"),
        rule("BAD", "BAD", target=Target.META),
        rule("BAD", score=float("inf")),
        Rule("BAD", Target.BODY, "x", samples=Samples(("y",))),
    ],
)
def test_one_bad_rule_refuses_the_whole_feed(bad: Rule) -> None:
    take(1, rule("AA"))
    with pytest.raises(RuleRefusedError, match=bad.name):
        take(2, rule("AA"), rule("BB"), bad)
    assert names() == {"AA"}
    assert RuleFeed.objects.get().version == 1


def test_what_an_administrator_decided_survives() -> None:
    take(1, rule("AA"), rule("BB"), rule("CC"), rule("DD"))
    by_name = {row.name: row for row in SpamRule.objects.all()}
    services.override_score(rule=by_name["AA"], score=0.1, actor=SYSTEM)
    services.disable_rule(rule=by_name["BB"], actor=SYSTEM)
    services.override_score(rule=by_name["CC"], score=0.2, actor=SYSTEM)
    take(2, rule("AA", score=3.0), rule("BB", "price"), rule("DD"))
    found = {row.name: row for row in SpamRule.objects.all()}
    assert (found["AA"].weight, found["AA"].score) == (0.1, 3.0)
    assert (found["BB"].is_in_use, found["BB"].expression) == (False, "price")
    assert found["CC"].is_retired
    take(3, rule("CC"), rule("DD"))
    assert SpamRule.objects.get(name="CC").weight == 0.2
    assert names() == {"CC", "DD"}


def test_a_rule_of_ones_own_stays_where_the_feed_has_one_of_its_name() -> None:
    services.create_rule(place=SITE, rule=rule("AA", "mine"), actor=SYSTEM)
    diff = take(1, rule("AA"), rule("BB"))
    assert (diff.kept, diff.added) == (("AA",), ("BB",))
    assert SpamRule.objects.get(name="AA").expression == "mine"


def test_going_back_and_not_forward_by_itself() -> None:
    take(1, rule("AA"))
    take(2, rule("BB"))
    assert feeds.roll_back(is_dry=True, actor=SYSTEM).added == ("AA",)
    assert names() == {"BB"}
    diff = feeds.roll_back(actor=SYSTEM)
    assert (diff.version, diff.before, diff.added, diff.removed) == (1, 2, ("AA",), ("BB",))
    assert names() == {"AA"}
    with pytest.raises(RuleRefusedError, match="not newer"):
        take(2, rule("BB"))
    with pytest.raises(RuleRefusedError, match="no earlier"):
        feeds.roll_back(actor=SYSTEM)
    take(3, rule("BB"))
    assert names() == {"BB"}


def test_a_failing_rule_that_is_changed_gets_another_chance() -> None:
    take(1, rule("AA"))
    services.note_failures({"site": {"AA": 9}})
    take(2, rule("AA", "price"))
    assert SpamRule.objects.get(name="AA").is_in_use


def test_old_versions_go() -> None:
    for version in range(1, feeds.KEPT_VERSIONS + 4):
        take(version, rule("AA", score=version / 10))
    assert RuleFeed.objects.count() == feeds.KEPT_VERSIONS + 1


def test_a_file_is_signed_and_taken_over(
    tmp_path: Path, key: Ed25519PrivateKey, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "feed.rules"
    file.write_bytes(signing.seal(document(1, rule("AA")), key))
    call_command("update_rules", str(file), "--dry-run")
    assert "+ AA" in capsys.readouterr().out
    assert names() == set()
    call_command("update_rules", str(file))
    assert "1 added" in capsys.readouterr().out
    call_command("update_rules", "--versions")
    assert "* 1  1 rules" in capsys.readouterr().out
    assert RuleFeed.objects.get().source == str(file)
    with pytest.raises(CommandError, match="no earlier"):
        call_command("update_rules", "--rollback")


def test_a_bad_signature_is_refused(tmp_path: Path, key: Ed25519PrivateKey, settings: Settings) -> None:
    file, whole = tmp_path / "feed.rules", signing.seal(document(1, rule("AA")), key)
    for bad in (
        whole.replace(b"prize", b"price"),
        signing.seal(document(1, rule("AA")), Ed25519PrivateKey.generate()),
        whole[:40],
        b"",
        b"mail rules feed 1\n!!\n{}",
        whole[: len(signing.MARK)] + b"\n" + whole[len(signing.MARK) :],
    ):
        file.write_bytes(bad)
        with pytest.raises(CommandError, match="refused"):
            call_command("update_rules", str(file))
    file.write_bytes(whole)
    settings.MAIL_RULES_FEED_KEY = ""
    with pytest.raises(CommandError, match="MAIL_RULES_FEED_KEY"):
        call_command("update_rules", str(file))
    settings.MAIL_RULES_FEED_KEY = "none"
    with pytest.raises(CommandError, match="no Ed25519 key"):
        call_command("update_rules", str(file))
    assert names() == set()


@pytest.mark.parametrize(
    "place", ["http://feed.example/rules", "ftp://feed.example/rules", "https:///x", "gopher://x"]
)
@pytest.mark.usefixtures("key")
def test_a_feed_comes_from_files_and_https_alone(place: str) -> None:
    with pytest.raises(CommandError, match="https://"):
        call_command("update_rules", place)


@pytest.mark.usefixtures("key")
def test_a_feed_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("update_rules", str(tmp_path / "none"))
    with pytest.raises(CommandError, match="cannot be fetched"):
        call_command("update_rules", "https://127.0.0.1:9/feed.rules")


def test_a_feed_that_is_too_large_is_not_read(
    tmp_path: Path, key: Ed25519PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", 10)
    file = tmp_path / "feed.rules"
    file.write_bytes(signing.seal(document(1, rule("AA")), key))
    with pytest.raises(CommandError, match="at most"):
        call_command("update_rules", str(file))


def test_the_rules_of_the_release_come_by_themselves_and_the_feed_every_two_weeks(
    tmp_path: Path, key: Ed25519PrivateKey, settings: Settings
) -> None:
    now, file = timezone.now(), tmp_path / "feed.rules"
    settings.MAIL_RULES_FEED = str(file)
    assert fetching.look_due(now=now) == f"release {starter.VERSION}"
    assert len(names()) == len(starter.document().rules)
    # It could not be read, so it is tried again.
    file.write_bytes(signing.seal(document(starter.VERSION + 1, rule("AA")), key))
    assert fetching.look_due(now=now) == f"feed {starter.VERSION + 1}"
    file.write_bytes(signing.seal(document(starter.VERSION + 2, rule("AA")), key))
    assert fetching.look_due(now=now + dt.timedelta(days=13)) == ""
    assert fetching.look_due(now=now + dt.timedelta(days=14)) == f"feed {starter.VERSION + 2}"
    assert fetching.look_due(now=now + dt.timedelta(days=28)) == ""
    assert names() == {"AA"}


def test_the_tool_makes_keys_and_signs(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    rules_feed.make_key(tmp_path / "key.pem")
    said = re.search(r"MAIL_RULES_FEED_KEY=(\S+)", capsys.readouterr().out)
    assert said is not None
    settings.MAIL_RULES_FEED_KEY = said[1]
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    (tmp_path / "a.toml").write_text(
        'group = "g"\n[[rule]]\nname = "AA"\ntarget = "body"\nexpression = "x"\nscore = 1\n'
    )
    assert rules_feed.sign(tmp_path / "key.pem", tmp_path / "out", 3, [tmp_path / "a.toml"]) == 1
    assert fetching.update_from(place=str(tmp_path / "out"), actor=SYSTEM).added == ("AA",)
    (tmp_path / "a.toml").write_text('[[rule]]\nname = "AA"\ntarget = "body"\nexpression = "("\n')
    with pytest.raises(RuleError):
        rules_feed.sign(tmp_path / "key.pem", tmp_path / "out", 4, [tmp_path / "a.toml"])
