"""manage.py update_rules: newer rules against spam, from the release, a signed file or an address."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.events.audit import who_is_here
from apps.organisations.errors import DirectoryError
from apps.spam.rules import feeds, fetching, queries


class Command(BaseCommand):
    """Updates rules."""

    help = (
        "Take over newer rules against spam; what was changed here by hand stays. Without a place: those of the "
        "release, then the feed of MAIL_RULES_FEED. Example: manage.py update_rules feed.rules --dry-run"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Read where from, and how."""
        parser.add_argument(
            "place", nargs="?", default="", help="a signed file, or an address that begins with https://"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument("--rollback", action="store_true", help="go back to the version before")
        parser.add_argument("--versions", action="store_true", help="list the versions that are kept")

    def handle(
        self, *_args: Any, place: str, dry_run: bool, rollback: bool, versions: bool, **_options: Any
    ) -> None:
        """Update, go back or list."""
        actor = who_is_here()
        try:
            if versions:
                self._list()
            elif rollback:
                self._show(feeds.roll_back(is_dry=dry_run, actor=actor), is_dry=dry_run)
            elif place:
                self._show(fetching.update_from(place=place, is_dry=dry_run, actor=actor), is_dry=dry_run)
            else:
                self._usual(is_dry=dry_run)
        except DirectoryError as error:
            raise CommandError(str(error)) from None

    def _usual(self, *, is_dry: bool) -> None:
        from django.conf import settings

        actor = who_is_here()
        diff = fetching.update_from_release(is_dry=is_dry, actor=actor)
        if diff is None:
            self.stdout.write("the rules of the release are there already")
        else:
            self._show(diff, is_dry=is_dry)
        if settings.MAIL_RULES_FEED:
            self._show(
                fetching.update_from(place=settings.MAIL_RULES_FEED, is_dry=is_dry, actor=actor),
                is_dry=is_dry,
            )

    def _show(self, diff: feeds.Diff, *, is_dry: bool) -> None:
        for name in diff.added:
            self.stdout.write(f"+ {name}")
        for name, what in diff.changed:
            self.stdout.write(f"~ {name}: {what}")
        for name in diff.removed:
            self.stdout.write(f"- {name}")
        for name in diff.kept:
            self.stdout.write(f"= {name}: there is a rule of your own of this name, which stays")
        before = f" instead of {diff.before}" if diff.before else ""
        done = "would be in use" if is_dry else "is in use"
        self.stdout.write(
            f"version {diff.version}{before} {done}: {len(diff.added)} added, {len(diff.changed)} changed, "
            f"{len(diff.removed)} removed"
        )

    def _list(self) -> None:
        for one in queries.feeds():
            mark = "*" if one.is_current else " "
            self.stdout.write(
                f"{mark} {one.version}  {one.rules} rules  {one.applied_at:%Y-%m-%d %H:%M}  {one.source}"
            )
