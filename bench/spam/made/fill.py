"""Slots and alternatives: one text becomes what one sender wrote to one recipient."""

import random
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bench.spam.made.texts import Language

INNERMOST = re.compile(r"\{([^{}]*)\}")
SYLLABLES = [
    "ba", "be", "bo", "bri", "ca", "cor", "da", "del", "do", "fa", "fen", "ga",
    "gri", "ha", "hol", "ka", "kel", "la", "lin", "lo", "ma", "mer", "mi", "mo",
    "na", "nor", "o", "pa", "per", "qui", "ra", "ri", "ro", "sa", "sel", "so",
    "sta", "ta", "tel", "ti", "tor", "u", "va", "ver", "vi", "wa", "wen", "xi",
    "ya", "zan", "zo",
]  # fmt: skip
TLDS = ("example", "test", "invalid")
FAMILY_FIRST = ("ja", "zh", "ko")
MAIL_HOSTS = ("mail", "post", "freemail", "inbox", "brief", "online", "webpost", "mymail")


def slug(text: str) -> str:
    """`text` as a label of a domain name, or nothing where no letter of it is ASCII."""
    plain = (
        unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ł", "l"))
        .encode("ascii", "ignore")
        .decode()
    )
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def invented(rng: random.Random) -> str:
    """A domain that nobody has: syllables under a reserved name."""
    name = "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 4)))
    if rng.random() < 0.25:
        name += "-" + "".join(rng.choice(SYLLABLES) for _ in range(2))
    return f"{name}.{rng.choice(TLDS)}"


@dataclass(slots=True)
class Setting:
    """Who writes to whom about what: each slot drawn once, and the same wherever the message names it."""

    rng: random.Random
    language: Language
    values: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)  # addresses that the links of the text get, in order
    when: datetime = datetime(2025, 1, 1, tzinfo=UTC)

    def fill(self, text: str) -> str:
        """`text` with alternatives chosen and slots filled, from the inside out."""
        while found := INNERMOST.search(text):
            inner = found.group(1)
            value = self.rng.choice(inner.split("|")) if "|" in inner else self.slot(inner)
            text = text[: found.start()] + value + text[found.end() :]
        return text

    def slot(self, name: str) -> str:
        """The value of the slot `name` in this message; `item2` is another draw of `item`."""
        if name not in self.values:
            self.values[name] = self._draw(name.rstrip("0123456789"))
        return self.values[name]

    def full(self, first: str, last: str) -> str:
        """A whole name, in the order of the language."""
        return f"{last} {first}" if self.language.code in FAMILY_FIRST else f"{first} {last}"

    def _draw(self, name: str) -> str:
        rng, lists = self.rng, self.language.lists
        match name:
            case "sum":
                return self._money(
                    rng.choice((rng.randint(3, 99), rng.randint(10, 400), rng.randint(100, 3000)))
                )
            case "fee":
                return self._money(rng.randint(0, 4))
            case "million":
                return rng.choice(lists["money"]).format(n=self._grouped(rng.randint(8, 480) * 100_000))
            case "date":
                return self._date(self.when + timedelta(days=rng.randint(-20, 40)))
            case "day":
                return rng.choice(lists["day"])
            case "time":
                return f"{rng.randint(7, 21)}:{rng.choice(('00', '15', '30', '45', '10', '20'))}"
            case "year":
                return str(self.when.year)
            case "code":
                return f"{rng.randint(0, 999_999):06d}"
            case "number":
                return self._reference()
            case "n":
                return str(rng.randint(2, 9))
            case "pct":
                return str(rng.choice((5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90)))
            case "phone":
                return f"+{rng.choice((999, 888))} {rng.randint(10, 99)} {rng.randint(100, 999)} {rng.randint(1000, 9999)}"
            case "wallet":
                alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
                return "bc1q" + "".join(rng.choice(alphabet) for _ in range(34)).lower()
            case "link":
                return self.links.pop(0) if len(self.links) > 1 else self.links[0]
            case "name" | "friend":
                return rng.choice(lists["first"])
            case "person":
                return self.full(rng.choice(lists["first"]), rng.choice(lists["last"]))
            case _:
                return rng.choice(lists[name])

    def _money(self, whole: int) -> str:
        decimal = self.language.lists.get("decimal", [","])[0]
        digits = self._grouped(whole)
        if decimal:
            digits += decimal + self.rng.choice(
                ("00", "99", "90", "50", "49", "95", f"{self.rng.randint(0, 99):02d}")
            )
        else:
            digits += self.rng.choice(("00", "80", "50", "900"))
        return self.rng.choice(self.language.lists["money"]).format(n=digits)

    def _grouped(self, number: int) -> str:
        return f"{number:,}".replace(",", self.language.lists.get("thousands", ["."])[0])

    def _date(self, when: datetime) -> str:
        lists = self.language.lists
        form = self.rng.choice(lists["dates"])
        month = lists["month"][when.month - 1]
        return form.format(
            d=when.day, m=when.month, y=when.year, month=month, dd=f"{when.day:02d}", mm=f"{when.month:02d}"
        )

    def _reference(self) -> str:
        rng = self.rng
        letters = "".join(rng.choice("ABCDEFGHKLMNPRSTUVWX") for _ in range(rng.randint(1, 3)))
        digits = rng.randint(10_000, 99_999_999)
        return rng.choice(
            (
                f"{digits}",
                f"{letters}{digits}",
                f"{letters}-{digits}",
                f"{self.when.year}-{digits % 100_000:05d}",
            )
        )
