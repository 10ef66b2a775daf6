"""The zone a reader lives in: the browser says it in a cookie, and every time of day is told in it."""

import functools
import zoneinfo

from django.http import HttpRequest
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

ZONE_COOKIE = "zone"


class ZoneMiddleware(MiddlewareMixin):
    """Tells times in the zone of the browser, or in that of the server where it did not say one."""

    def process_request(self, request: HttpRequest) -> None:
        """Take the zone of this request, and never that of the one before."""
        zone = zone_of(request.COOKIES.get(ZONE_COOKIE, ""))
        if zone is None:
            timezone.deactivate()
        else:
            timezone.activate(zone)


def zone_of(name: str) -> zoneinfo.ZoneInfo | None:
    """Return a zone by its name, None for what is none."""
    if name not in _names():
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (OSError, ValueError):
        return None  # Named, but not a file of this system's.


@functools.cache
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
