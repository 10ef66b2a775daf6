"""manage.py domain: names we serve."""

import json

from django.core.management.base import CommandError
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone, translation

from apps.domains import looking, services
from apps.domains.models import Domain
from apps.domains.records import words
from apps.domains.records.values import Finding, Need, State
from apps.organisations.nouns import NounCommand, add_json, show_size, size
from apps.organisations.services import find_organisation


class Command(NounCommand):
    """Names we serve."""

    help = "Domains this server takes mail for. Example: manage.py domain create example.org --organisation 'Example Ltd'"

    def add_verbs(self) -> None:
        """Create, list, disable, enable, delete, set-quota, set-mta-sts, check."""
        create = self.verb("create", self.create, "Serve a domain for an organisation.")
        create.add_argument("name", help="in Unicode or as A-labels")
        create.add_argument("--organisation", required=True, metavar="NAME", help="the tenant that owns it")
        create.add_argument(
            "--quota", type=size, metavar="SIZE", help="all its mail, like 50G; default: no limit"
        )
        show = self.verb("list", self.show, "List domains.")
        show.add_argument("--organisation", metavar="NAME", help="only those of this tenant")
        add_json(show)
        disable = self.verb(
            "disable",
            self.disable,
            "Refuse its mail and keep its users out. Nothing is deleted; enable undoes it.",
        )
        disable.add_argument("name")
        self.verb("enable", self.enable, "Serve a disabled domain again.").add_argument("name")
        self.verb(
            "delete", self.delete, "Serve a domain no more. Refused while it has users, mailboxes or aliases."
        ).add_argument("name")

        quota = self.verb("set-quota", self.set_quota, "Change how much all its mailboxes may hold together.")
        quota.add_argument("name")
        quota.add_argument("quota", type=size, metavar="SIZE", help="like 2GB or '500 MB'; none: no limit")

        mta_sts = self.verb(
            "set-mta-sts",
            self.set_mta_sts,
            "Change what others shall do when they cannot reach it by TLS. Publish the new id then.",
        )
        mta_sts.add_argument("name")
        mta_sts.add_argument("mode", choices=Domain.StsMode.values)
        check = self.verb(
            "check",
            self.check_dns,
            "Compare its records in DNS with what they should be. Exit status 1: something is to be done; "
            "2: something that is needed is not known.",
        )
        check.add_argument("name")
        add_json(check)

    def create(self, *, name: str, organisation: str, quota: int | None) -> None:
        """Serve a domain."""
        made = services.create_domain(
            organisation=find_organisation(organisation),
            name=name,
            quota_bytes=quota or None,
            actor=self.actor,
        )
        self.say(f"made domain {made.name}")

    def show(self, *, organisation: str | None, as_json: bool) -> None:
        """List domains."""
        held = Coalesce(Sum("usage_sums__bytes"), 0)
        rows = Domain.objects.select_related("organisation").annotate(held=held).order_by("name")
        if organisation is not None:
            rows = rows.filter(organisation=find_organisation(organisation))
        self.table(
            ("name", "active", "bytes", "quota", "organisation"),
            (
                (row.name, row.is_active, row.held, show_size(row.quota_bytes), row.organisation.name)
                for row in rows
            ),
            as_json=as_json,
        )

    def disable(self, *, name: str) -> None:
        """Refuse a domain's mail."""
        services.disable_domain(domain=services.find_domain(name), actor=self.actor)
        self.say(f"disabled domain {name}")

    def enable(self, *, name: str) -> None:
        """Serve a domain again."""
        services.enable_domain(domain=services.find_domain(name), actor=self.actor)
        self.say(f"enabled domain {name}")

    def delete(self, *, name: str) -> None:
        """Delete what is empty."""
        services.delete_domain(domain=services.find_domain(name), actor=self.actor)
        self.say(f"deleted domain {name}")

    def set_quota(self, *, name: str, quota: int) -> None:
        """Change a quota."""
        domain = services.find_domain(name)
        services.set_quota(domain=domain, quota_bytes=quota or None, actor=self.actor)
        self.say(f"{name} may hold {show_size(quota)}" if quota else f"{name} has no limit")

    def set_mta_sts(self, *, name: str, mode: str) -> None:
        """Change a rule."""
        services.set_sts_mode(domain=services.find_domain(name), mode=mode, actor=self.actor)
        self.say(f"{name}: {mode}")

    def check_dns(self, *, name: str, as_json: bool) -> None:
        """Look what is published."""
        domain = services.find_domain(name)
        looked = looking.look(domain, now=timezone.now())
        with translation.override("en"):
            for finding in looked.findings:
                self._say_finding(finding, as_json=as_json)
        if looked.faults:
            raise CommandError(
                f"{domain.name}: {len(looked.faults)} of {len(looked.findings)} records to be put right"
            )
        unknown = [
            one for one in looked.findings if one.state == State.UNKNOWN and one.wanted.need == Need.MUST
        ]
        if unknown:
            raise CommandError(f"{domain.name}: {len(unknown)} records are not known", returncode=2)

    def _say_finding(self, finding: Finding, *, as_json: bool) -> None:
        record, reason = finding.wanted, words.reason(finding)
        if as_json:
            told = {
                "kind": record.kind,
                "need": record.need,
                "type": record.type,
                "name": record.name,
                "value": record.value,
                "state": finding.state,
                "code": finding.code,
                "reason": reason,
                "found": list(finding.found),
            }
            self.say(json.dumps(told, ensure_ascii=False))
            return
        self.say(
            f"{words.STATES[finding.state]!s:9}  {words.NEEDS[record.need]!s:12}  {record.type:5}  {record.name}"
        )
        if finding.state == State.OK and finding.code == "ok":
            return
        self.say(f"           {reason}")
        if finding.state != State.OK:
            self.say(f"           wanted: {record.value}")
        for text in finding.found:
            self.say(f"           found:  {text}")
