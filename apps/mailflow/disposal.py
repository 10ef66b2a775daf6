"""What DMARC asks for, and what is done: refuse, take as junk, ask for another try, or take (RFC 7489 6.6 and 6.7).

Pure: what DNS said is in the facts, and which forwarders are believed comes in as an argument.
"""

import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network

from apps.protocols.mailauth.arc.results import Arc, ArcSet
from apps.protocols.mailauth.dkim.results import Dkim
from apps.protocols.mailauth.dmarc import DmarcResult, Policy
from apps.protocols.mailauth.results import Method, read
from apps.protocols.mailauth.spf import Spf

from .examine import Checked, Network, lies_in


class Mode(enum.StrEnum):
    """How far the policies of others are followed (MAIL_DMARC)."""

    ENFORCE = "enforce"
    QUARANTINE = "quarantine"
    OBSERVE = "observe"


class Fate(enum.Enum):
    """What becomes of a message."""

    TAKE = "take"
    JUNK = "junk"
    REFUSE = "refuse"
    DEFER = "defer"


@dataclass(frozen=True, slots=True)
class Disposal:
    """What becomes of a message, why, and for which organisations it is junk.

    `override` is why the policy was not followed, as reports name it: a kind of RFC 7489 and a comment.
    """

    fate: Fate = Fate.TAKE
    reason: str = ""
    junk_for: frozenset[int] = frozenset()
    override: tuple[str, str] | None = None


def needs_exceptions(checked: Checked | None, mode: Mode) -> bool:
    """Whether it matters whom an organisation believes: seldom, so the list is only read then."""
    return checked is not None and mode is not Mode.OBSERVE and bool(_objection(checked))


def dispose(
    checked: Checked | None,
    mode: Mode,
    *,
    address: str,
    organisations: Collection[int],
    believed: Mapping[int, Collection[str]],
) -> Disposal:
    """Say what becomes of a message for these organisations, of which each believes some forwarders."""
    if checked is None:
        return Disposal()
    dmarc = checked.dmarc
    if dmarc.result == "temperror" and dmarc.record is not None and dmarc.policy is not Policy.NONE:
        if mode is Mode.OBSERVE:
            return Disposal(reason=dmarc.reason, override=("local_policy", "policies are only observed"))
        return Disposal(Fate.DEFER, f"DMARC of {dmarc.domain} cannot be judged: {dmarc.reason}")
    if not (reason := _objection(checked)):
        return Disposal()
    if mode is Mode.OBSERVE:
        return Disposal(reason=reason, override=("local_policy", "policies are only observed"))
    vouched = {one: vouches(checked, address, believed.get(one, ())) for one in organisations}
    doubting = frozenset(one for one, by in vouched.items() if by is None)
    by = next((by for by in vouched.values() if by is not None), None)
    if not doubting and by is not None:
        return Disposal(reason=reason, override=by)
    if dmarc.policy is Policy.REJECT and mode is Mode.ENFORCE and by is None:
        return Disposal(Fate.REFUSE, reason)
    softened = None
    if not _asks_for_something(dmarc):
        softened = "local_policy", checked.doubt
    elif dmarc.policy is Policy.REJECT:
        softened = "local_policy", "taken as junk instead of refused"
    return Disposal(Fate.JUNK, reason, doubting, softened)


def _objection(checked: Checked) -> str:
    """Say what speaks against a message: its author's policy, or that there is not one author who could have any.

    Who has no author or several is refused by many (RFC 7489 6.6.1); some honest programs are among them, so we take that
    as junk, unless each of the authors passed.
    """
    dmarc = checked.dmarc
    if _asks_for_something(dmarc):
        return f"DMARC of {dmarc.domain} ({dmarc.policy_domain}: {dmarc.policy}): {dmarc.reason}"
    return checked.doubt if dmarc.result != "pass" else ""


def _asks_for_something(dmarc: DmarcResult) -> bool:
    return dmarc.result == "fail" and dmarc.policy is not Policy.NONE


def vouches(checked: Checked, address: str, believed: Iterable[str]) -> tuple[str, str] | None:
    """Return why a forwarder's word counts for more than the policy, or None.

    A network is believed by its address. A domain is believed where it can be recognised: its host by a name that leads
    back, its list by SPF or a signature, and one who passed a message on by an unbroken chain of seals, each of
    somebody who is believed, down to one who found the author's domain to be right.
    """
    domains = []
    for word in believed:
        if (network := _network(word)) is None:
            domains.append(word.lower())
        elif lies_in(address, [network]):
            return "trusted_forwarder", f"the host lies in {network}"
    if checked.iprev.result == "pass" and _within(checked.iprev.name, domains):
        return "trusted_forwarder", f"the host is {checked.iprev.name}"
    if checked.spf.result is Spf.PASS and _within(checked.spf.domain, domains):
        return "mailing_list", f"sent by {checked.spf.domain}"
    for dkim in checked.dkim:
        if dkim.result is Dkim.PASS and _within(dkim.domain, domains):
            return "mailing_list", f"signed by {dkim.domain}"
    if checked.arc.result is Arc.PASS:
        for one in reversed(checked.arc.sets):
            if not _within(one.domain, domains):
                break
            if _found_right(one, checked.dmarc):
                return "trusted_forwarder", f"arc=pass, sealed by {one.domain}"
    return None


def _network(word: str) -> Network | None:
    try:
        return ip_network(word, strict=False)
    except ValueError:
        return None


def _within(name: str, domains: Collection[str]) -> bool:
    """Whether a name is one of these or lies in one."""
    name = name.lower()
    return any(name == domain or name.endswith("." + domain) for domain in domains)


def _found_right(one: ArcSet, dmarc: DmarcResult) -> bool:
    """Whether a set says that the author's domain was right when the message came there."""
    said = read(one.results)
    if judged := said.of("dmarc"):
        return any(m.result == "pass" and m.value("header", "from") in {"", dmarc.domain} for m in judged)
    return any(m.result == "pass" and _is_authors(m, dmarc) for m in said.of("dkim"))


def _is_authors(method: Method, dmarc: DmarcResult) -> bool:
    domain = method.value("header", "d") or method.value("header", "i").rpartition("@")[2]
    return domain != "" and domain in {dmarc.domain, dmarc.organizational}
