"""What is known about a message beside its bytes: who brought it, from whom, for whom, and what checking them came to.

Every source of evidence is handed this and the message read once. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message's way to us; where nothing is known a field is empty."""

    sender: str = ""
    """MAIL FROM; empty is the null sender."""
    recipients: tuple[str, ...] = ()
    address: str = ""
    """The IP address of the host that brought it; empty for our users' mail."""
    helo: str = ""
    tls: str = ""
    login: str = ""
    """The user who sent it, where one of ours did."""
    checks: Mapping[str, Any] = field(default_factory=dict)
    """What SPF, DKIM, DMARC, ARC and the host's name came to, as apps/mailflow/evidence.py tells it."""
    received_at: datetime | None = None

    @property
    def is_ours(self) -> bool:
        """Whether one of our users sent it."""
        return self.login != ""

    def result(self, method: str) -> str:
        """Return in one word what a check came to; empty where nobody asked (`dkim` is the best of the signatures)."""
        found = self.checks.get(method)
        if isinstance(found, list):
            words = [str(one.get("result", "")) for one in found if isinstance(one, dict)]
            return "pass" if "pass" in words else next(iter(words), "")
        return str(found.get("result", "")) if isinstance(found, dict) else ""
