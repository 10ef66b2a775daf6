"""Where the links of a message lead: the one thing besides the words in which the classes differ.

Harmless mail links to its sender's own hosts, or to the service that mails and counts for it. Unwanted mail leads
elsewhere: fresh names, hijacked sites, addresses in numbers, shorteners; some of it hides behind the same counting
services.
"""

import random
import string

from bench.spam.made.fill import invented

COUNTERS = (
    "ct.sendwell.example",
    "click.mailwerk.test",
    "trk.briefly.example",
    "links.postino.test",
    "t.newsly.example",
)
SHARED = (
    "docs.cloudpad.example",
    "photos.albumly.test",
    "files.boxroom.example",
    "meet.roomcall.test",
    "maps.wayto.example",
)
SHORT = ("lnk.example", "go2.test", "tny.example", "s-url.test")
OWN_PATHS = (
    "orders",
    "account",
    "my",
    "tracking",
    "invoices",
    "help",
    "p",
    "news",
    "bookings",
    "settings",
    "view",
    "s",
    "login",
    "verify",
    "secure",
    "confirm",
    "tickets",
    "pay",
)
BAIT = (
    "secure",
    "login",
    "verify",
    "account",
    "update",
    "service",
    "support",
    "confirm",
    "id",
    "pay",
    "portal",
    "info",
)


def token(rng: random.Random, length: int) -> str:
    """Letters and digits that mean nothing."""
    return "".join(rng.choices(string.ascii_letters + string.digits, k=length))


def harmless(rng: random.Random, domain: str, *, personal: bool) -> str:
    """A link of mail one wants."""
    if personal and rng.random() < 0.85:
        return f"https://{rng.choice(SHARED)}/{rng.choice('defgs')}/{token(rng, rng.randint(8, 24))}"
    if rng.random() < 0.3:
        return counted(rng)
    host = rng.choice(("www.", "", "my.", "shop.", "account.", "app.", "login.", "secure.", "mail.")) + domain
    path = "/".join(
        (rng.choice(OWN_PATHS), *(token(rng, rng.randint(5, 12)) for _ in range(rng.randint(0, 2))))
    )
    query = rng.choice(("", "", f"?id={rng.randint(1000, 9_999_999)}", "?utm_source=mail&utm_medium=email"))
    return f"{'https' if rng.random() < 0.95 else 'http'}://{host}/{path}{query}"


def counted(rng: random.Random) -> str:
    """A link through a service that mails for others: both classes have it."""
    return f"https://{rng.choice(COUNTERS)}/{rng.choice(('ls/click', 'c', 'f/a', 'CL0'))}/{token(rng, rng.randint(24, 60))}"


def unwanted(rng: random.Random, domain: str) -> str:
    """A link of mail nobody wants."""
    scheme = "http" if rng.random() < 0.35 else "https"
    shape = rng.random()
    if shape < 0.15:
        return counted(rng)
    if shape < 0.22:
        return f"{scheme}://{rng.choice(SHORT)}/{token(rng, rng.randint(5, 8))}"
    if shape < 0.28:
        return f"http://{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randint(1, 254)}/{token(rng, 6)}"
    if shape < 0.40:
        brand = domain.split(".", 1)[0]
        return f"{scheme}://{brand}.{rng.choice(BAIT)}-{rng.choice(BAIT)}.{invented(rng)}/{token(rng, 8)}"
    if shape < 0.52:
        folder = rng.choice(
            ("wp-content/plugins", "wp-includes/js", "images/.tmp", "~web/old", "cgi-bin", "assets/x")
        )
        return f"{scheme}://{invented(rng)}/{folder}/{token(rng, 6)}/{rng.choice(('index.php', 'login.html', ''))}"
    if shape < 0.60:
        return f"https://{rng.choice(SHARED)}/{rng.choice('defgs')}/{token(rng, rng.randint(8, 24))}"
    if shape < 0.80:
        return f"{scheme}://{rng.choice(BAIT)}-{rng.choice(BAIT)}{rng.randint(1, 99)}.{invented(rng)}/{rng.choice(BAIT)}"
    return f"{scheme}://{rng.choice(('', 'www.'))}{invented(rng)}/{token(rng, rng.randint(2, 14))}"
