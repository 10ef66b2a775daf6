"""The prior: what a site knows on its first day, in a file under 1 MB with its format, a check sum, and its origin.

Only the features that weigh are kept, each with its place (as a step from the one before), its weight in 1/32 nat and
its force as a power of two; and one bit for each place of the words that was seen at all, for telling what is unfamiliar.
A file that is not whole, or of another format, is refused by name (`PriorError`), and mail is judged without it.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fusion import Calibration
from .linear import CALM, FORCE_UNIT, GROUPS, PULL_UNIT, RATE, Model, Table

MAGIC = b"SPAMPRIOR\n"
FORMAT = 1
"""Grows whenever hashing, features or the meaning of a number change."""
SHIPPED = Path(__file__).with_name("prior.bin")
MOST = 150_000
"""Features of each group that a prior keeps unless asked otherwise."""
SIZE_LIMIT = 8 * 1024 * 1024
UNIT = 32
BITS_MIN, BITS_MAX = 10, 24
_HEAD = struct.Struct(">10sHI32s")


class PriorError(ValueError):
    """A file is no prior that can be used."""


@dataclass(slots=True)
class Prior:
    """What is known before anybody marked anything."""

    model: Model = field(default_factory=Model)
    seen: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    """For each place of the words: whether any wanted message of those learned had it."""
    calibration: Calibration = field(default_factory=Calibration)
    about: Mapping[str, str] = field(default_factory=dict)
    """Where it comes from, for people."""
    version: str = ""
    """The first letters of its check sum."""


def dump(prior: Prior, *, most: int = MOST) -> bytes:
    """Write a prior, with at most so many features of each group."""
    head: dict[str, Any] = {
        "calibration": prior.calibration.as_numbers(),
        "about": dict(prior.about),
        "groups": {},
        "seen": len(prior.seen),
    }
    pieces = [np.packbits(prior.seen).tobytes()]
    for group in GROUPS:
        table = prior.model.tables[group]
        at, weights, forces = _chosen(table, most)
        steps = np.diff(at, prepend=0).astype("<u4")
        head["groups"][group] = {
            "bits": table.bits,
            "count": len(at),
            "bias": [int(table.pull[-1]), int(table.force[-1])],
        }
        pieces += [steps.view(np.uint8).reshape(-1, 4).T.tobytes(), weights.tobytes(), forces.tobytes()]
    words = json.dumps(head, sort_keys=True).encode()
    body = zlib.compress(struct.pack(">I", len(words)) + words + b"".join(pieces), 9)
    return _HEAD.pack(MAGIC, FORMAT, len(body), hashlib.sha256(body).digest()) + body


def parse(data: bytes) -> Prior:
    """Read a prior. PriorError: it cannot be used, and why."""
    if len(data) > SIZE_LIMIT:
        raise PriorError("larger than any prior")
    if len(data) < _HEAD.size or not data.startswith(MAGIC):
        raise PriorError("this is no prior")
    _, version, size, digest = _HEAD.unpack_from(data)
    if version != FORMAT:
        raise PriorError(f"format {version}, but this release reads {FORMAT}")
    body = data[_HEAD.size :]
    if len(body) != size or hashlib.sha256(body).digest() != digest:
        raise PriorError("the file is damaged: its check sum differs")
    try:
        return _read(body, digest.hex()[:12])
    except (ValueError, KeyError, TypeError, IndexError, zlib.error, struct.error) as error:
        raise PriorError(f"the file is damaged: {error}") from error


def load(path: Path = SHIPPED) -> Prior:
    """Read a prior from a file. PriorError: it cannot be read or used; the message names the file."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
        return parse(data)
    except (OSError, PriorError) as error:
        raise PriorError(f"{path}: {error}") from error


def _chosen(table: Table, most: int) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.uint8]]:
    """Return place, weight and force of the features that weigh most, in the order of places."""
    at = np.flatnonzero(table.force[:-1])
    weights = np.rint(np.clip(table.weights(at) * UNIT, -127, 127)).astype(np.int8)
    kept = weights != 0
    at, weights = at[kept], weights[kept]
    if len(at) > most:
        # What often stood in mail tells more than what stood in one message, however strongly.
        worth = np.abs(weights.astype(np.float64)) * np.sqrt(np.sqrt(table.force[at].astype(np.float64)))
        best = np.sort(np.argpartition(-worth, most)[:most])
        at, weights = at[best], weights[best]
    forces = np.clip(np.rint(np.log2(table.force[at].astype(np.float64)) * 2), 0, 60).astype(np.uint8)
    return at, weights, forces


def _read(body: bytes, version: str) -> Prior:
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(body, SIZE_LIMIT)
    if unpacker.unconsumed_tail:
        raise ValueError("unpacks to more than any prior")
    (length,) = struct.unpack_from(">I", data)
    head = json.loads(data[4 : 4 + length])
    offset = 4 + length
    places = int(head["seen"])
    packed = (places + 7) // 8
    seen = np.unpackbits(np.frombuffer(data, np.uint8, packed, offset))[:places].astype(np.bool_)
    offset += packed
    tables = {}
    for group in GROUPS:
        about = head["groups"][group]
        tables[group], offset = _table(data, offset, about)
    if offset != len(data):
        raise ValueError("more than was announced")
    return Prior(
        Model(tables),
        seen,
        Calibration.of(head["calibration"]),
        {str(key): str(value) for key, value in head["about"].items()},
        version,
    )


def _table(data: bytes, offset: int, about: Mapping[str, Any]) -> tuple[Table, int]:
    bits, count = int(about["bits"]), int(about["count"])
    if not (BITS_MIN <= bits <= BITS_MAX and 0 <= count <= 1 << bits):
        raise ValueError("a table of an impossible size")
    steps = np.frombuffer(data, np.uint8, 4 * count, offset).reshape(4, count).T.copy().view("<u4").ravel()
    weights = np.frombuffer(data, np.int8, count, offset + 4 * count).astype(np.float64) / UNIT
    forces = np.exp2(np.frombuffer(data, np.uint8, count, offset + 5 * count).astype(np.float64) / 2)
    at = np.cumsum(steps.astype(np.int64))
    if count and at[-1] >= 1 << bits:
        raise ValueError("a feature outside its table")
    table = Table.empty(bits)
    table.force[at] = np.rint(forces).astype(np.int32)
    pull = -weights * (CALM + np.sqrt(table.force[at] / FORCE_UNIT)) / RATE
    table.pull[at] = np.rint(pull * PULL_UNIT).astype(np.int32)
    table.pull[-1], table.force[-1] = (np.int32(number) for number in about["bias"])
    return table, offset + 6 * count
