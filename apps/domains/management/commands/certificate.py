"""manage.py certificate: what the doors show to whoever asks for a name."""

from pathlib import Path

from django.conf import settings
from django.utils import timezone

from apps.domains.certificates import queries, services
from apps.domains.models import Certificate
from apps.organisations.errors import DirectoryError
from apps.organisations.nouns import NounCommand, add_json


class Command(NounCommand):
    """Certificates."""

    help = (
        "Certificates by name, besides that of MAIL_TLS_CERTIFICATE, which everybody else is shown. "
        "Example: manage.py certificate add chain.pem key.pem"
    )

    def add_verbs(self) -> None:
        """Add, list, remove, renew."""
        add = self.verb(
            "add", self.add, "Show a certificate by its names from now on; one of the same names is replaced."
        )
        add.add_argument("chain", help="PEM file of the certificate and those above it")
        add.add_argument(
            "key", nargs="?", help="PEM file of the private key; default: it is in the same file"
        )
        show = self.verb("list", self.show, "List certificates, and what is wrong with them.")
        add_json(show)
        remove = self.verb("remove", self.remove, "Show one no more.")
        remove.add_argument("number", type=int)
        renew = self.verb("renew", self.renew, "Ask the authority of MAIL_ACME_DIRECTORY for certificates.")
        renew.add_argument(
            "number", type=int, nargs="*", help="these, whether they are due or not; default: all"
        )
        renew.add_argument("--due", action="store_true", help="only what is due; nothing due is no mistake")

    def add(self, *, chain: str, key: str | None) -> None:
        """Keep one."""
        now = timezone.now()
        made = services.add_certificate(
            chain=_read(chain), key=_read(key or chain), now=now, actor=self.actor
        )
        assert made.not_after is not None
        self.say(
            f"certificate {made.id} for {', '.join(made.names)} is shown until {made.not_after:%Y-%m-%d}"
        )

    def show(self, *, as_json: bool) -> None:
        """List all."""
        rows = (
            (
                one.certificate.id,
                ", ".join(one.certificate.names),
                one.certificate.source,
                f"{one.certificate.not_after:%Y-%m-%d}" if one.certificate.not_after else "",
                one.standing.name.lower().replace("_", " "),
                one.detail or ("" if one.standing.is_well else one.standing.value),
            )
            for one in queries.statuses(timezone.now())
        )
        self.table(("number", "names", "source", "until", "state", "why"), rows, as_json=as_json)

    def remove(self, *, number: int) -> None:
        """Forget one."""
        found = services.find_certificate(number)
        services.remove_certificate(certificate=found, actor=self.actor)
        self.say(f"certificate {number} is shown no more")

    def renew(self, *, number: list[int], due: bool) -> None:
        """Ask the authority."""
        if not settings.MAIL_ACME_DIRECTORY:
            raise DirectoryError("MAIL_ACME_DIRECTORY names no authority")
        # Loaded by who asks: the client takes 20 MB.
        from apps.domains.acme.renewal import ask_for_due
        from apps.domains.resolver import Resolver

        asked_for = Certificate.objects.filter(source=Certificate.Source.ACME)
        numbers = None if due or not number else number
        if numbers and asked_for.filter(id__in=numbers).count() != len(set(numbers)):
            raise DirectoryError(
                "only certificates of the authority can be renewed; see manage.py certificate list"
            )
        asked = ask_for_due(resolver=Resolver(), now=timezone.now, numbers=numbers)
        for one in asked:
            self.say(f"{', '.join(one.names)}: {one.problem or 'issued'}")
        if not asked and not due:
            self.say("nothing is due")
        if any(one.problem for one in asked):
            raise DirectoryError("not all were issued")


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise DirectoryError(f"{path} cannot be read: {error.strerror}") from None
