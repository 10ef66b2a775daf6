"""manage.py dkim: keys that sign a domain's mail."""

import sys
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from apps.domains import dkim, rotation, zone
from apps.domains.keymaking import Algorithm
from apps.domains.models import DkimKey
from apps.domains.records.key_record import key_name, key_text
from apps.domains.resolver import Resolver
from apps.domains.services import find_domain
from apps.organisations.errors import DirectoryError
from apps.organisations.nouns import NounCommand, add_json


class Command(NounCommand):
    """Keys that sign mail."""

    help = (
        "Keys that sign the mail of a domain (DKIM). A key signs once its record is seen in DNS. "
        "Example: manage.py dkim list example.org"
    )

    def add_verbs(self) -> None:
        """List, make, rotate, import, activate, retire, remove, look, zone."""
        show = self.verb("list", self.show, "List a domain's keys and the records to publish.")
        show.add_argument("domain")
        add_json(show)
        self.verb("make", self.make, "Make a key of each kind the domain has none of.").add_argument("domain")
        rotate = self.verb(
            "rotate", self.rotate, "Make the next keys. Those in use sign until the new ones are seen in DNS."
        )
        rotate.add_argument("domain")
        rotate.add_argument("--algorithm", choices=list(Algorithm), help="only this kind; default: both")
        read = self.verb("import", self.import_key, "Keep a private key that another server has used.")
        read.add_argument("domain")
        read.add_argument("selector")
        read.add_argument("file", help="PEM or DER without passphrase; - reads standard input")
        activate = self.verb("activate", self.activate, "Let a key sign from now on, if it is seen in DNS.")
        activate.add_argument("--unseen", action="store_true", help="even if it is not seen in DNS")
        retire = self.verb(
            "retire", self.retire, "Let a key sign no more; its record stays wanted for 14 days."
        )
        remove = self.verb("remove", self.remove, "Forget a key that does not sign.")
        for verb in (activate, retire, remove):
            verb.add_argument("domain")
            verb.add_argument("selector")
        self.verb("look", self.look, "Look in DNS for keys that wait, and let those sign that are seen.")
        self.verb("zone", self.zone, "Print the records of MAIL_DKIM_ZONE, for a name server of your own.")

    def show(self, *, domain: str, as_json: bool) -> None:
        """List keys."""
        found = find_domain(domain)
        rows = (
            (
                key_name(key.selector, found.name),
                key.algorithm,
                key.bits,
                key.state,
                key.made_at.isoformat(timespec="seconds"),
                key_text(Algorithm(key.algorithm).kind, key.public),
            )
            for key in dkim.keys_of(found)
        )
        self.table(("name", "algorithm", "bits", "state", "made", "TXT"), rows, as_json=as_json)

    def make(self, *, domain: str) -> None:
        """Make what is missing."""
        self._say_made(dkim.add_missing(domain=find_domain(domain), actor=self.actor))

    def rotate(self, *, domain: str, algorithm: str | None) -> None:
        """Make the next keys."""
        kinds = [Algorithm(algorithm)] if algorithm else list(Algorithm)
        self._say_made(dkim.rotate(domain=find_domain(domain), algorithms=kinds, actor=self.actor))

    def _say_made(self, keys: list[DkimKey]) -> None:
        if not keys:
            self.say("nothing was made: such a key waits already, or is there")
        for key in keys:
            self.say(
                f"made {key_name(key.selector, key.domain.name)}; it signs once this TXT record is seen: "
                f"{key_text(Algorithm(key.algorithm).kind, key.public)}"
            )

    def import_key(self, *, domain: str, selector: str, file: str) -> None:
        """Keep a key made elsewhere."""
        try:
            data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        except OSError as error:
            raise DirectoryError(f"{file} cannot be read: {error.strerror}") from None
        key = dkim.import_key(domain=find_domain(domain), selector=selector, private=data, actor=self.actor)
        self.say(f"keeps {key.selector}, {key.bits} bits of {key.algorithm}; it signs once it is seen in DNS")

    def activate(self, *, domain: str, selector: str, unseen: bool) -> None:
        """Let a key sign."""
        found = find_domain(domain)
        key = dkim.find_key(found, selector)
        if not unseen and not rotation.look(key, resolver=Resolver(), now=timezone.now()):
            raise DirectoryError(f"{key_name(key.selector, found.name)} is not seen in DNS; it does not sign")
        dkim.activate(domain=found, selector=selector, actor=self.actor)
        self.say(f"{selector} signs the mail of {found.name}")

    def retire(self, *, domain: str, selector: str) -> None:
        """Let a key sign no more."""
        found = find_domain(domain)
        dkim.retire(domain=found, selector=selector, actor=self.actor)
        self.say(f"{selector} signs no more mail of {found.name}")

    def remove(self, *, domain: str, selector: str) -> None:
        """Forget a key."""
        found = find_domain(domain)
        dkim.remove(domain=found, selector=selector, actor=self.actor)
        self.say(f"forgot {selector} of {found.name}")

    def look(self) -> None:
        """Take keys a step further."""
        for line in rotation.advance(now=timezone.now()):
            self.say(line)

    def zone(self) -> None:
        """Print the zone domains point their selectors to."""
        if not settings.MAIL_DKIM_ZONE:
            raise DirectoryError("MAIL_DKIM_ZONE is not set")
        for line in zone.lines():
            self.say(line)
