"""The facts of a queued message as one column: what the MIME scanner found, packed and unpacked.

The search text is left out: it is large, and filing does not need it. One column instead of fifteen, because
nothing in the queue asks for a single fact; those that lists show are columns of the Content it becomes.
"""

import json
import struct

from apps.protocols.mime.scan import Scanned

_VERSION = 1
_HEAD = struct.Struct("<BIIIII")  # version, size, length of the texts, of envelope, structure and parts


def pack(scanned: Scanned) -> bytes:
    """Return the facts as bytes."""
    texts = json.dumps(
        [
            scanned.header_end,
            scanned.subject,
            scanned.from_addr,
            scanned.to_addr,
            scanned.sent_at,
            scanned.message_id,
            scanned.references,
            scanned.preview,
            scanned.has_attachment,
            scanned.hops,
            scanned.defects,
        ],
        separators=(",", ":"),
    ).encode()
    lengths = len(texts), len(scanned.envelope), len(scanned.structure), len(scanned.parts)
    return b"".join(
        (
            _HEAD.pack(_VERSION, scanned.size, *lengths),
            texts,
            scanned.envelope,
            scanned.structure,
            scanned.parts,
        )
    )


def unpack(packed: bytes) -> Scanned:
    """Return the facts; their `text` is empty. ValueError when these are not facts."""
    if len(packed) < _HEAD.size:
        raise ValueError("not facts")
    version, size, n_texts, n_envelope, n_structure, n_parts = _HEAD.unpack_from(packed)
    ends = [_HEAD.size + n_texts]
    ends += [ends[0] + n_envelope, ends[0] + n_envelope + n_structure]
    if version != _VERSION or len(packed) != ends[-1] + n_parts:
        raise ValueError("not facts")
    try:
        (
            header_end,
            subject,
            from_addr,
            to_addr,
            sent_at,
            message_id,
            references,
            preview,
            attached,
            hops,
            defects,
        ) = json.loads(packed[_HEAD.size : ends[0]])
        references, defects = tuple(references), tuple(defects)
    except (ValueError, TypeError, RecursionError):  # Damaged JSON can be any of them.
        raise ValueError("not facts") from None
    return Scanned(
        size=size,
        header_end=header_end,
        envelope=packed[ends[0] : ends[1]],
        structure=packed[ends[1] : ends[2]],
        parts=packed[ends[2] :],
        subject=subject,
        from_addr=from_addr,
        to_addr=to_addr,
        sent_at=sent_at,
        message_id=message_id,
        references=references,
        preview=preview,
        text="",
        has_attachment=attached,
        hops=hops,
        defects=defects,
    )
