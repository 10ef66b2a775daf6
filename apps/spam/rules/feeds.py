"""Rules of the feed: taken over whole or not at all, kept for going back, beside what administrators decided."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from apps.events import audit
from apps.spam.models.rules import RuleFeed, SpamRule, place_of

from .definitions import RuleError
from .documents import Document, Listed, check_document, from_json, to_json
from .services import RuleRefusedError, columns_of, touch

KEPT_VERSIONS = 10
RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Diff:
    """What an update changes, by names; `kept` are rules of one's own that a rule of the feed stands back for."""

    version: int
    before: int | None
    added: tuple[str, ...] = ()
    changed: tuple[tuple[str, str], ...] = ()
    """A name, and what becomes of it."""
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no rule is other than before."""
        return not (self.added or self.changed or self.removed)


def update(
    *,
    document: Document,
    source: str,
    body: str = "",
    is_tested: bool = False,
    is_dry: bool = False,
    actor: audit.Actor,
) -> Diff:
    """Take over a newer version; raises RuleRefusedError and changes nothing if it is none or any rule of it is bad.

    What comes with the release was tested with it, and seconds of checking at each first start are saved.
    """
    try:
        if not is_tested:
            check_document(document)
    except RuleError as error:
        raise RuleRefusedError(f"the feed is refused: {error}") from None
    with transaction.atomic():
        touch([place_of()])
        newest = RuleFeed.objects.aggregate(newest=Max("version"))["newest"]
        if newest is not None and document.version <= newest:
            raise RuleRefusedError(f"version {document.version} is not newer than {newest}")
        diff = _apply(document)
        body = body or to_json(document)
        RuleFeed.objects.filter(is_current=True).update(is_current=False)
        RuleFeed.objects.create(
            version=document.version,
            body=body,
            digest=hashlib.sha256(body.encode()).hexdigest(),
            source=source[:500],
            rules=len(document.rules),
            is_current=True,
        )
        old = RuleFeed.objects.filter(is_current=False).order_by("-version").values_list("version", flat=True)
        RuleFeed.objects.filter(version__in=list(old[KEPT_VERSIONS:])).delete()
        _tell("spam_feed.update", diff, source, actor)
        if is_dry:
            transaction.set_rollback(True)
    return diff


def roll_back(*, is_dry: bool = False, actor: audit.Actor) -> Diff:
    """Go back to the version before; a version that was left is not taken over again by itself."""
    with transaction.atomic():
        touch([place_of()])
        current = RuleFeed.objects.filter(is_current=True).first()
        earlier = (
            RuleFeed.objects.filter(version__lt=current.version).order_by("-version") if current else None
        )
        back = earlier.first() if earlier is not None else None
        if back is None:
            raise RuleRefusedError("there is no earlier version to go back to")
        diff = _apply(from_json(back.body))
        RuleFeed.objects.filter(is_current=True).update(is_current=False)
        RuleFeed.objects.filter(version=back.version).update(is_current=True, applied_at=Now())
        _tell("spam_feed.rollback", diff, back.source, actor)
        if is_dry:
            transaction.set_rollback(True)
    return diff


def is_known(version: int) -> bool:
    """Whether this version or a newer one was taken over already."""
    return RuleFeed.objects.filter(version__gte=version).exists()


def _apply(document: Document) -> Diff:
    before = RuleFeed.objects.filter(is_current=True).values_list("version", flat=True).first()
    rows = {row.name: row for row in SpamRule.objects.select_for_update().filter(domain=None, user=None)}
    wanted = {one.rule.name: one for one in document.rules}
    kept = tuple(name for name in wanted if name in rows and rows[name].origin == SpamRule.Origin.OWN)
    added, changed = [], []
    for name, listed in wanted.items():
        row = rows.get(name)
        if row is None or (row.is_retired and name not in kept):
            added.append(name)
        elif name not in kept and (what := _difference(row, listed)):
            changed.append((name, what))
        else:
            continue
        if row is not None:
            _take_over(row, listed)
    SpamRule.objects.bulk_create(
        SpamRule(name=name, origin=SpamRule.Origin.FEED, **_columns(wanted[name]))
        for name in added
        if name not in rows
    )
    gone = [
        row
        for row in rows.values()
        if row.origin == SpamRule.Origin.FEED and row.name not in wanted and not row.is_retired
    ]
    for row in gone:
        # What somebody decided about it is kept, should it come again.
        if row.own_score is not None or row.is_off_here:
            SpamRule.objects.filter(id=row.id).update(is_retired=True)
        else:
            row.delete()
    return Diff(document.version, before, tuple(added), tuple(changed), tuple(row.name for row in gone), kept)


def _take_over(row: SpamRule, listed: Listed) -> None:
    """A rule that is another now gets another chance; what an administrator said of it stays."""
    SpamRule.objects.filter(id=row.id).update(
        **_columns(listed), is_retired=False, is_enabled=True, failures=0, failed_why="", changed_at=Now()
    )


def _difference(row: SpamRule, listed: Listed) -> str:
    parts = []
    for name, new in _columns(listed).items():
        old = getattr(row, name)
        if old != new:
            shown = name in {"score", "sort", "target"}
            parts.append(f"{name} {old} → {new}" if shown else name)
    return ", ".join(parts)


def _columns(listed: Listed) -> Mapping[str, Any]:
    return {**columns_of(listed.rule), "group": listed.group}


def _tell(action: str, diff: Diff, source: str, actor: audit.Actor) -> None:
    audit.record(
        actor=actor,
        action=action,
        target=audit.Target("spam_rule", diff.version, f"feed {diff.version}"),
        details={
            "version": diff.version,
            "instead_of": diff.before,
            "source": source[:500],
            "added": len(diff.added),
            "changed": len(diff.changed),
            "removed": len(diff.removed),
        },
    )
