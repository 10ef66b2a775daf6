"""Where links lead, and whether they say so."""

import re

from apps.protocols.html.links import mismatch
from apps.spam.reading import Link, Reading

from .brands import BRANDS, imitated, is_home, named
from .catalogue import Found
from .files import extension
from .known import free_page, is_redirector, is_shortener
from .letters import mixed_words
from .places import Place, domain_of, place_of, unicode_host

MOST = 200
"""So many different addresses are looked at."""
MANY_LABELS = 6
_ACTION = re.compile(
    r"(?:sign|log)\s?-?in|verif|confirm|updat|restor|unlock|review|secur|renew|track|anmeld|bestätig|überprüf|aktualis"
    r"|connect|vérif|confirmer|iniciar|verific|aggiorn|accedi|ログイン|確認|更新|登录|验证|войти|подтверд",
    re.IGNORECASE,
)
_PROGRAMS_WORDS = "exe scr pif cpl msi hta vbs vbe wsf jse lnk iso img apk bat cmd ps1"
_PROGRAMS = frozenset(_PROGRAMS_WORDS.split())
_USUAL_PORTS = frozenset({"", "80", "443", "8080", "8443"})


def examine_links(reading: Reading, found: Found) -> None:
    """Look at every address once."""
    senders = {domain_of(party.domain) for party in reading.senders}
    seen: dict[tuple[str, str], Link] = {}
    for link in reading.links:
        if len(seen) >= MOST:
            break
        seen.setdefault((link.href, link.text), link)
    domains: set[str] = set()
    for link in seen.values():
        place = place_of(link.href)
        if place.is_web:
            domains.add(place.domain)
            _host(place, link, found)
            _text(place, link, senders, found)
        elif place.scheme in {"javascript", "vbscript"}:
            found.add("URL_JAVASCRIPT", link.href)
        elif place.scheme == "data" and link.where != "image":
            found.add("URL_DATA", link.href[:80])
        elif place.scheme == "file":
            found.add("URL_ODD_HOST", link.href)
    if len(domains) == 1 and sum(1 for link in seen.values() if link.where in {"html", "plain"}) == 1:
        found.add("URL_ONE_ONLY", next(iter(domains)))
    _recipient(reading, found)


def _host(place: Place, link: Link, found: Found) -> None:
    host, href = place.host, link.href
    if place.is_local:
        return
    if place.is_address:
        found.add("URL_IP_ADDRESS", href)
        return
    if place.userinfo:
        found.add("URL_USERINFO", href)
    if place.port not in _USUAL_PORTS:
        found.add("URL_ODD_PORT", href)
    if "%" in host or any(character in host for character in "<>{}|^`$,"):
        found.add("URL_ODD_HOST", href)
    shown = unicode_host(host)
    if shown != host:
        found.add("URL_PUNYCODE", shown)
    if not shown.isascii() and mixed_words(shown, 1):
        found.add("URL_HOST_MIXED_SCRIPTS", shown)
    if imitates := imitated(shown, domain_of(shown)):
        found.add("URL_HOST_IMITATES", f"{shown}: {imitates}")
    if host.count(".") >= MANY_LABELS:
        found.add("URL_MANY_LABELS", host)
    if is_shortener(host):
        found.add("URL_SHORTENER", href)
    elif place.inner and domain_of(place.inner) != place.domain and is_redirector(host, place.path):
        found.add("URL_REDIRECTOR", href)
    elif free_page(host, place.path):
        found.add("URL_FREE_PAGE", href)
    path = place.path.partition("?")[0].partition("#")[0]
    if extension(path.rpartition("/")[2]) in _PROGRAMS:
        found.add("URL_PROGRAM", href)


def _text(place: Place, link: Link, senders: set[str], found: Found) -> None:
    """Compare what a link says with where it leads."""
    if link.where != "html" or not link.text:
        return
    if (differs := mismatch(link.text, link.href)) is not None:
        said = domain_of(differs.text_host)
        if said != place.domain and place.inner != differs.text_host:
            found.add("URL_TEXT_OTHER_HOST", f"{differs.text_host} → {place.host}")
            if said not in senders and any(is_home(brand, said) for brand in BRANDS.values()):
                found.add("URL_TEXT_BRAND_HOST", f"{differs.text_host} → {place.host}")
        return
    brand = named(link.text)
    if brand is None or is_home(brand, place.domain) or not _ACTION.search(link.text):
        return
    if not any(is_home(brand, sender) for sender in senders):
        found.add("URL_TEXT_BRAND", f"{link.text} → {place.host}")


def _recipient(reading: Reading, found: Found) -> None:
    """Find the recipient's address after a #: a page that fills in a form with it, and no server is told."""
    recipients = {party.address.lower() for party in reading.to[:20] if "@" in party.address}
    for link in reading.links[:MOST]:
        _, mark, fragment = link.href.partition("#")
        if (
            mark
            and "@" in (said := fragment.lower().replace("%40", "@"))
            and any(each in said for each in recipients)
        ):
            found.add("URL_NAMES_RECIPIENT", link.href)
            return
