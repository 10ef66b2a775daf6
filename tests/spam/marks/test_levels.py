"""What others see of what somebody was taught, and that nobody alone moves it."""

import numpy as np
import pytest
from django.db import connection

from apps.domains.models import Domain
from apps.events.audit import SYSTEM
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailflow import refile, removal
from apps.spam.marks import levels, sql
from apps.spam.marks.counts import Level, counts_for
from apps.spam.marks.values import SITE, Wanted, chain
from apps.spam.models import Token, Total, Trained
from tests.factories import a_domain

from .people import Person, a_person, counted, learn, nobody_else, number, numbers, said, total

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _alone(db: None) -> None:
    nobody_else()


def a_house(count: int, domain: Domain | None = None) -> list[Person]:
    domain = domain or a_domain()
    return [a_person(f"person{n}", domain) for n in range(count)]


def built() -> int:
    learn()
    return levels.build_due()


def test_several_who_agree_teach_others() -> None:
    house = a_house(4)
    for one in house[:3]:
        one.junk("cheap pills")
        one.keep("lunch tomorrow")
    built()
    scope = -house[0].box.organisation_id
    # One of three voices is left out of each.
    assert said(scope, "cheap lunch") == {"cheap": (2, 0), "lunch": (0, 2)}
    assert total(scope) == (2, 2)
    assert Total.objects.get(scope=scope).voices == 3


def test_alice_teaches_ten_messages_and_bobs_filter_stays_as_it_was() -> None:
    domain = a_domain()
    alice, bob, *others = (a_person(name, domain) for name in ("alice", "bob", "carol", "dave", "erin"))
    for one in (bob, *others):
        one.keep(*(f"lunch meeting number{n} {one.user.pk}" for n in range(10)))
        one.junk(*(f"cheap pills number{n}" for n in range(10)))
    built()
    words = numbers("lunch meeting cheap pills number1 number2 secret")
    scopes = chain(domain.organisation_id, bob.scope)
    [before] = counts_for([Wanted(words, scopes)])
    alice.junk(*(f"lunch meeting secret offer{n}" for n in range(10)))
    built()
    [after] = counts_for([Wanted(words, scopes)])
    for scope in scopes:
        assert np.array_equal(before[scope].spam, after[scope].spam)
        assert np.array_equal(before[scope].ham, after[scope].ham)
    assert before[-domain.organisation_id].ham.sum() > 0
    assert said(alice.scope, "lunch secret") == {"lunch": (10, 0), "secret": (10, 0)}


def test_who_marks_everything_weighs_no_more_than_others_do() -> None:
    house = a_house(4)
    poisoner, *others = house
    for one in others:
        one.junk("cheap pills")
        one.keep("lunch tomorrow", "invoice attached")
    built()
    scope = -house[0].box.organisation_id
    before, totals = counted(scope), total(scope)
    poisoner.junk(*(f"lunch invoice tomorrow attached number{n}" for n in range(60)))
    built()
    after = counted(scope)
    assert {token: ham for token, (_, ham) in after.items()} == {
        token: ham for token, (_, ham) in before.items()
    }
    assert after[number("lunch")] == before[number("lunch")]
    assert total(scope)[0] <= totals[0] + 1
    assert number("number1") not in after


def test_several_mailboxes_of_one_owner_are_one_voice() -> None:
    house = a_house(3)
    Mailbox.objects.filter(pk__in=[one.scope for one in house]).update(owner=house[0].user)
    for one in house:
        one.junk("cheap pills")
    built()
    assert counted(-house[0].box.organisation_id) == {}


def test_what_one_person_writes_is_on_no_level_but_theirs() -> None:
    house = a_house(5)
    for one in house:
        one.keep(f"lunch with secret{one.user.pk}")
    built()
    for one in house:
        assert number(f"secret{one.user.pk}") not in counted(-one.box.organisation_id)


def test_organisations_teach_the_site_as_people_teach_an_organisation() -> None:
    houses = [a_house(3) for _ in range(4)]
    for house in houses[:2]:
        for one in house:
            one.junk("cheap pills")
    built()
    assert counted(SITE) == {}
    for one in houses[2]:
        one.junk("cheap watches")
    built()
    assert said(SITE, "cheap pills watches") == {"cheap": (4, 0), "pills": (0, 0), "watches": (0, 0)}
    before = counted(SITE), total(SITE)
    for one in houses[3]:
        one.keep("cheap lunch")
    built()
    # One organisation alone says nothing of good mail.
    assert (counted(SITE), total(SITE)) == before


def test_what_is_taken_back_and_who_is_removed_is_gone_from_above() -> None:
    house = a_house(4)
    for one in house:
        one.junk("cheap pills")
    built()
    scope = -house[0].box.organisation_id
    assert said(scope, "cheap")["cheap"] == (3, 0)
    removal.delete_mailbox(mailbox=Mailbox.objects.get(pk=house[0].scope), actor=SYSTEM)
    removal.finish(house[0].scope)
    built()
    assert said(scope, "cheap")["cheap"] == (2, 0)
    for one in house[1:3]:
        refile.not_junk(one.hand, one.chosen(one.uids("Junk"), "Junk"))
    built()
    assert total(scope) == (0, 1)
    assert said(scope, "cheap")["cheap"] == (0, 1)


def test_a_level_that_did_not_change_is_not_made_again() -> None:
    house = a_house(3)
    for one in house:
        one.junk("cheap pills")
    assert built() == 2
    version = Total.objects.get(scope=-house[0].box.organisation_id).version
    assert levels.build_due() == 0
    perform(levels.build(-house[0].box.organisation_id))
    assert Total.objects.get(scope=-house[0].box.organisation_id).version == version


def test_the_site_is_kept_in_memory_and_read_anew_when_it_changed() -> None:
    now = [0.0]
    Token.objects.create(scope=SITE, token=number("cheap"), spam=5, ham=1)
    Token.objects.create(scope=SITE, token=number("lunch"), spam=0, ham=4)
    Total.objects.create(scope=SITE, spam=9, ham=8, voices=3)
    site = Level(clock=lambda: now[0])
    wanted = [Wanted(numbers("cheap lunch other"), [SITE])]
    [told] = counts_for(wanted, site)
    at = {token: (told[SITE].spam[n], told[SITE].ham[n]) for n, token in enumerate(wanted[0].tokens.tolist())}
    assert at == {number("cheap"): (5, 1), number("lunch"): (0, 4), number("other"): (0, 0)}
    assert (told[SITE].all_spam, told[SITE].all_ham, told[SITE].voices) == (9, 8, 3)
    Token.objects.filter(scope=SITE, token=number("cheap")).update(spam=6)
    Total.objects.filter(scope=SITE).update(version=2)
    assert not site.refresh()
    now[0] = 11
    assert site.refresh()
    assert counts_for(wanted, site)[0][SITE].spam.sum() == 6
    Total.objects.filter(scope=SITE).delete()
    now[0] = 22
    assert site.refresh()
    assert counts_for(wanted, site)[0][SITE].spam.sum() == 0


def test_a_batch_is_asked_in_two_statements() -> None:
    alice, bob = a_person(), a_person("bob")
    alice.junk("cheap pills")
    bob.keep("cheap lunch")
    learn()
    wanted = [
        Wanted(numbers("cheap pills"), [alice.scope]),
        Wanted(numbers("cheap lunch"), [alice.scope, bob.scope]),
        Wanted(numbers(""), [bob.scope]),
    ]
    first, second, third = counts_for(wanted)
    assert first[alice.scope].spam.tolist() == [1, 1]
    assert second[alice.scope].spam.sum() == 1
    assert second[bob.scope].ham.tolist() == [1, 1]
    assert third[bob.scope].spam.size == 0
    assert third[bob.scope].all_ham == 1
    assert counts_for([]) == []


def test_a_million_tokens_are_asked_by_their_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO spam_token (scope, token, spam, ham) SELECT 1 + n % 50, hashint8extended(n, 0), 1, 0"
            " FROM generate_series(1, 20000) AS n"
        )
        cursor.execute("ANALYZE spam_token")
        cursor.execute("SET LOCAL enable_seqscan = on")
        cursor.execute("EXPLAIN " + sql.COUNTS, [[1, 2], list(range(1200))])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan" not in plan
    assert "spam_token_pkey" in plan


def test_what_was_seen_once_long_ago_goes() -> None:
    for token, spam, age in ((1, 1, 200), (2, 1, 10), (3, 2, 200)):
        Token.objects.create(scope=5, token=token, spam=spam)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE spam_token SET seen = current_date - %s WHERE scope = 5 AND token = %s", [age, token]
            )
    Total.objects.create(scope=5, spam=4)
    levels.prune()
    assert set(counted(5)) == {2, 3}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE spam_token SET seen = current_date - 20 WHERE scope = 5 AND token = 2")
    Total.objects.filter(scope=5).update(spam=5000)
    levels.prune()
    assert set(counted(5)) == {3}


def test_of_a_great_many_marks_the_latest_can_be_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "MOST_MARKS", 2)
    alice = a_person()
    for n in range(4):
        alice.junk(f"cheap {n}")
        learn()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE spam_trained SET at = now() - content_id * interval '-1 second' WHERE mailbox_id = %s",
            [alice.scope],
        )
    levels.prune()
    kept = (
        Trained.objects.filter(mailbox_id=alice.scope).order_by("content_id").values_list("steps", flat=True)
    )
    assert [bool(bytes(steps)) for steps in kept] == [False, False, True, True]
    assert total(alice.scope) == (4, 0)


def test_what_was_pruned_does_not_fall_below_nothing() -> None:
    alice = a_person()
    alice.junk("cheap pills")
    learn()
    Token.objects.filter(scope=alice.scope, token=number("cheap")).delete()
    refile.not_junk(alice.hand, alice.chosen(alice.uids("Junk"), "Junk"))
    learn()
    assert said(alice.scope, "cheap pills") == {"cheap": (0, 1), "pills": (0, 1)}
