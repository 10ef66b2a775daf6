"""The world that screens are looked at in: what addresses may name, and who looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apps.accounts.models import Passkey, Role, User
from apps.accounts.services import credentials, roles, users
from apps.domains.models import Domain
from apps.events.audit import SYSTEM
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailflow.trusted import trust, trusted
from apps.store.services import folders
from tests.accounts.signing import with_passkey, with_totp
from tests.browsers import a_browser_of
from tests.factories import a_domain, a_mailbox
from tests.reports.samples import some_reports

from . import certificates, directory, dns, judgements, mail

PASSWORD = directory.PASSWORD


@dataclass(slots=True)
class World:
    """What there is: `names` are tried in turn for a parameter of an address; `cookies` are the browsers'."""

    domain: Domain
    names: Mapping[str, Sequence[object]]
    cookies: Mapping[str, str]
    two_steps: str
    """The address of somebody who has a second factor, and PASSWORD."""
    linked: dict[str, str] = field(default_factory=dict)
    """An address that some page linked to, by the name of its view."""

    def first(self, name: str) -> object:
        return self.names[name][0]

    @property
    def inbox(self) -> str:
        return f"/mail/{self.first('mailbox_id')}/f/{self.first('folder_id')}/"


def a_world(domain: Domain | None = None, mark: str = "") -> World:
    """Fill a domain; without one, make it. `mark` tells the names of two worlds in one database apart."""
    if domain is None:
        domain = a_domain()
        a_mailbox("alice", domain=domain)
        admin = users.create_user(address=f"admin@{domain.name}", name="Admin", actor=SYSTEM)
        roles.grant_role(
            user=admin, kind=Role.Kind.SUPERADMIN, organisation=domain.organisation, actor=SYSTEM
        )
    admin = User.objects.get(address=f"admin@{domain.name}")
    alice = User.objects.get(address=f"alice@{domain.name}")
    User.objects.filter(id=alice.id).update(name="Alice Example")
    mailbox = Mailbox.objects.select_related("domain").get(domain=domain, local_part="alice")
    careful = users.create_user(address=f"careful@{domain.name}", name="Mia Careful", actor=SYSTEM)
    credentials.set_password(user=careful, password=PASSWORD, actor=SYSTEM)
    with_totp(careful)
    with_totp(alice)
    with_passkey(alice, label="Blue key")
    trust(user_id=alice.id, address="gardener@news.example.org")
    # The letters first: their quota is alice's own, and what the directory says of others is only said.
    names = mail.fill(domain, alice, mailbox) | directory.fill(domain, admin, mark)
    some_reports(domain)
    names |= judgements.fill(domain, mailbox, [int(str(one)) for one in names["content_id"][:3]])
    names |= dns.fill(domain) | certificates.fill(domain)
    names |= {
        "passkey_id": list(Passkey.objects.filter(user=alice).values_list("id", flat=True)),
        "trusted_id": [one.id for one in trusted(user_id=alice.id)],
        "action": ["hold", "release", "retry", "bounce", "cancel"],
        "reply": ["451-4.4.3"],
    }
    box = Mailbox.objects.select_related("owner").get(domain=domain, local_part="bob")
    perform(folders.ensure_defaults(box.pk))
    cookies = {
        who: a_browser_of(user).cookies["mail_session"].value
        for who, user in {"admin": admin, "alice": alice, "bob": box.owner, "careful": careful}.items()
    }
    return World(domain, names, cookies, careful.address)
