"""Stand-ins for the world outside: never for PostgreSQL, Valkey or our own modules."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

from apps.protocols.smtp.replies import Reply
from apps.queue.couriers import Carried, Delivered, Outcome, Parcel

TAKEN = Delivered(Reply(250, "2.0.0", "Taken"), "mx.far.example")


@dataclass(slots=True)
class FakeCourier:
    """A courier to nowhere: takes a while, answers as told, and remembers what it was handed."""

    answer: Callable[[Parcel], Outcome] = lambda _: TAKEN
    seconds: float = 0.0
    smarthost: str = ""
    carried: list[list[Parcel]] = field(default_factory=list)
    talking: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    called: asyncio.Event = field(default_factory=asyncio.Event)

    def destination(self, domain: str) -> str:
        """Return the smarthost, if there is one."""
        return self.smarthost or domain

    async def deliver(self, parcels: Sequence[Parcel]) -> AsyncGenerator[Sequence[Carried]]:
        """Carry."""
        destination = self.destination(parcels[0].recipient.domain)
        self.talking[destination] += 1
        self.most[destination] = max(self.most[destination], self.talking[destination])
        self.carried.append(list(parcels))
        self.called.set()
        try:
            await asyncio.sleep(self.seconds)
            yield [(parcel, self.answer(parcel)) for parcel in parcels]
        finally:
            self.talking[destination] -= 1
