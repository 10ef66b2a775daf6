"""A feed is fetched: from a file, or by https alone, bounded in bytes and time; and looked for every two weeks."""

import datetime as dt
import logging
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from apps.events import audit
from apps.spam.models.rules import RuleClock

from . import feeds, starter
from .definitions import RuleError
from .services import RuleRefusedError
from .signing import MOST_BYTES, unseal

log = logging.getLogger(__name__)

SECONDS = 60.0
STEP_SECONDS = 15.0
MOST_REDIRECTS = 3
_CHUNK = 64 * 1024


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    max_redirections = MOST_REDIRECTS

    def redirect_request(  # type: ignore[no-untyped-def]
        self, req, fp, code, msg, headers, newurl
    ) -> urllib.request.Request | None:
        """Follow to https alone."""
        if urlsplit(newurl).scheme != "https":
            raise RuleRefusedError("the feed's address leads to one that is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(place: str) -> bytes:
    """Return the bytes of a feed; raises RuleRefusedError, which says why there are none."""
    parts = urlsplit(place)
    match parts.scheme:
        case "https" if parts.hostname:
            return _download(place)
        case "" | "file":
            path = Path(parts.path if parts.scheme else place)
            try:
                with path.open("rb") as file:
                    return _bounded(file.read(MOST_BYTES + 1))
            except OSError as error:
                raise RuleRefusedError(f"{path}: {error.strerror or 'cannot be read'}") from None
        case _:
            raise RuleRefusedError("a feed is a file, or an address that begins with https://")


def _download(url: str) -> bytes:
    until, found = time.monotonic() + SECONDS, bytearray()
    # Without the handlers for other schemes, whatever a redirect says.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPSHandler(),
        _OnlyHttps(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.ProxyHandler(),
    ):
        opener.add_handler(handler)
    request = urllib.request.Request(url, headers={"User-Agent": "mail-rules"})  # noqa: S310 - https alone
    try:
        with opener.open(request, timeout=STEP_SECONDS) as answer:
            while chunk := answer.read1(_CHUNK):
                found += chunk
                _bounded(found)
                if time.monotonic() > until:
                    raise RuleRefusedError("the feed takes too long")
    except urllib.error.HTTPError as error:
        raise RuleRefusedError(f"the feed's server answers {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, RuleRefusedError):
            raise
        raise RuleRefusedError(f"the feed cannot be fetched: {type(error).__name__}") from None
    return bytes(found)


def _bounded[T: (bytes, bytearray)](found: T) -> T:
    if len(found) > MOST_BYTES:
        raise RuleRefusedError(f"a feed has at most {MOST_BYTES} bytes")
    return found


def update_from(*, place: str, is_dry: bool = False, actor: audit.Actor) -> feeds.Diff:
    """Take over the feed that lies at a place, if its signature holds."""
    if not settings.MAIL_RULES_FEED_KEY:
        raise RuleRefusedError("MAIL_RULES_FEED_KEY says by whose key feeds are signed, and is empty")
    raw = fetch(place)
    try:
        opened = unseal(raw, settings.MAIL_RULES_FEED_KEY)
    except RuleError as error:
        raise RuleRefusedError(f"the feed is refused: {error}") from None
    return feeds.update(document=opened.document, body=opened.body, source=place, is_dry=is_dry, actor=actor)


def update_from_release(*, is_dry: bool = False, actor: audit.Actor) -> feeds.Diff | None:
    """Take over the rules of the release, unless they or newer ones are there; None then."""
    if feeds.is_known(starter.VERSION):
        return None
    return feeds.update(
        document=starter.document(), source=feeds.RELEASE, is_tested=True, is_dry=is_dry, actor=actor
    )


def look_due(*, now: dt.datetime) -> str:
    """Take over what is new: the release's rules at once, the feed's when it is time; say what was done."""
    done = []
    if (diff := update_from_release(actor=audit.SYSTEM)) is not None:
        done.append(f"release {diff.version}")
    if settings.MAIL_RULES_FEED and _is_due(now):
        try:
            diff = update_from(place=settings.MAIL_RULES_FEED, actor=audit.SYSTEM)
            done.append(f"feed {diff.version}")
        except RuleRefusedError as error:
            # One that has nothing newer is the usual case.
            is_old = "is not newer" in str(error)
            log.log(logging.INFO if is_old else logging.WARNING, "no new rules", extra={"reason": str(error)})
            if not is_old:
                return ", ".join(done)
        RuleClock.objects.update_or_create(id=1, defaults={"feed_looked_at": now})
    return ", ".join(done)


def _is_due(now: dt.datetime) -> bool:
    last = RuleClock.objects.filter(id=1).values_list("feed_looked_at", flat=True).first()
    return last is None or now - last >= dt.timedelta(seconds=settings.MAIL_RULES_FEED_EVERY)
