"""Rules held against messages, and what is refused before it is kept."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.spam.rules import engine, meta
from apps.spam.rules.definitions import Came, Rule, RuleError, Samples, Target
from apps.spam.rules.engine import check, compile_rules
from apps.spam.rules.patterns import compile_pattern
from apps.spam.rules.samples import check_samples, held, outcomes, sketch
from apps.spam.symbols import Sort, Source

PRIZE = """\
Subject: You won a pri\u200bze
From: "Parcel service" <x@example.net>
Received: from a
Received: from b
Attachment: invoice.zip application/zip
Client: 192.0.2.9
Helo: mail.example.net

Claim it at https://bad.example/claim?id=1
and at http://other.example/login.html
"""


def rule(name: str, target: Target, expression: str, score: float = 1.0, header: str = "") -> Rule:
    return Rule(name, target, expression, score, header)


def names(rules: list[Rule], text: str = PRIZE, symbols: tuple[str, ...] = ()) -> list[str]:
    message = sketch(text)
    return [one.name for one in compile_rules(rules).match(message, message.envelope, symbols).symbols]


def test_it_works() -> None:
    message = sketch(PRIZE)
    found = compile_rules(
        [
            Rule("PRIZE", Target.SUBJECT, r"\bwon a prize\b", 2.0, sort=Sort.PHISHING),
            rule("QUIET", Target.SUBJECT, "won", 0.0),
            rule("BOTH", Target.META, "PRIZE and QUIET and not OTHER", 0.5),
        ]
    ).match(message, message.envelope)
    assert [(one.name, one.weight, one.sort) for one in found.symbols] == [
        ("PRIZE", 2.0, Sort.PHISHING),
        ("BOTH", 0.5, Sort.SPAM),
    ]
    assert found.symbols[0].detail == "won a prize"
    assert found.symbols[1].detail == "PRIZE, QUIET"
    assert {one.source for one in found.symbols} == {Source.RULE}
    assert found.score == 2.5
    assert not found.missing


@pytest.mark.parametrize(
    ("target", "header", "hit", "miss"),
    [
        (Target.HEADER, "from", r'^"parcel service"', "^parcel"),
        (Target.HEADER, "received", r"^from b$", "from a.*from b"),
        (Target.HEADERS, "", r"^helo-never:|^from: .*example\.net", "^example"),
        (Target.SUBJECT, "", "PRIZE$", "prize .+"),
        (Target.BODY, "", "claim it at .{0,40} and at", "won a"),
        (Target.RAW, "", r"id=1\n", "<html"),
        (Target.URL, "", r"^https?://[^/]*/login\.html$", r"bad\.example[^?]*login"),
        (Target.ATTACHMENT, "", r"\.zip$", r"\.exe$"),
        (Target.ATTACHMENT_TYPE, "", "^application/zip$", "^application$"),
        (Target.HELO, "", r"^mail\.", "^helo"),
        (Target.CLIENT, "", "198.51.100.0/24, 192.0.2.0/29 192.0.2.8/29", "192.0.2.16/28, 2001:db8::/32"),
    ],
)
def test_each_target(target: Target, header: str, hit: str, miss: str) -> None:
    assert names([rule("AA", target, hit, header=header), rule("BB", target, miss, header=header)]) == ["AA"]


def test_the_sender_of_the_envelope() -> None:
    found = compile_rules([rule("AA", Target.SENDER, r"@example\.org$")]).match(
        sketch(PRIZE), Came(sender="a@Example.org")
    )
    assert [one.name for one in found.symbols] == ["AA"]


def test_a_header_that_is_missing_is_said_by_an_expression_over_names() -> None:
    rules = [
        rule("HAS_ID", Target.HEADER, "", 0.0, "message-id"),
        rule("NO_ID", Target.META, "not HAS_ID"),
    ]
    # An expression must say something: ^ is there in every value.
    assert "empty" in dict(compile_rules(rules).broken)["HAS_ID"]
    rules[0] = rule("HAS_ID", Target.HEADER, "^", 0.0, "message-id")
    assert names(rules) == ["NO_ID"]
    assert names(rules, "Message-ID: <a@b>\n\nx") == []
    assert names(rules, "Message-ID:\n\nx") == []


def test_letters_that_look_alike_and_signs_nobody_sees_hide_nothing() -> None:
    prize = [rule("AA", Target.BODY, r"\bverify your account\b")]
    for text in (
        "Please v\u0435rify your acc\u043eunt",
        "verify\u00a0your acco\u200bunt",
        "\uff36erify  your\n\naccount",
        "veri\u00adfy your ac\u2060count",
    ):
        assert names(prize, f"Subject: x\n\n{text}") == ["AA"], text
    # Words of Russian alone stay what they are.
    assert names(
        [rule("AA", Target.BODY, "\u0441\u0447\u0451\u0442")],
        "A: b\n\n\u0412\u0430\u0448 \u0441\u0447\u0451\u0442",
    )


def test_expressions_speak_of_each_other_in_any_order_and_of_what_others_found() -> None:
    rules = [
        rule("LAST", Target.META, "MIDDLE and HTML_FORM"),
        rule("MIDDLE", Target.META, ">=2 of (FIRST, HTML_FORM, NEVER)"),
        rule("FIRST", Target.SUBJECT, "prize"),
    ]
    assert names(rules, symbols=("HTML_FORM",)) == ["LAST", "MIDDLE", "FIRST"]
    assert names(rules) == ["FIRST"]


def test_circles_are_left_out_and_told() -> None:
    found = compile_rules(
        [
            rule("AA", Target.META, "BB"),
            rule("BB", Target.META, "not CC"),
            rule("CC", Target.META, "AA"),
            rule("DD", Target.META, "not NOTHING"),
        ]
    )
    assert {name for name, _ in found.broken} == {"AA", "BB", "CC"}
    assert "circle" in dict(found.broken)["AA"]
    assert len(found) == 1
    with pytest.raises(RuleError, match="circle"):
        check(rule("AA", Target.META, "not AA"))


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("(?=x)y", "ahead"),
        ("(?<!x)y", "ahead"),
        (r"(a)\1", "refers back"),
        ("a++", "possessive"),
        ("(a{1000}){1000}", "valid"),
        ("((abcdefghij){90}){11}", "large"),
        ("a{1001}", "valid"),
        ("(", "valid"),
        ("x*", "everything"),
        ("\0", "NUL"),
        ("x" * 3000, "at most"),
        (" ", "empty"),
    ],
)
def test_a_bad_pattern_is_refused_with_the_reason(expression: str, why: str) -> None:
    with pytest.raises(RuleError, match=why):
        check(rule("AA", Target.BODY, expression))


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("", "empty"),
        ("AA and", "name in capitals"),
        ("AA BB", "nothing is expected"),
        ("(AA or BB", r"\) is expected"),
        (">=3 of (AA, BB)", "always or never"),
        (">=0 of (AA, BB)", "always or never"),
        (">=1 AA", "of is expected"),
        ("AA & BB", "not understood"),
        ("lower", "name in capitals"),
        ("not " * 30 + "AA", "deep"),
        ("(" * 30 + "AA" + ")" * 30, "deep"),
        ("__import__('os')", "name in capitals"),
        (" or ".join(f"N{number}" for number in range(101)), "at most 100"),
    ],
)
def test_a_bad_expression_over_names_is_refused_with_the_reason(expression: str, why: str) -> None:
    with pytest.raises(RuleError, match=why):
        check(rule("ZZ", Target.META, expression))


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (rule("lower", Target.BODY, "x"), "name"),
        (rule("AA", Target.BODY, "x", 51), "score"),
        (rule("AA", Target.BODY, "x", float("nan")), "score"),
        (rule("AA", Target.HEADER, "x"), "header"),
        (rule("AA", Target.BODY, "x", header="subject"), "only a rule about a header"),
        (rule("AA", Target.CLIENT, "192.0.2.1/24"), "network"),
        (rule("AA", Target.CLIENT, "example.org"), "network"),
        (Rule("AA", Target.BODY, "x", samples=Samples(("x",) * 21)), "samples"),
        (Rule("AA", Target.BODY, "x", sort=Sort.VIRUS), "antivirus"),
    ],
)
def test_a_rule_without_sensible_form_is_refused(bad: Rule, why: str) -> None:
    with pytest.raises(RuleError, match=why):
        check(bad)


def test_samples_are_held_against_the_rule() -> None:
    kept = Rule("AA", Target.BODY, "buy now", 1.0, samples=Samples(("Buy  now!",), ("buy it now",)))
    check_samples(kept)
    assert all(one.is_right for one in outcomes(kept))
    with pytest.raises(RuleError, match="does not match its sample: cheap"):
        check_samples(Rule("AA", Target.BODY, "buy now", samples=Samples(("cheap",))))
    with pytest.raises(RuleError, match="matches its sample: buy now"):
        check_samples(Rule("AA", Target.BODY, "buy", samples=Samples(miss=("buy now",))))
    assert held(rule("AA", Target.CLIENT, "192.0.2.0/24"), ["192.0.2.1", "198.51.100.1", "x"]) == [
        True,
        False,
        False,
    ]
    assert held(rule("AA", Target.META, "BB and not CC"), ["BB", "BB CC"]) == [True, False]
    others = [rule("BB", Target.SUBJECT, "prize")]
    assert held(rule("AA", Target.META, "BB"), [PRIZE, "Subject: x\n\ny"], others) == [True, False]


def test_many_rules_of_one_target_are_found_as_each_alone() -> None:
    rules = [rule(f"R{number}", Target.BODY, rf"\bword{number}\b") for number in range(3000)]
    rules += [rule("OPEN", Target.BODY, r"\d\d:\d\d")]
    text = "Subject: x\n\nword7 word2999 WORD44 word30000 at 12:30"
    compiled = compile_rules(rules)
    assert names(rules, text) == ["R7", "R44", "R2999", "OPEN"]
    assert not compiled.broken


def test_a_rule_that_takes_too_long_is_neutral_told_and_left_out() -> None:
    ticks = iter(range(10**6))
    slow = compile_rules([rule("AA", Target.BODY, "claim")], clock=lambda: next(ticks) * 0.2)
    message = sketch(PRIZE)
    for _ in range(engine.MOST_FAILURES):
        found = slow.match(message, message.envelope)
        assert found.missing == (("rule AA", "it took too long"),)
        assert not found.symbols
    assert slow.match(message, message.envelope).missing == ()
    assert slow.take_failures() == {"AA": engine.MOST_FAILURES}
    assert slow.take_failures() == {}


def test_a_message_that_cannot_be_read_is_judged_without() -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise ValueError(name)

    broken: object = Broken()
    found = compile_rules([rule("AA", Target.BODY, "x"), rule("BB", Target.META, "not AA")]).match(
        broken,  # type: ignore[arg-type]
        Came(),
    )
    assert [one.name for one in found.symbols] == ["BB"]
    assert found.missing[0][0] == "rules"


NAMES = st.sampled_from(["AA", "BB", "CC", "DD"])
TREES = st.recursive(
    NAMES,
    lambda inner: (
        st.tuples(st.just("not"), inner)
        | st.tuples(st.sampled_from(["and", "or"]), inner, inner)
        | st.lists(inner, min_size=1, max_size=4).map(lambda items: ("of", *items))
    ),
    max_leaves=8,
)


def written(tree: object) -> str:
    match tree:
        case str():
            return tree
        case ("not", inner):
            return f"not ({written(inner)})"
        case ("of", *items):
            return f">={(len(items) + 1) // 2} of ({', '.join(map(written, items))})"
        case (word, left, right):
            return f"({written(left)}) {word} ({written(right)})"
    raise AssertionError(tree)


def meant(tree: object, found: frozenset[str]) -> bool:
    match tree:
        case str():
            return tree in found
        case ("not", inner):
            return not meant(inner, found)
        case ("of", *items):
            return sum(meant(item, found) for item in items) >= (len(items) + 1) // 2
        case ("and", left, right):
            return meant(left, found) and meant(right, found)
        case ("or", left, right):
            return meant(left, found) or meant(right, found)
    raise AssertionError(tree)


@given(TREES, st.frozensets(NAMES))
def test_what_is_written_is_what_is_meant(tree: object, found: frozenset[str]) -> None:
    parsed = meta.parse(written(tree))
    assert parsed.holds(found) == meant(tree, found)
    assert meta.parse(str(parsed)).holds(found) == parsed.holds(found)


@given(st.text(max_size=200) | st.text(alphabet="AB ()not,of>=12dr", max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(RuleError):
        meta.parse(text)


@given(st.text(max_size=100))
def test_any_pattern_is_compiled_or_refused(text: str) -> None:
    with contextlib.suppress(RuleError):
        compile_pattern(text)


RULES = st.builds(
    Rule,
    name=st.sampled_from(["AA", "BB", "CC"]) | st.text(max_size=5),
    target=st.sampled_from(list(Target)),
    expression=st.text(max_size=30) | st.sampled_from(["AA or not BB", "x", "^", "192.0.2.0/24", "a|b"]),
    score=st.floats(),
    header=st.sampled_from(["", "subject", "x"]),
)


@settings(max_examples=200)
@given(st.lists(RULES, max_size=10), st.text(max_size=300), st.text(max_size=20))
def test_matching_never_raises(rules: list[Rule], text: str, address: str) -> None:
    message = sketch(f"Subject: {text}\n\n{text}")
    found = compile_rules(rules).match(message, Came(text, text, address), ["AA"])
    assert all(one.name for one in found.symbols)
