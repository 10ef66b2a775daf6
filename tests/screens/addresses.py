"""Which addresses are screens: every pattern of the URLs, with what the world has for its parameters."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from .world import World

MOST_TRIES = 16
# Documents of their own, and not pages: what is inside a message's frame is looked at in the conversation.
NOT_SCREENS = {
    "webmail:body": "what a message says, in its frame",
    "webmail:cid": "a picture in a message",
    "settings:profile": "a profile for a telephone",
    "webmail:image": "a picture from elsewhere, fetched by us",
}
# Answers JSON, and has tests of its own; its page is listed by itself.
LEFT_OUT = ("api/v1/",)


@dataclass(frozen=True, slots=True)
class Address:
    """A pattern of the URLs: the name of its view, and how it is written."""

    name: str
    route: str

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"<(?:\w+:)?(\w+)>", self.route)

    @property
    def whos(self) -> tuple[str, ...]:
        """Who may look at it: alice has set up everything, bob nothing."""
        kind = self.name.partition(":")[0]
        return {"console": ("admin",), "pages": ("nobody",)}.get(kind, ("alice", "bob"))

    def paths(self, world: World) -> Iterator[str]:
        """Return the addresses worth trying: with what the world names, then what a page linked to."""
        if all(name in world.names for name in self.parameters):
            choices = itertools.product(*(world.names[name] for name in self.parameters))
            for chosen in itertools.islice(choices, MOST_TRIES):
                plain = re.split(r"<[^>]+>", self.route)
                yield "/" + "".join(
                    map("".join, itertools.zip_longest(plain, map(str, chosen), fillvalue=""))
                )
        if self.name in world.linked:
            yield world.linked[self.name]


def addresses() -> list[Address]:
    """Return every pattern that may be a page."""
    return [
        address
        for address in _within(get_resolver(), "", "")
        if not address.route.startswith(LEFT_OUT) and address.name not in NOT_SCREENS
    ]


def _within(resolver: URLResolver, route: str, space: str) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        written = route + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLPattern):
            yield Address(f"{space}{pattern.name or written}", written)
        else:
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _within(pattern, written, inner)
