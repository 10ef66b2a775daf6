"""`manage.py queue`: look at what waits to be delivered, and act on it."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count
from django.utils import timezone

from apps.events.arguments import count
from apps.events.audit import who_is_here
from apps.queue import facts, operators, queries
from apps.queue.models import Lane, QueuedRecipient, State

EPILOG = """
A recipient is named by its number in `queue list`; a trace id (or the id in "Queued as ...") names all
recipients of a message. Instead of names, choose by --state, --domain, --address and --sender.

  manage.py queue list                                   what is queued, held or set aside
  manage.py queue list --state poison                    what we could not handle; the log says why
  manage.py queue show 4711                              one recipient with every attempt
  manage.py queue retry --domain example.org             try a destination again now
  manage.py queue hold 4711 --why "asked the sender"     keep it until it is released
  manage.py queue release 4711                           let it go; also for poison, once its cause is gone
  manage.py queue cancel --sender mallory@example.org    give it up; the sender is not told

What a worker has in its hands at the moment is left alone: do it again a little later.
`manage.py trace ID` tells the whole story of a message.
"""


class Command(BaseCommand):
    """Look at what waits to be delivered, and act on it."""

    help = "Look at what waits to be delivered, and act on it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the verbs."""
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = EPILOG
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        listing = verbs.add_parser("list", help="show what is queued, the longest waiting first")
        self._choices(listing)
        listing.add_argument("--limit", type=count, default=50, help="how many to show (default 50)")
        show = verbs.add_parser("show", help="show recipients with every attempt and its answer")
        show.add_argument("name", nargs="+", help="a number from `queue list`, or a trace id")
        for verb, text in (
            ("retry", "make waiting recipients due now"),
            ("hold", "keep recipients from being delivered until they are released"),
            ("release", "let held and set-aside recipients go"),
            ("cancel", "give recipients up; the sender is not told"),
        ):
            action = verbs.add_parser(verb, help=text, description=text)
            action.add_argument("name", nargs="*", help="numbers from `queue list`, or trace ids")
            self._choices(action)
            action.add_argument("--all", action="store_true", help="everything that fits, without choosing")
            if verb in {"hold", "cancel"}:
                action.add_argument("--why", default="", help="the reason, for trace and audit")

    @staticmethod
    def _choices(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--state", choices=State.values, help="only those in this state")
        parser.add_argument("--lane", choices=Lane.values, help="only local or only remote ones")
        parser.add_argument("--domain", default="", help="only those to this domain")
        parser.add_argument("--address", default="", help="only those to this address")
        parser.add_argument("--sender", default="", help="only those from this envelope sender")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the verb says."""
        match options["verb"]:
            case "list":
                self._list(options)
            case "show":
                for name in options["name"]:
                    for recipient in self._named(name):
                        self._show(recipient)
            case verb:
                self._act(verb, options)

    def _list(self, options: dict[str, Any]) -> None:
        found = self._chosen(options)
        counts = found.order_by().values_list("state").annotate(Count("id"))
        summary = ", ".join(f"{count} {state}" for state, count in sorted(counts)) or "nothing"
        self.stdout.write(f"{summary} ({timezone.now():%Y-%m-%d %H:%M:%S} UTC)")
        for r in found[: options["limit"]]:
            due = f"{r.next_attempt:%m-%d %H:%M}" if r.state == State.QUEUED else "-"
            self.stdout.write(
                f"{r.pk:>10}  {r.state:<9} {r.lane:<6} due {due:<11} tries {r.attempts:<3} {r.size:>9} B  "
                f"<{r.message.sender}> -> {r.address}  {_line(r.last_reply, 80)}".rstrip()
            )

    def _show(self, recipient: QueuedRecipient) -> None:
        message = recipient.message
        try:
            subject = facts.unpack(bytes(message.facts)).subject
        except ValueError:
            subject = "(the facts cannot be read)"
        lines = [
            f"recipient {recipient.pk} of message {message.trace_id}",
            f"  from      <{message.sender}>, by {message.get_origin_display()}, {message.accepted_at:%Y-%m-%d %H:%M:%S} UTC",
            f"  to        {recipient.address} ({recipient.lane})",
            f"  subject   {_line(subject, 100)}",
            f"  size      {message.size} bytes",
            f"  state     {recipient.state}, {recipient.attempts} tries, next {recipient.next_attempt:%Y-%m-%d %H:%M:%S} UTC",
        ]
        if recipient.lease_owner:
            lines.append(f"  held by   {recipient.lease_owner} until {recipient.lease_until:%H:%M:%S} UTC")
        if recipient.last_reply:
            lines.append(f"  last      {_line(recipient.last_reply, 300)}")
        for attempt in recipient.log.order_by("at"):
            host = f" {attempt.host}:" if attempt.host else ""
            lines.append(
                f"  {attempt.at:%Y-%m-%d %H:%M:%S} {attempt.outcome}:{host} {_line(attempt.reply, 300)}"
            )
        self.stdout.write("\n".join(lines))

    def _act(self, verb: str, options: dict[str, Any]) -> None:
        if options["name"]:
            ids = [recipient.pk for name in options["name"] for recipient in self._named(name)]
        elif options["all"] or any(
            options[name] for name in ("state", "lane", "domain", "address", "sender")
        ):
            ids = list(self._chosen(options).values_list("id", flat=True))
        else:
            raise CommandError(f"Say which to {verb}: numbers, a trace id, --domain ..., or --all.")
        actor = who_is_here()
        match verb:
            case "retry":
                changed = operators.retry_now(ids, actor=actor)
            case "hold":
                changed = operators.hold(ids, why=options["why"], actor=actor)
            case "release":
                changed = operators.release(ids, actor=actor)
            case _:
                changed = operators.cancel(ids, why=options["why"], actor=actor)
        for item in changed:
            self.stdout.write(f"{item.id:>10}  {item.address}")
        left = len(ids) - len(changed)
        self.stdout.write(f"{len(changed)} changed" + (f", {left} left as they are" if left else ""))

    @staticmethod
    def _chosen(options: dict[str, Any]) -> Any:
        return queries.recipients(
            states=(options["state"],) if options["state"] else queries.UNFINISHED,
            lane=options["lane"] or "",
            domain=options["domain"],
            address=options["address"],
            sender=options["sender"],
        )

    @staticmethod
    def _named(name: str) -> list[QueuedRecipient]:
        found = list(queries.named(name))
        if not found:
            raise CommandError(f"Nothing in the queue is called {name!r}.")
        return found


def _line(text: str, limit: int) -> str:
    """Return text on one line, without what a terminal would obey."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return clean if len(clean) <= limit else clean[: limit - 3] + "..."
