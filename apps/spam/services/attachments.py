"""What is done with files that a level does not want: set, taken back, and found for mailboxes."""

import re
from collections.abc import Mapping, Sequence

from django.db import transaction

from apps.events import audit
from apps.organisations.errors import DirectoryError
from apps.spam.content.policy import Wants, What
from apps.spam.models import AttachmentPolicy
from apps.spam.scopes import Scope
from apps.spam.thresholds import Action

MOST_EXTENSIONS = 200
ACTIONS = frozenset({Action.INBOX, Action.TAG, Action.JUNK, Action.QUARANTINE, Action.REFUSE})
_EXTENSION = re.compile(r"[a-z0-9][a-z0-9_-]{0,19}")


def set_attachment_policy(*, scope: Scope, wants: Wants, actor: audit.Actor) -> Wants:
    """Want this at one level, and nothing else; nothing at all is as if nobody had ever set anything."""
    extensions = sorted({_checked(text) for text in wants.extensions})
    if len(extensions) > MOST_EXTENSIONS:
        raise DirectoryError(f"a policy lists {MOST_EXTENSIONS} extensions at most")
    if extensions and What.LISTED not in wants.actions:
        raise DirectoryError("say what is done with the extensions that are listed")
    rules = {what.value: action.value for what, action in sorted(wants.actions.items())}
    with transaction.atomic():
        row = AttachmentPolicy.objects.select_for_update().filter(**scope.columns).first()
        before = _told(row.rules, row.extensions) if row else "-"
        if not rules and not extensions:
            AttachmentPolicy.objects.filter(**scope.columns).delete()
        else:
            AttachmentPolicy.objects.update_or_create(
                **scope.columns, defaults={"rules": rules, "extensions": extensions}
            )
        if (after := _told(rules, extensions)) != before:
            audit.record(
                actor=actor,
                action="filter.attachments",
                target=scope.named(),
                details={"before": before, "after": after},
            )
    return Wants(dict(wants.actions), frozenset(extensions))


def attachment_policy_of(scope: Scope) -> Wants:
    """Return what one level wants."""
    row = AttachmentPolicy.objects.filter(**scope.columns).first()
    return read_policy(row.rules, row.extensions) if row else Wants()


def read_policy(rules: Mapping[str, str], extensions: Sequence[str]) -> Wants:
    """Read a policy as a row keeps it; words of another version are left out."""
    whats, actions = set(What), set(Action)
    return Wants(
        {What(what): Action(action) for what, action in rules.items() if what in whats and action in actions},
        frozenset(extensions),
    )


def _checked(text: str) -> str:
    word = text.strip().lower().removeprefix("*").removeprefix(".")
    if not _EXTENSION.fullmatch(word):
        raise DirectoryError("an extension is letters and digits, such as exe")
    return word


def _told(rules: Mapping[str, str], extensions: Sequence[str]) -> str:
    words = [f"{what}: {action}" for what, action in sorted(rules.items())]
    return ", ".join([*words, *([" ".join(extensions)] if extensions else [])]) or "-"
