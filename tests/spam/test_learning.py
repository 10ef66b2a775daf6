"""Learning from one message at once, taking it back exactly, and saying nothing about what nobody has seen."""

import random
from pathlib import Path

import numpy as np
import pytest

from apps.spam.learning import bayes, fusion, linear, prior
from apps.spam.learning.features import Features, features
from apps.spam.learning.fusion import Calibration
from apps.spam.learning.hashing import grams, hashed, pairs
from apps.spam.learning.learner import Counts, Learner, calibrated, taught
from apps.spam.learning.linear import Model, Table
from apps.spam.learning.material import material
from apps.spam.reading import read

SPAM_WORDS = ["buy", "cheap", "pills", "now", "offer", "winner", "casino", "bonus", "claim", "prize"]
HAM_WORDS = [
    "meeting",
    "report",
    "kernel",
    "patch",
    "lunch",
    "tomorrow",
    "review",
    "thanks",
    "notes",
    "agenda",
]
BITS = 14


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of 16,000 places rather than a million."""
    monkeypatch.setattr(Table.empty, "__defaults__", (BITS,))


def mail(rng: random.Random, *, is_spam: bool) -> bytes:
    words = rng.choices(SPAM_WORDS if is_spam else HAM_WORDS, k=12) + rng.choices(["the", "and", "of"], k=6)
    rng.shuffle(words)
    return f"From: a@example.org\r\nSubject: {words[0]}\r\n\r\n{' '.join(words)}\r\n".encode()


def lessons(seed: int, count: int = 40) -> list[tuple[Features, bool]]:
    rng = random.Random(seed)
    return [(features(material(read(mail(rng, is_spam=bool(n % 2))))), bool(n % 2)) for n in range(count)]


def state(learner: Learner) -> list[bytes]:
    tables = [
        array.tobytes() for table in learner.model.tables.values() for array in (table.pull, table.force)
    ]
    return [*tables, learner.counts.spam.tobytes(), learner.counts.ham.tobytes()]


def test_a_hash_depends_on_the_word_alone_not_on_where_it_stands() -> None:
    many = hashed(["one", "zwei", "три", "one"], 1)
    assert many[0] == many[3] == hashed(["one"], 1)[0]
    assert len(set(many.tolist())) == 3
    assert hashed(["one"], 2)[0] != many[0]
    assert len(pairs(many, 3)) == 3
    assert not len(pairs(many[:1], 3))


def test_hashes_never_change_for_what_was_learned_outlives_a_release() -> None:
    assert hashed(["Grüße"], 1).tolist() == [17236117682984525365]
    assert grams(b"abcd", 8).tolist() == [4162577470420657717]


def test_one_message_teaches_at_once() -> None:
    learner = Learner()
    rng = random.Random(1)
    found = features(material(read(mail(rng, is_spam=True))))
    before = learner.judge(found).scores["words"]
    learner.learn(found, is_spam=True)
    assert learner.judge(found).scores["words"] > before
    assert linear.score(learner.model, found) > 0


def test_unlearning_leaves_exactly_what_was_whatever_was_learned_in_between() -> None:
    one, two = Learner(), Learner()
    first, *rest = lessons(3)
    lesson = one.learn(first[0], is_spam=True)
    steps = [(found, is_spam, one.learn(found, is_spam=is_spam)) for found, is_spam in rest]
    for found, _, other in reversed(steps):
        one.unlearn(found, other)
    one.unlearn(first[0], lesson)
    assert state(one) == state(two)


def test_unlearning_in_any_order_is_the_same() -> None:
    learner = Learner()
    taken = [(found, learner.learn(found, is_spam=is_spam)) for found, is_spam in lessons(4, 20)]
    random.Random(5).shuffle(taken)
    for found, lesson in taken:
        learner.unlearn(found, lesson)
    assert state(learner) == state(Learner())
    assert learner.counts.spam_messages == learner.counts.ham_messages == 0


def test_what_a_user_teaches_is_nobody_elses() -> None:
    model = Model()
    found, _ = lessons(6, 1)[0]
    linear.learn(model, found, is_spam=True, user=7, users=(0, 7))
    assert linear.score(model, found, (0, 7)) > 0.5
    assert abs(linear.score(model, found, (0, 8))) < abs(linear.score(model, found, (0, 7))) / 2


def test_both_sorts_are_told_apart_after_a_few_messages() -> None:
    learner = taught(lessons(7, 40))
    said = [(learner.judge(found).scores, is_spam) for found, is_spam in lessons(8, 40)]
    for name in fusion.NAMES:
        if name != "facts":
            spam = [scores[name] for scores, is_spam in said if is_spam]
            ham = [scores[name] for scores, is_spam in said if not is_spam]
            assert min(spam) > max(ham), name


def test_words_nobody_has_seen_are_no_evidence() -> None:
    learner = taught(lessons(9))
    learner.calibration = Calibration(offset=3.0)
    strange = features(
        material(read("Subject: żółw\r\n\r\nzażółć gęślą jaźń wczoraj kupiłem rower".encode()))
    )
    said = learner.judge(strange)
    assert said.familiar < 0.2
    assert said.score < 2
    assert learner.judge(lessons(10)[0][0]).familiar > 0.9


def test_levels_lean_on_the_one_above_and_one_sighting_counts() -> None:
    def level(spam: int, ham: int, of: int) -> bayes.Level:
        return bayes.Level(np.array([spam]), np.array([ham]), of, of)

    site = level(40, 0, 100)
    assert bayes.weigh([site])[0] > 2
    assert bayes.weigh([site, level(0, 0, 0)])[0] == pytest.approx(bayes.weigh([site])[0], rel=0.05)
    assert bayes.weigh([site, level(0, 1, 1)])[0] < bayes.weigh([site])[0]
    assert bayes.weigh([level(0, 0, 0)])[0] == 0
    assert bayes.weigh([]).tolist() == []
    assert bayes.score(np.zeros(5)) == 0


def test_counts_are_undone() -> None:
    counts = Counts()
    found, _ = lessons(11, 1)[0]
    counts.add(found, is_spam=True)
    assert counts.level(found).spam.min() >= 1
    counts.add(found, is_spam=True, times=-1)
    assert not counts.spam.any()
    assert counts.spam_messages == 0


def test_a_calibration_is_fitted_on_sources_nobody_learned_from() -> None:
    fit = calibrated([lessons(12), lessons(13)], prior=lambda: None)
    learner = taught(lessons(14))
    learner.calibration = fit
    assert all((learner.judge(found).score > 0) is is_spam for found, is_spam in lessons(15))
    assert calibrated([lessons(12)], prior=lambda: None) == Calibration()


def test_a_fit_says_how_sure_one_may_be_and_keeps_the_order() -> None:
    rng = random.Random(1)
    labels = [bool(n % 2) for n in range(400)]
    # One in five is wrong: such scores are worth less than they say.
    said = [{"words": (5.0 if spam is (rng.random() < 0.8) else -5.0) + rng.random()} for spam in labels]
    fit = fusion.fitted(said, labels)
    assert fusion.LEAST_SURE <= fit.words < 1
    assert fit.grams == pytest.approx(fit.words)
    assert fusion.fitted(said, [True] * 400) == Calibration()
    order = sorted(range(400), key=lambda n: Calibration()(said[n]))
    assert order == sorted(range(400), key=lambda n: fit(said[n]))


class TestPrior:
    def test_a_prior_says_what_its_learner_said(self) -> None:
        learner = taught(lessons(20, 60))
        data = prior.dump(
            prior.Prior(learner.model, learner.seen.marks, learner.calibration, {"of": "a test"})
        )
        again = Learner.of(prior.parse(data))
        for found, is_spam in lessons(21):
            one, two = learner.judge(found), again.judge(found)
            assert two.scores["words"] == pytest.approx(one.scores["words"], abs=0.3)
            assert (two.scores["words"] > 0) is is_spam
            assert two.familiar <= one.familiar
            assert two.familiar > (0.3 if is_spam else 0.9)

    def test_the_largest_weights_are_kept(self) -> None:
        learner = taught(lessons(22, 60))
        small = prior.parse(prior.dump(prior.Prior(learner.model), most=20))
        assert np.count_nonzero(small.model.tables["words"].force[:-1]) == 20

    @pytest.mark.parametrize("place", [0, 12, 20, 60, 200, -1])
    def test_a_damaged_file_is_refused_by_name(self, tmp_path: Path, place: int) -> None:
        file = tmp_path / "prior.bin"
        data = bytearray(prior.dump(prior.Prior(taught(lessons(23, 10)).model)))
        data[place] ^= 0x41
        file.write_bytes(data)
        with pytest.raises(prior.PriorError, match=r"prior\.bin"):
            prior.load(file)

    @pytest.mark.parametrize("keep", [0, 5, 40, 100])
    def test_half_a_file_is_refused(self, keep: int) -> None:
        with pytest.raises(prior.PriorError):
            prior.parse(prior.dump(prior.Prior(taught(lessons(24, 10)).model))[:keep])

    def test_a_missing_file_is_refused_by_name(self, tmp_path: Path) -> None:
        with pytest.raises(prior.PriorError, match="nothing"):
            prior.load(tmp_path / "nothing")


def test_the_prior_that_is_shipped_can_be_read_and_is_small() -> None:
    shipped = prior.load()
    assert prior.SHIPPED.stat().st_size < 1_000_000
    learner = Learner.of(shipped)
    unwanted = b"From: Bank <x@secure-login.example>\r\nSubject: Your account is suspended\r\n\r\nVerify your password now: http://a.example/login\r\n"
    wanted = b"From: Ann <ann@example.org>\r\nSubject: Re: patch\r\n\r\nThanks, I applied the patch to the kernel tree and ran the tests.\r\n"
    assert learner.judge(features(material(read(unwanted)))).score > 1
    assert learner.judge(features(material(read(wanted)))).score < -1


def test_whoever_knows_a_language_by_its_spam_alone_does_not_know_it() -> None:
    learner = Learner()
    for found, _ in lessons(30, 4):
        learner.learn(found, is_spam=True)
    known = lessons(30, 4)[0][0]
    assert 0.4 < learner.judge(known).familiar <= 0.5
    learner.learn(known, is_spam=False)
    assert learner.judge(known).familiar > 0.95


def test_what_is_unfamiliar_never_reaches_junk_by_what_was_learned() -> None:
    sure = {"words": 50.0, "grams": 50.0, "facts": 50.0, "bayes": 50.0}
    assert Calibration()(sure, 1.0) > 6
    assert Calibration()(sure, 0.0) < 4
    assert Calibration()(sure, 0.0) > Calibration()({"words": 2.0}, 0.0)
