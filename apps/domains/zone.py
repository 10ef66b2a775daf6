"""The zone where domains may point their selectors: what we answer for, one TXT record a key in its slot."""

from collections.abc import Iterator

from django.conf import settings

from .keymaking import Algorithm
from .models import DkimKey
from .records.key_record import key_text, slot_target
from .services import SLOTS

TTL = 3600
PIECE = 255
_SLOTS = sorted(slot for slots in SLOTS.values() for slot in slots)


def lines() -> Iterator[str]:
    """Return the zone's records as a zone file has them, for a name server that is not ours."""
    keys = DkimKey.objects.filter(selector__in=_SLOTS, domain__is_active=True).select_related("domain")
    for key in keys.defer("private").order_by("domain__name", "selector").iterator(1000):
        if name := slot_target(key.selector, key.domain.name, settings.MAIL_DKIM_ZONE):
            text = key_text(Algorithm(key.algorithm).kind, key.public)
            pieces = " ".join(f'"{text[at : at + PIECE]}"' for at in range(0, len(text), PIECE))
            yield f"{name}. {TTL} IN TXT {pieces}"
