"""How a message is taken apart to be learned from: in the way in which judges take it apart."""

from apps.spam.learning.features import Features, features
from apps.spam.learning.material import material
from apps.spam.learning.prior import FORMAT
from apps.spam.reading import read

from . import versions
from .values import Apart


def found_in(raw: bytes) -> Features:
    """Return the features of a message as it came."""
    return features(material(read(raw)))


def for_learning() -> Apart:
    """Return how messages are taken apart now, with what everybody's model says of them already."""
    return Apart(found_in, FORMAT, versions.Base().before)
