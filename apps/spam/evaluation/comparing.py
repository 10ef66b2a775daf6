"""Other ways to learn, held against ours on the same mail: an administrator's question, answered on the site's own mail.

These are scikit-learn's, trained from nothing on the mail given. It takes 100 MB to load, so only this module does, and
nobody who judges mail loads this one.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from apps.spam.learning.features import Features

from .measures import Measures, measure

COLUMNS = 1 << 18
"""Features share so many columns."""
DIMENSIONS = 100
"""What dense models see of them."""
SEED = 7
FARTHEST = 13.8
"""The score of certainty, which nobody has."""

type Lesson = tuple[Features, bool]


@dataclass(frozen=True, slots=True)
class Compared:
    """How one model did, and what it took."""

    name: str
    measures: Measures
    train_seconds: float
    judge_ms: float
    """For one message."""


def models() -> Mapping[str, Callable[[], Any]]:
    """Return what may be compared, by name; each call makes one that knows nothing."""
    return {
        "logistic regression": lambda: SGDClassifier(loss="log_loss", alpha=1e-6, random_state=SEED),
        "naive Bayes": lambda: MultinomialNB(alpha=0.1),
        "support vectors": lambda: LinearSVC(C=1.0, random_state=SEED),
        "nearest neighbours": lambda: KNeighborsClassifier(
            n_neighbors=7, metric="cosine", weights="distance"
        ),
        "decision tree": lambda: _dense(DecisionTreeClassifier(min_samples_leaf=5, random_state=SEED)),
        "random forest": lambda: _dense(
            RandomForestClassifier(n_estimators=100, n_jobs=1, random_state=SEED)
        ),
        "gradient boosting": lambda: _dense(HistGradientBoostingClassifier(max_iter=100, random_state=SEED)),
        "neural network": lambda: _dense(
            MLPClassifier((32,), max_iter=60, early_stopping=True, random_state=SEED)
        ),
    }


def _dense(model: Any) -> Any:
    return make_pipeline(TruncatedSVD(DIMENSIONS, random_state=SEED), model)


def compare(train: Sequence[Lesson], test: Sequence[Lesson], names: Sequence[str] = ()) -> list[Compared]:
    """Train each on the one and judge the other. Raises ValueError where there is too little of either sort."""
    taught = [is_spam for _, is_spam in train]
    if min(taught.count(True), taught.count(False)) < 10:
        raise ValueError("ten messages of each sort are the least to learn from")
    known, unknown = matrix(train), matrix(test)
    labels = np.array(taught)
    wanted = [is_spam for _, is_spam in test]
    found = []
    for name, make in models().items():
        if names and name not in names:
            continue
        model = make()
        began = time.perf_counter()
        model.fit(known, labels)
        trained = time.perf_counter()
        scores = _scores(model, unknown)
        took = (time.perf_counter() - trained) * 1000 / max(len(test), 1)
        found.append(Compared(name, measure(wanted, scores), trained - began, took))
    return found


def matrix(lessons: Sequence[Lesson]) -> Any:
    """Return messages as rows of unit length: words, pairs and runs of bytes, hashed into columns."""
    rows = [
        np.unique(np.concatenate((one.words, one.pairs, one.grams, one.facts)) % np.uint64(COLUMNS))
        for one, _ in lessons
    ]
    ends = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.concatenate(rows).astype(np.int64) if rows else np.zeros(0, np.int64)
    table = csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(rows), COLUMNS))
    return normalize(table)


def _scores(model: Any, unknown: Any) -> list[float]:
    """Return what a model says as log-odds, or as what it has that is ordered like them."""
    if hasattr(model, "predict_proba"):
        chances = np.clip(model.predict_proba(unknown)[:, 1], 1e-6, 1 - 1e-6)
        return [math.log(chance / (1 - chance)) for chance in chances.tolist()]
    return [min(max(float(score), -FARTHEST), FARTHEST) for score in model.decision_function(unknown)]
