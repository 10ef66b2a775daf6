"""What Prometheus is told of it, as it stands when it asks."""

import logging
from collections.abc import Iterator

from django.db import DatabaseError
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from apps.protocols.mailauth.blocklists import State

from .queries import standing

log = logging.getLogger(__name__)


class Standings(Collector):
    """Gauges made of what is remembered: which process asked the lists does not matter."""

    def describe(self) -> Iterator[Metric]:
        """Name what there may be, without asking the database while a process starts."""
        yield from self._empty()

    def collect(self) -> Iterator[Metric]:
        """Say how each address and each list stands: 1 listed, or in order."""
        listed, works = self._empty()
        try:
            rows = standing()
        except DatabaseError as error:
            log.warning("standings not measured", extra={"error": str(error)})
            rows = []
        for row in rows:
            if not row.address:
                works.add_metric([row.zone], row.state is State.WORKS)
            elif row.state in {State.LISTED, State.CLEAN}:
                listed.add_metric([row.zone, row.address], row.state is State.LISTED)
        yield listed
        yield works

    @staticmethod
    def _empty() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily(
                "mail_blocklist_listed", "An address of ours on a block list.", labels=["zone", "address"]
            ),
            GaugeMetricFamily(
                "mail_blocklist_works", "A block list that answers as it should.", labels=["zone"]
            ),
        )


def register() -> None:
    """Have this process tell it; once."""
    REGISTRY.register(Standings())
