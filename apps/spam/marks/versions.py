"""Versions of the model everybody begins with: what is shipped, and what an administrator trained on the site's own mail.

A version is a row, written whole or not at all, that holds its own check sum. Every worker looks every few seconds which one
is current, so a new one, or the one before it, speaks a moment later. One that is damaged is named, and the one that was current
before it speaks; without any, what is shipped does.
"""

import logging
import time
from collections.abc import Callable, Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.events import audit
from apps.organisations.errors import DirectoryError, NotFoundError
from apps.spam.learning import linear, prior
from apps.spam.learning.features import Features
from apps.spam.learning.prior import Prior, PriorError
from apps.spam.models import ModelVersion

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
KEPT = 10
"""So many versions are kept, besides the current one."""
SHIPPED = 0


def install(*, data: bytes, note: str, actor: audit.Actor) -> ModelVersion:
    """Keep a model as a new version, and let it speak; DirectoryError for one that cannot be read."""
    try:
        read = prior.parse(data)
    except PriorError as error:
        raise DirectoryError(_("This is no model: %(reason)s") % {"reason": error}) from error
    with transaction.atomic():
        row = ModelVersion.objects.create(note=note[:200], digest=read.version, size=len(data), data=data)
        _choose(row)
        old = ModelVersion.objects.filter(is_current=False).order_by("-chosen_at", "-id")[KEPT:]
        ModelVersion.objects.filter(pk__in=[one.pk for one in old.only("pk")]).delete()
        _tell(actor, "spam.model.install", row)
    return row


def roll_back(*, version: int, actor: audit.Actor) -> ModelVersion | None:
    """Let an earlier version speak again; 0 is what is shipped. NotFoundError where there is none of this number."""
    with transaction.atomic():
        if version == SHIPPED:
            ModelVersion.objects.filter(is_current=True).update(is_current=False)
            audit.record(actor=actor, action="spam.model.choose", target=audit.Target("model", 0, "shipped"))
            return None
        row = ModelVersion.objects.select_for_update().defer("data").filter(pk=version).first()
        if row is None:
            raise NotFoundError
        _choose(row)
        _tell(actor, "spam.model.choose", row)
    return row


def _choose(row: ModelVersion) -> None:
    ModelVersion.objects.filter(is_current=True).update(is_current=False)
    ModelVersion.objects.filter(pk=row.pk).update(is_current=True, chosen_at=timezone.now())
    row.is_current = True


def _tell(actor: audit.Actor, action: str, row: ModelVersion) -> None:
    audit.record(actor=actor, action=action, target=audit.Target("model", row.pk, row.digest))


class Base:
    """The model everybody begins with, in one process."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.prior: Prior | None = None
        self.number = -1
        self.fault = ""
        """Why nothing can be read, if nothing can."""
        self._clock = clock
        self._look_at = -1.0

    def load(self) -> None:
        """Read what is shipped, without the database."""
        self.number, self.prior = SHIPPED, self._read(SHIPPED)

    @property
    def version(self) -> str:
        """Its number and check sum, for the record."""
        return f"{self.number}:{self.prior.version}" if self.prior else ""

    def refresh(self) -> bool:
        """Read the current version if it is another than before, looking every ten seconds at most; return whether it was."""
        now = self._clock()
        if now < self._look_at:
            return False
        self._look_at = now + LOOK_SECONDS
        current = ModelVersion.objects.filter(is_current=True).values_list("pk", flat=True).first() or SHIPPED
        if current == self.number:
            return False
        self.number = current
        self.prior = self._read(current)
        return True

    def _read(self, current: int) -> Prior | None:
        """Read the current version; if it is damaged, the one that was current before it; in the end what is shipped."""
        rows = ModelVersion.objects.exclude(chosen_at=None).order_by("-is_current", "-chosen_at", "-id")
        numbers = list(rows.values_list("pk", flat=True)) if current else []
        for number in numbers:
            data = bytes(ModelVersion.objects.values_list("data", flat=True).get(pk=number))
            try:
                found = prior.parse(data)
            except PriorError as error:
                log.error("model version damaged", extra={"version": number, "reason": str(error)})  # noqa: TRY400 - one line says it
                ModelVersion.objects.filter(pk=number).update(fault=str(error)[:200])
                continue
            self.fault = ""
            return found
        try:
            self.fault = ""
            return prior.load()
        except PriorError as error:
            log.error("no model to begin with", extra={"reason": str(error)})  # noqa: TRY400 - one line says it
            self.fault = str(error)
            return None

    def before(self, found: Features) -> Mapping[str, float]:
        """Return what it says of a message, by group; nothing where there is none."""
        self.refresh()
        return linear.scores(self.prior.model, found) if self.prior else {}
