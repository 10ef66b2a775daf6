"""What our checks came to, as a field and as a seal says it (RFC 8601 2.2)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from apps.protocols.mailauth.arc.results import Arc, ArcResult
from apps.protocols.mailauth.dkim.results import Dkim, DkimResult
from apps.protocols.mailauth.dmarc.checking import DmarcResult
from apps.protocols.mailauth.folding import fold

_PLAIN = re.compile(r"(?:[!#$%&'*+.^_`{|}~0-9A-Za-z-]+|[!#$%&'*+.^_`{|}~0-9A-Za-z-]*@[0-9A-Za-z._-]+)")
"""A token, or an address or domain that needs no quotes."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_HOST = re.compile(r"[0-9A-Za-z._-]{1,253}")
_VALUE_LIMIT = 256
"""So much of what others claim is repeated."""


class SpfSaid(Protocol):
    """What SPF came to (`spf.SpfResult`)."""

    @property
    def result(self) -> object:
        """The word, or an enum of it."""
        ...

    @property
    def domain(self) -> str:
        """Whose policy it was."""
        ...

    @property
    def scope(self) -> str:
        """Which name of the sender it was about, "mfrom" or "helo"."""
        ...

    @property
    def reason(self) -> str:
        """Why."""
        ...


class IprevSaid(Protocol):
    """What the name of the sender's address came to (`iprev.IprevResult`)."""

    @property
    def result(self) -> object:
        """The word, or an enum of it."""
        ...

    @property
    def name(self) -> str:
        """The name that was found."""
        ...

    @property
    def reason(self) -> str:
        """Why."""
        ...


@dataclass(frozen=True)
class Findings:
    """What our checks of one message came to, and whose word it is; what was not checked is left out."""

    authserv_id: str
    spf: SpfSaid | None = None
    dkim: Sequence[DkimResult] = ()
    dmarc: DmarcResult | None = None
    arc: ArcResult | None = None
    iprev: IprevSaid | None = None
    address: str = ""
    """The sender's, for what was checked by it."""

    @property
    def field(self) -> bytes:
        """The field of the header, with its line end."""
        lines = [f"Authentication-Results: {self.parts[0]}"]
        for part in self.parts[1:]:
            lines[-1] += ";"
            lines += fold(part)
        return "\r\n\t".join(lines).encode("utf-8", "replace") + b"\r\n"

    @property
    def text(self) -> str:
        """The same without name and folds, as a seal repeats it."""
        return "; ".join(self.parts)

    @cached_property
    def parts(self) -> list[str]:
        """Our name, and what each check came to."""
        parts = []
        if self.arc is not None and self.arc.result is not Arc.NONE:
            parts.append(_arc(self.arc, self.address))
        if (spf := self.spf) is not None:
            name = "smtp.helo" if spf.scope == "helo" else "smtp.mailfrom"
            parts.append(_part("spf", _word(spf.result), spf.reason, {name: spf.domain}))
        parts += [_dkim(one) for one in self.dkim]
        if self.dmarc is not None:
            parts.append(_dmarc(self.dmarc))
        if (iprev := self.iprev) is not None:
            comment = f"({iprev.name})" if _HOST.fullmatch(iprev.name) else ""
            about = {"policy.iprev": self.address}
            parts.append(_part("iprev", _word(iprev.result), iprev.reason, about, comment))
        return [_quoted(self.authserv_id), *(parts or ["none"])]


def _arc(arc: ArcResult, address: str) -> str:
    """RFC 8617 10.2."""
    about = {"smtp.remote-ip": address}
    if arc.result is Arc.PASS:
        about["header.oldest-pass"] = str(arc.oldest_pass)
    return _part("arc", arc.result, arc.reason, about, f"(i={arc.highest})" if arc.highest else "")


def _dkim(dkim: DkimResult) -> str:
    if dkim.result is Dkim.NONE:
        return "dkim=none"
    about = {
        "header.d": dkim.domain,
        "header.i": dkim.identity,
        "header.s": dkim.selector,
        "header.a": dkim.algorithm,
        "header.b": dkim.signature,
    }
    comments = [f"{dkim.bits}-bit key"] * bool(dkim.bits) + ["testing"] * dkim.testing
    return _part("dkim", dkim.result, dkim.reason, about, f"({', '.join(comments)})" if comments else "")


def _dmarc(dmarc: DmarcResult) -> str:
    comment = f"({dmarc.policy_said_by}={dmarc.policy})" if dmarc.record else ""
    about = {"header.from": dmarc.domain, "policy.dmarc": dmarc.policy.value if dmarc.record else ""}
    return _part("dmarc", _word(dmarc.result), dmarc.reason, about, comment)


def _word(result: object) -> str:
    return str(getattr(result, "value", result))


def _part(method: str, result: str, reason: str, about: dict[str, str], comment: str = "") -> str:
    words = [f"{method}={result}"]
    if comment:
        words.append(comment)
    if reason and result not in {"pass", "none"}:
        words.append(f"reason={_quoted(reason, always=True)}")
    words += [f"{name}={_quoted(value)}" for name, value in about.items() if value and value != "@"]
    return " ".join(words)


def _quoted(value: str, *, always: bool = False) -> str:
    """Write what somebody claims so that it is one value, whatever it holds."""
    value = value[:_VALUE_LIMIT]
    if not always and _PLAIN.fullmatch(value):
        return value
    value = _CONTROL.sub(" ", value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
