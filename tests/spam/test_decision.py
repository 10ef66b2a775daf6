"""What is done with a message: lines and whose they are, lists, and the three promises."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.spam.decision import CORROBORATING, LEARNED, Decision, decide
from apps.spam.lists import About, Effect, Entry, Subject, matching
from apps.spam.symbols import UNFAMILIAR, Evidence, Sort, Source, Symbol, probability
from apps.spam.thresholds import DRAWN, NORMAL, PRESETS, Action, Level, Preset, Wishes, inherited

weights = st.floats(-15, 15).map(lambda weight: round(weight, 2))
symbols = st.builds(
    Symbol,
    name=st.sampled_from(["A", "B", "C", UNFAMILIAR]),
    weight=weights,
    source=st.sampled_from(Source),
    sort=st.sampled_from(Sort),
)
missing = st.lists(
    st.tuples(st.sampled_from(["reputation", "model", "antivirus"]), st.just("away")), max_size=2
)
evidences = st.builds(Evidence, st.lists(symbols, max_size=8).map(tuple), missing.map(tuple))
lines = st.dictionaries(st.sampled_from(DRAWN), st.none() | st.floats(-5, 20))
wishes = st.builds(Wishes, st.none() | st.sampled_from(Preset), lines)
settings = st.dictionaries(st.sampled_from(Level), wishes).map(lambda levels: inherited(levels.items()))
ABOUT = About(("friend@sender.example",), "192.0.2.7", "Our offer")
ALLOW = Entry(Effect.ALLOW, Subject.ADDRESS, "friend@sender.example", Level.USER)
BLOCK = Entry(Effect.BLOCK, Subject.DOMAIN, "sender.example", Level.SITE)


def of(weight: float, source: Source = Source.RULE, sort: Sort = Sort.SPAM) -> Evidence:
    return Evidence((Symbol("IT", weight, source, sort=sort),))


def test_it_works() -> None:
    decided = decide(of(4.5))
    assert decided.action is Action.JUNK
    assert decided.sort is Sort.SPAM
    assert decided.threshold == NORMAL.of(Action.JUNK)
    assert decided.probability == probability(4.5)
    assert [(c.kind, c.what, c.action) for c in decided.changes] == [
        ("symbol", "IT", Action.INBOX),
        ("threshold", "refuse", Action.REFUSE),
        ("threshold", "junk", Action.TAG),
    ]


@pytest.mark.parametrize(
    ("score", "action"),
    [(1.99, Action.INBOX), (2, Action.TAG), (4, Action.JUNK), (8.99, Action.JUNK), (9, Action.REFUSE)],
)
def test_lines_of_the_default(score: float, action: Action) -> None:
    assert decide(of(score)).action is action


def test_what_was_learned_alone_refuses_nobody() -> None:
    decided = decide(of(13, Source.MODEL))
    assert (decided.action, decided.reason) == (Action.JUNK, "uncorroborated")
    assert decide(of(13, Source.MODEL) + of(2, Source.REPUTATION)).action is Action.REFUSE


def test_a_fault_of_ours_refuses_nobody() -> None:
    decided = decide(of(13) + Evidence(missing=(("reputation", "database away"),)))
    assert (decided.action, decided.reason) == (Action.JUNK, "incomplete")
    # A scanner that is away never speaks for a message.
    assert decide(of(13) + Evidence(missing=(("antivirus", "not running"),))).action is Action.REFUSE


def test_the_unfamiliar_goes_to_the_inbox_and_says_so() -> None:
    decided = decide(of(0, Source.MODEL) + Evidence((Symbol(UNFAMILIAR, 0, Source.MODEL),)))
    assert (decided.action, decided.reason, decided.abstained) == (Action.INBOX, "unfamiliar", True)


def test_newsletters_and_phishing_are_verdicts_apart() -> None:
    bulk = decide(of(8, sort=Sort.BULK))
    assert (bulk.action, bulk.sort, bulk.score) == (Action.INBOX, Sort.BULK, 0)
    phishing = decide(of(5, sort=Sort.PHISHING))
    assert (phishing.action, phishing.sort) == (Action.JUNK, Sort.PHISHING)
    assert decide(of(5) + of(3, sort=Sort.BULK)).sort is Sort.SPAM


def test_a_virus_never_reaches_a_mailbox() -> None:
    found = of(20, Source.ANTIVIRUS, Sort.VIRUS)
    assert (decide(found).action, decide(found).otherwise) == (Action.REFUSE, Action.QUARANTINE)
    relaxed = inherited([(Level.USER, Wishes(Preset.RELAXED))])
    assert decide(found, relaxed).action is Action.QUARANTINE
    assert decide(found + of(-30), relaxed).action is Action.QUARANTINE


def test_an_entry_that_allows_wins_and_is_named() -> None:
    decided = decide(of(30), NORMAL, [BLOCK, ALLOW], ABOUT)
    assert (decided.action, decided.allowed_by, decided.reason) == (Action.INBOX, ALLOW, "allowed")
    [change] = decided.changes
    assert (change.kind, change.what, change.action) == (
        "rule",
        "address:friend@sender.example",
        Action.REFUSE,
    )


def test_an_entry_that_blocks_decides() -> None:
    decided = decide(of(-3), NORMAL, [BLOCK], ABOUT)
    assert (decided.action, decided.blocked_by) == (Action.REFUSE, BLOCK)
    relaxed = inherited([(Level.USER, Wishes(Preset.RELAXED))])
    assert decide(of(-40), relaxed, [BLOCK], ABOUT).action is Action.JUNK


def test_a_forged_sender_is_not_who_is_allowed() -> None:
    forged = About(ABOUT.senders, ABOUT.address, ABOUT.subject, frozenset({"sender.example"}))
    assert decide(of(5), NORMAL, [ALLOW], forged).action is Action.JUNK
    assert decide(of(-5), NORMAL, [BLOCK], forged).action is Action.REFUSE


@pytest.mark.parametrize(
    ("subject", "pattern", "is_found"),
    [
        (Subject.DOMAIN, "sender.example", True),
        (Subject.DOMAIN, "example", True),
        (Subject.DOMAIN, "der.example", False),
        (Subject.ADDRESS, "friend@sender.example", True),
        (Subject.ADDRESS, "riend@sender.example", False),
        (Subject.NETWORK, "192.0.2.0/24", True),
        (Subject.NETWORK, "192.0.2.8/32", False),
        (Subject.NETWORK, "2001:db8::/32", False),
        (Subject.NETWORK, "no network", False),
        (Subject.SUBJECT, "our offer", True),
        (Subject.SUBJECT, "offers", False),
    ],
)
def test_what_entries_look_at(subject: Subject, pattern: str, is_found: bool) -> None:
    assert bool(matching([Entry(Effect.ALLOW, subject, pattern)], ABOUT)) is is_found


def test_lines_are_inherited_and_say_whose_they_are() -> None:
    found = inherited(
        [
            (Level.USER, Wishes(lines={Action.JUNK: 7.0})),
            (Level.ORGANISATION, Wishes(Preset.STRICT)),
            (Level.SITE, Wishes(lines={Action.TAG: 1.5})),
        ]
    )
    assert found.preset is Preset.STRICT
    assert found.origin is Level.ORGANISATION
    assert {a: (t.at, t.origin) for a, t in found.thresholds.items()} == {
        Action.TAG: (1.0, Level.ORGANISATION),
        Action.JUNK: (7.0, Level.USER),
        Action.QUARANTINE: (6.0, Level.ORGANISATION),
        Action.REFUSE: (8.0, Level.ORGANISATION),
    }


@given(evidences, settings, st.lists(st.sampled_from([ALLOW, BLOCK])))
def test_the_promises_hold_whatever_the_numbers_say(
    evidence: Evidence, drawn: object, entries: list[Entry]
) -> None:
    decided: Decision = decide(evidence, drawn, entries, ABOUT)  # type: ignore[arg-type]
    assert math.isfinite(decided.probability)
    assert 0 <= decided.probability <= 1
    if ALLOW in entries:
        assert decided.action is Action.INBOX
        assert decided.allowed_by == ALLOW
    elif decided.action is Action.REFUSE:
        assert BLOCK in entries or any(
            symbol.source in CORROBORATING or symbol.sort is Sort.VIRUS for symbol in evidence.symbols
        )
        assert (
            BLOCK in entries or decided.sort is Sort.VIRUS or not set(dict(evidence.missing)) - {"antivirus"}
        )
    assert (decided.otherwise in {Action.JUNK, Action.QUARANTINE}) or decided.action is not Action.REFUSE
    if decided.abstained:
        assert decided.action is Action.INBOX
    assert all(change.action is not decided.action for change in decided.changes)


@given(evidences, weights.filter(lambda weight: weight > 0), st.sampled_from(sorted(CORROBORATING)))
def test_more_against_a_message_is_never_milder(evidence: Evidence, weight: float, source: Source) -> None:
    before, after = decide(evidence), decide(evidence + of(weight, source))
    assert after.action.hardness >= before.action.hardness


@given(st.lists(weights, max_size=6), st.sampled_from(sorted(LEARNED)))
def test_what_was_learned_never_refuses(found: list[float], source: Source) -> None:
    evidence = Evidence(tuple(Symbol("L", weight, source) for weight in found))
    assert decide(evidence).action is not Action.REFUSE


@pytest.mark.parametrize("preset", Preset)
def test_presets_get_harder_with_the_score(preset: Preset) -> None:
    drawn = [at for at in PRESETS[preset].values() if at is not None]
    assert drawn == sorted(drawn)


def test_a_rule_of_ones_own_moves_mail_and_refuses_none() -> None:
    own = Symbol("MY_RULE", 10.0, Source.RULE)
    for others, action in ((0.0, Action.JUNK), (5.0, Action.JUNK), (8.9, Action.JUNK), (9.5, Action.REFUSE)):
        found = Evidence((own, Symbol("IT", others, Source.RULE)))
        assert decide(found).action is action, others
    assert decide(
        Evidence((Symbol("MY_RULE", -10.0, Source.RULE), Symbol("IT", 12.0, Source.RULE)))
    ).action is (Action.TAG)
