"""manage.py blocklist: our own addresses on block lists."""

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from apps.organisations.nouns import NounCommand, add_json
from apps.protocols.mailauth.blocklists import ListError, State, read_lists
from apps.reports.blocklists import watching
from apps.reports.blocklists.queries import standing


class Command(NounCommand):
    """Our own addresses on block lists."""

    help = "Whether our addresses stand on the lists of MAIL_BLOCKLISTS. Example: manage.py blocklist check"

    def add_verbs(self) -> None:
        """Show, check."""
        add_json(self.verb("show", self.show, "Say what was found when the lists were last asked."))
        add_json(
            self.verb(
                "check",
                self.check_now,
                "Ask the lists now. Exit status 1: an address is listed, or a list is broken.",
            )
        )

    def show(self, *, as_json: bool) -> None:
        """Say what is remembered."""
        self.table(
            ("list", "address", "state", "since", "answers", "reason"),
            (
                (
                    row.zone,
                    row.address,
                    row.state.value,
                    row.since.isoformat(timespec="minutes"),
                    " ".join(row.codes),
                    row.reason,
                )
                for row in standing()
            ),
            as_json=as_json,
        )

    def check_now(self, *, as_json: bool) -> None:
        """Ask now."""
        try:
            lists = read_lists(settings.MAIL_BLOCKLISTS)
        except ListError as error:
            raise CommandError(f"MAIL_BLOCKLISTS: {error}") from None
        if not lists:
            raise CommandError("MAIL_BLOCKLISTS names no list, so none is asked")
        watching.watch(now=timezone.now())
        self.show(as_json=as_json)
        bad = [row for row in standing() if row.state in {State.LISTED, State.BROKEN}]
        if bad:
            raise CommandError(f"{len(bad)} to be looked at: {', '.join(row.name for row in bad)}")
