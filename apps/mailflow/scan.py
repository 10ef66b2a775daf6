"""The place where a message is judged before its 250 (decision 8 in ARCHITECTURE.md).

The filter is not built yet. Until it is, nobody judges: the answer is None, the queue's row says so, and the
local courier may judge before filing.
"""

from typing import Any


async def verdict(body: bytes, facts: object, *, deadline: float) -> dict[str, Any] | None:
    """Return what the filter found within `deadline` seconds, None when nobody judged."""
    return None
