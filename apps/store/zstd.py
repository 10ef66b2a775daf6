"""Unpacking zstd without trusting it: how much memory it takes is our word, not that of what is unpacked."""

import zstandard


class UnpackError(ValueError):
    """Bytes that are not packed, or hold more than they may."""


def expand(packed: bytes | memoryview, most: int) -> bytes:
    """Return what was packed, at most `most` bytes; raises UnpackError.

    The library's own limit counts only for a frame that does not say how much it holds: one that says so gets
    the memory it asks for, so one damaged byte could ask for more than there is.
    """
    try:
        if zstandard.frame_content_size(packed) > most:
            raise UnpackError("more is packed than there may be")
        return zstandard.ZstdDecompressor().decompress(packed, max_output_size=most)
    except zstandard.ZstdError as error:
        raise UnpackError(str(error)) from None
