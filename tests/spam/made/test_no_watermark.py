"""Neither headers nor encodings nor layout tell the classes of the made mail apart; only what it says does."""

import itertools
import re

import numpy as np
import numpy.typing as npt

from bench.spam.made.make import messages
from bench.spam.made.texts import written

SIZE = 4096


def frame(raw: bytes) -> set[str]:
    """Everything of a message but its words, addresses and links, as features."""
    head, _, body = raw.partition(b"\r\n\r\n")
    unfolded = re.sub(rb"\r\n[ \t]+", b" ", head).decode("utf-8", "replace")
    names = [line.partition(":")[0] for line in unfolded.split("\r\n")]
    found = {f"name {name}" for name in names} | {f"pair {pair}" for pair in itertools.pairwise(names)}
    for line in unfolded.split("\r\n"):
        name, _, value = line.partition(": ")
        if name in {"From", "To", "Subject", "Reply-To"}:
            found |= {
                f"{name} encoded {sort}" for sort in re.findall(r"=\?([^?]+\?[qb])\?", value, re.IGNORECASE)
            }
            found.add(f"{name} quoted {'"' in value}")
            found.add(f"{name} under {value.rstrip('>').rpartition('.')[2] if '@' in value else ''}")
        elif name in {"Date", "Message-ID", "Received", "DKIM-Signature"}:
            found.add(f"{name} {re.sub('[0-9]+', '9', re.sub('[a-zA-Z]+', 'a', value))[:60]}")
            found.add(f"{name} length {len(value) // 8}")
        else:
            found.add(f"{name} {re.sub('[0-9]', '9', value)[:40]}")
    lower = body.lower()
    found |= {f"tag {tag!r}" for tag in re.findall(rb"<([a-z]+)[ >]", lower)}
    found |= {
        f"part {line!r}"
        for line in re.findall(rb"content-(?:type|transfer-encoding): [^;\r]+(?:; charset=[^\r]+)?", lower)
        if b"application" not in line and b"image" not in line and b"calendar" not in line
    }
    return found


def area(scores: npt.NDArray[np.float64], labels: npt.NDArray[np.bool_]) -> float:
    """The area under the ROC curve."""
    order = scores.argsort().argsort() + 1
    good, bad = int((~labels).sum()), int(labels.sum())
    return float((order[labels].sum() - bad * (bad + 1) / 2) / (good * bad))


def test_the_frame_of_a_message_does_not_tell_its_class() -> None:
    frames, labels = [], []
    for code in written():
        for label, _, raw in messages(code, 200 if code == "en" else 30):
            frames.append(frame(raw))
            labels.append(label == "spam")
    known = np.array(labels)
    rows = np.zeros((len(frames), SIZE))
    numbers: dict[str, int] = {}
    for row, found in zip(rows, frames, strict=True):
        row[[numbers.setdefault(feature, len(numbers)) % SIZE for feature in found]] = 1
    test = np.random.default_rng(5).random(len(frames)) < 0.5
    train = ~test
    spam = (rows[train & known].sum(0) + 0.5) / ((train & known).sum() + 1)
    ham = (rows[train & ~known].sum(0) + 0.5) / ((train & ~known).sum() + 1)
    scores = rows @ (np.log(spam / ham) - np.log((1 - spam) / (1 - ham)))
    assert 0.4 < area(scores[test], known[test]) < 0.6
