"""The scanner is asked each hour how old its signatures are; silence and old signatures are told."""

import datetime as dt
from collections.abc import Callable

from django.conf import settings

from .client import Clamd, Place
from .services import keep


def watch(may_go_on: Callable[[], bool] = lambda: True, *, now: dt.datetime) -> str:
    """Ask, remember and tell; return what was told, or ''."""
    if not settings.MAIL_CLAMD:
        return keep(place="", version=None, now=now)
    version = Clamd(Place.parse(settings.MAIL_CLAMD), 10.0).version()
    return keep(place=settings.MAIL_CLAMD, version=version, now=now) if may_go_on() else ""
