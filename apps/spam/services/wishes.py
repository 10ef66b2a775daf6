"""Lines set and taken back, and the groups that share them."""

import math
from collections.abc import Iterable, Mapping

from django.db import IntegrityError, transaction

from apps.events import audit
from apps.mailboxes.models import Mailbox
from apps.organisations.errors import AlreadyExistsError, DirectoryError, check_name
from apps.organisations.models import Organisation
from apps.spam.models import FilterGroup, FilterGroupMember, FilterSettings
from apps.spam.scopes import Scope
from apps.spam.thresholds import DRAWN, Action, Preset, Wishes

FARTHEST = 100.0


def set_wishes(*, scope: Scope, wishes: Wishes, actor: audit.Actor) -> Wishes:
    """Want this at one level, and nothing else; nothing at all is as if nobody had ever set anything."""
    lines = {action.value: _checked(action, at) for action, at in wishes.lines.items()}
    preset = wishes.preset.value if wishes.preset else ""
    with transaction.atomic():
        row = FilterSettings.objects.select_for_update().filter(**scope.columns).first()
        before = _told(row.preset, row.lines) if row else "-"
        if not preset and not lines:
            FilterSettings.objects.filter(**scope.columns).delete()
        else:
            FilterSettings.objects.update_or_create(
                **scope.columns, defaults={"preset": preset, "lines": lines}
            )
        if (after := _told(preset, lines)) != before:
            audit.record(
                actor=actor,
                action="filter.settings",
                target=scope.named(),
                details={"before": before, "after": after},
            )
    return Wishes(wishes.preset, {Action(word): at for word, at in lines.items()})


def wishes_of(scope: Scope) -> Wishes:
    """Return what one level wants."""
    row = FilterSettings.objects.filter(**scope.columns).first()
    return read(row.preset, row.lines) if row else Wishes()


def read(preset: str, lines: Mapping[str, float | None]) -> Wishes:
    """Read wishes as a row keeps them; words of another version are left out."""
    known = {action.value for action in DRAWN}
    return Wishes(
        Preset(preset) if preset in set(Preset) else None,
        {Action(word): at for word, at in lines.items() if word in known},
    )


def _checked(action: Action, at: float | None) -> float | None:
    if action not in DRAWN:
        raise DirectoryError(f"there is no line for {action}")
    if at is not None and not (math.isfinite(at) and -FARTHEST <= at <= FARTHEST):
        raise DirectoryError(f"a line lies between {-FARTHEST:g} and {FARTHEST:g}")
    return at


def _told(preset: str, lines: Mapping[str, float | None]) -> str:
    words = [preset] if preset else []
    words += [f"{action} {'never' if at is None else f'{at:g}'}" for action, at in sorted(lines.items())]
    return ", ".join(words) or "-"


def make_group(*, organisation: Organisation, name: str, actor: audit.Actor) -> FilterGroup:
    """Make a group of mailboxes that share lines and lists."""
    name = name.strip()
    check_name(name)
    if not name:
        raise DirectoryError("a group has a name")
    try:
        with transaction.atomic():
            group = FilterGroup.objects.create(organisation=organisation, name=name)
            audit.record(actor=actor, action="filter.group.make", target=Scope(group).named())
    except IntegrityError:
        raise AlreadyExistsError(f"there is a group {name} already") from None
    return group


def set_members(*, group: FilterGroup, mailboxes: Iterable[Mailbox], actor: audit.Actor) -> None:
    """Put these mailboxes into a group and no others; who was in another group leaves it."""
    wanted = {mailbox.id: mailbox for mailbox in mailboxes}
    if any(mailbox.domain.organisation_id != group.organisation_id for mailbox in wanted.values()):
        raise DirectoryError("a group has mailboxes of its own organisation")
    with transaction.atomic():
        FilterGroup.objects.select_for_update().get(id=group.id)
        FilterGroupMember.objects.filter(group=group).exclude(mailbox_id__in=wanted).delete()
        for mailbox in wanted.values():
            FilterGroupMember.objects.update_or_create(mailbox=mailbox, defaults={"group": group})
        audit.record(
            actor=actor,
            action="filter.group.members",
            target=Scope(group).named(),
            details={"count": len(wanted)},
        )


def remove_group(*, group: FilterGroup, actor: audit.Actor) -> None:
    """Remove a group, its lines and its lists; its mailboxes stay."""
    with transaction.atomic():
        audit.record(actor=actor, action="filter.group.remove", target=Scope(group).named())
        group.delete()
