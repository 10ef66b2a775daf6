"""How a message is taken apart to be learned from: in the way in which judges take it apart."""

import numpy as np

from apps.spam.learning.features import features
from apps.spam.learning.material import material
from apps.spam.learning.prior import FORMAT

from .values import Apart, Tokens


def tokens_of(raw: bytes) -> Tokens:
    """Return the words of a message, and pairs of them, as the database keeps them: signed numbers."""
    return features(material(raw)).tokens.view(np.int64)


APART = Apart(tokens_of, FORMAT)
