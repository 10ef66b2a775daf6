"""`manage.py trace`: what happened to a message, in plain sentences."""

import argparse
import uuid
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.events import trace
from apps.events.arguments import count, days
from apps.events.sentences import sentence
from apps.events.transactions import perform

EPILOG = """
  manage.py trace 8b1e0c5e6f3f4f0a9c5d2f6b7a8c9d0e    by the id in "Queued as ..." or in the log
  manage.py trace "<1234@example.org>"                by Message-ID, with or without brackets
  manage.py trace alice@example.test --days 2         what came from or for an address, newest first
  manage.py trace @example.org                        what came from or for a domain
  manage.py trace 192.0.2.25                          what a server brought or took, by name or IP address

Times are UTC. Stories are kept for MAIL_TRACE_DAYS days.
"""


class Command(BaseCommand):
    """Tell what happened to a message."""

    help = "Tell what happened to a message: by trace id, Message-ID, address, @domain or other server."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = EPILOG
        parser.add_argument(
            "what", help="a trace id, a Message-ID, an address, an @domain, or a server's name or IP address"
        )
        parser.add_argument("--days", type=days, default=30, help="how far back to look (default 30)")
        parser.add_argument(
            "--limit", type=count, default=10, help="how many messages to tell of (default 10)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Find the messages and tell their stories."""
        since = timezone.now() - timedelta(days=options["days"])
        try:
            ids = [uuid.UUID(options["what"])]
        except ValueError:
            ids = perform(trace.find(options["what"], since=since, limit=options["limit"]))
        told = 0
        for trace_id in ids:
            if events := perform(trace.story(trace_id, since=since)):
                told += 1
                self.stdout.write(f"{trace_id}")
                for event in events:
                    words = "".join(c if c.isprintable() else " " for c in sentence(event))
                    self.stdout.write(f"  {event.at:%Y-%m-%d %H:%M:%S}  {words}")
        if not told:
            raise CommandError(
                f"Nothing is known about {options['what']!r} in the last {options['days']} days."
            )
