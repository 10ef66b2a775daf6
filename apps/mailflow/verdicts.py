"""What is decided about a message before the 250: Accept, Refuse or Defer.

Each holds two texts: `reply` for the peer, free of detail, and `reason` for our log. A door sends
`str(verdict.reply)` and branches on Accept at most.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.protocols.smtp.replies import Reply


@dataclass(frozen=True, slots=True)
class Accept:
    """Yes; `trace_id` says under which name the message's story is kept, once there is one."""

    reply: Reply
    trace_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """No, for good (5xx). `checks` is what was found out about the sender, for the trace."""

    reply: Reply
    reason: str
    checks: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Defer:
    """Not now (4xx); the peer keeps the message and tries again."""

    reply: Reply
    reason: str
    checks: Mapping[str, Any] | None = None


type Verdict = Accept | Refuse | Defer
