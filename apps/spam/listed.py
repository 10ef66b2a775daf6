"""What lists of senders and names say, as evidence; they were asked when the message came. Pure."""

from collections.abc import Mapping
from typing import Any

from .envelopes import Envelope
from .symbols import Evidence, Source, Symbol

MOST = 6.0
"""What all lists together weigh at most: they copy from each other."""
_NAMES = {"host": "HOST_ON_LIST", "domain": "DOMAIN_ON_LIST", "young": "DOMAIN_YOUNG"}


def listed(envelope: Envelope) -> Evidence:
    """Return one symbol for each list that lists something of the message; and the lists that could not be asked."""
    told = envelope.checks.get("lists")
    if envelope.is_ours or not isinstance(told, Mapping):
        return Evidence()
    heaviest: dict[str, Mapping[str, Any]] = {}
    for hit in told.get("hits") or ():
        heaviest.setdefault(str(hit.get("zone", "")), hit)
    symbols: list[Symbol] = []
    left = MOST
    for hit in sorted(heaviest.values(), key=lambda one: -float(one.get("weight", 0))):
        weight = min(float(hit.get("weight", 0)), left)
        left -= weight
        detail = f"{hit.get('about', '')} on {hit.get('zone', '')}"[:200]
        symbols.append(Symbol(_NAMES.get(str(hit.get("kind")), "ON_LIST"), weight, Source.LIST, detail))
    missing = tuple((f"list {zone}", str(why)) for zone, why in (told.get("missing") or {}).items())
    return Evidence(tuple(symbols), missing)
