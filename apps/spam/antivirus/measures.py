"""What Prometheus is told of the virus scanner, as it stands when it asks."""

import logging
from collections.abc import Iterator

from django.db import DatabaseError
from django.utils import timezone
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .queries import scanner

log = logging.getLogger(__name__)


class Scanners(Collector):
    """Gauges made of what is remembered: which process asked does not matter."""

    def describe(self) -> Iterator[Metric]:
        """Name what there may be, without asking the database while a process starts."""
        yield from self._empty()

    def collect(self) -> Iterator[Metric]:
        """Say whether it answers, and how old its signatures are."""
        works, age = self._empty()
        try:
            found = scanner()
        except DatabaseError as error:
            log.warning("virus scanner not measured", extra={"error": str(error)})
            found = None
        if found is not None:
            works.add_metric([], found.state != "silent")
            if found.made_at is not None:
                age.add_metric([], (timezone.now() - found.made_at).total_seconds())
        yield works
        yield age

    @staticmethod
    def _empty() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily("mail_antivirus_works", "Whether the virus scanner answers.", labels=[]),
            GaugeMetricFamily(
                "mail_antivirus_signatures_age_seconds", "How old its signatures are.", labels=[]
            ),
        )


def register() -> None:
    """Have this process tell it; once."""
    REGISTRY.register(Scanners())
