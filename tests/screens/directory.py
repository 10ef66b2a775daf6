"""Organisations, domains, people, mailboxes, aliases and roles: enough of each to fill a page, in every state."""

from apps.accounts.models import Credential, Role, Session, User
from apps.accounts.services import credentials, roles, users
from apps.domains.models import Domain
from apps.domains.services import create_domain, disable_domain
from apps.events.audit import Actor
from apps.mailboxes.models import Alias, Mailbox, Usage
from apps.mailboxes.services import create_alias, create_mailbox, disable_alias, disable_mailbox, set_member
from apps.mailflow.roster import runs
from apps.organisations.models import Organisation
from apps.organisations.services import create_organisation, disable_organisation

PASSWORD = "correct horse battery"
MB, GB = 2**20, 2**30
PEOPLE = {
    # The local part: name, quota, used.
    "bob": ("Bob Baker", 5 * GB, 4.7 * GB),
    "carol": ("Carol Chen", 5 * GB, 1.2 * GB),
    "dave": ("Dave Diaz", 2 * GB, 0.3 * GB),
    "erin": ("Erin O'Neil", 5 * GB, 2.6 * GB),
    "frank": ("Frank Fischer", 0, 9.8 * GB),
    "grace": ("Grace Okafor", 2 * GB, 2 * GB),
    "henrik": ("Henrik Sørensen", 5 * GB, 12 * MB),
    "ines": ("Inês Almeida", 5 * GB, 0),
    "jonas": ("Jonas Weber", 1 * GB, 0.4 * GB),
    "katarzyna.nowak-wisniewska": ("Katarzyna Nowak-Wiśniewska", 10 * GB, 7 * GB),
    "liam": ("", 5 * GB, 3 * MB),
}
SHARED = {"info": "Front desk", "support": "Support", "invoices": "Bookkeeping"}
PHONE = "Thunderbird/140.4 (Android 16)"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def fill(domain: Domain, admin: User, mark: str) -> dict[str, list[object]]:
    """Fill the directory; returns what addresses of the console may name. `mark` tells names apart of two worlds."""
    actor = Actor(admin.address, admin.id, "192.0.2.7")
    for local, (name, quota, _) in PEOPLE.items():
        _person(domain, local, name, quota, actor)
    say_usage(domain)
    people = {user.address.partition("@")[0]: user for user in User.objects.filter(domain=domain)}
    users.disable_user(user=people["jonas"], actor=actor)
    alice = people["alice"]
    for local in SHARED:
        shared = create_mailbox(address=f"{local}@{domain.name}", quota_bytes=20 * GB, actor=actor)
        for who, rights in (("alice", ["read", "write", "send"]), ("carol", ["read"])):
            set_member(mailbox=shared, user=people[who], rights=rights, actor=actor)
    disable_mailbox(mailbox=Mailbox.objects.get(domain=domain, local_part="liam"), actor=actor)
    for local, targets in {
        "sales": [f"info@{domain.name}"],
        "team": [f"{name}@{domain.name}" for name in ("alice", "bob", "carol", "dave", "erin", "frank")],
        "press": [f"bob@{domain.name}", "agency@press-office.example"],
        "old-shop": [f"support@{domain.name}"],
    }.items():
        create_alias(address=f"{local}@{domain.name}", targets=targets, actor=actor)
    disable_alias(alias=Alias.objects.get(domain=domain, local_part="old-shop"), actor=actor)
    role = roles.grant_role(user=people["carol"], kind=Role.Kind.SUPPORT, domain=domain, actor=actor)
    roles.grant_role(user=people["bob"], kind=Role.Kind.DOMAIN_ADMIN, domain=domain, actor=actor)
    roles.grant_role(
        user=people["dave"], kind=Role.Kind.AUDITOR, organisation=domain.organisation, actor=actor
    )
    _elsewhere(domain.organisation, mark, actor)
    made = _ways_in(alice, actor)
    carol = people["carol"]
    _ways_in(carol, actor)
    shared = Mailbox.objects.get(domain=domain, local_part="info")
    return {
        "organisation_id": [domain.organisation_id],
        "domain_id": [domain.id],
        "mailbox_id": [Mailbox.objects.get(domain=domain, local_part="alice").id, shared.id],
        "alias_id": [Alias.objects.get(domain=domain, local_part="team").id],
        "user_id": [alice.id, carol.id],
        "role_id": [role.id],
        "credential_id": [
            made.id,
            *carol.credentials.filter(kind="app_password").values_list("id", flat=True),
        ],
        "session_id": list(
            Session.objects.filter(user__in=[alice, carol], ended_at=None).values_list("id", flat=True)
        ),
        **_imports(domain, admin, actor),
    }


def _imports(domain: Domain, admin: User, actor: Actor) -> dict[str, list[object]]:
    """Send a table with faults three times: not begun, under way, and done."""
    people = "".join(f"new-{number}@{domain.name};Newcomer {number};;\n" for number in range(60))
    wrong = f"x@elsewhere.example;X;;\nnobody;Y;;\nshort@{domain.name};Z;short;\nbob@{domain.name};Bob;;\n"
    data = f"E-Mail;Name;Password;Note\n{people}{wrong}".encode()
    waiting, going, done = (
        runs.upload(user=admin, name=name, data=data, actor=actor)
        for name in ("people.csv", "autumn.csv", "spring.csv")
    )
    for run in (going, done):
        runs.begin(roster=run)
    enough = iter([True] * 3)
    runs.go_on(done.id, lambda: next(enough, False))
    done.refresh_from_db()
    runs.stop(roster=done)
    return {"import_id": [waiting.id], "import_going": [going.id], "import_done": [done.id]}


def say_usage(domain: Domain) -> None:
    """Say what mailboxes hold into which nobody looks; said again when housekeeping has counted."""
    for local, (_, _, used) in PEOPLE.items():
        held = Usage.objects.filter(mailbox__domain=domain, mailbox__local_part=local)
        held.update(bytes=int(used), messages=used // 60_000)


def _person(domain: Domain, local: str, name: str, quota: int, actor: Actor) -> None:
    address = f"{local}@{domain.name}"
    user = User.objects.filter(address=address).first()
    user = user or users.create_user(address=address, name=name, actor=actor)
    User.objects.filter(id=user.id).update(name=name)
    if not Mailbox.objects.filter(domain=domain, local_part=local).exists():
        create_mailbox(address=address, owner=user, actor=actor)
    Mailbox.objects.filter(domain=domain, local_part=local).update(quota_bytes=quota)


def _elsewhere(ours: Organisation, mark: str, actor: Actor) -> None:
    """Make other tenants, and domains in every state."""
    garden = create_organisation(
        name=f"Roth & Daughters Garden Design{mark}", quota_bytes=200 * GB, actor=actor
    )
    shop = create_organisation(name=f"Northern Bookshop{mark}", actor=actor)
    create_domain(organisation=garden, name=f"roth-gardens{mark}.example", quota_bytes=50 * GB, actor=actor)
    create_domain(organisation=garden, name=f"gärten-roth{mark}.example", actor=actor)
    create_domain(organisation=shop, name=f"northern-bookshop{mark}.example", actor=actor)
    old = create_domain(organisation=ours, name=f"our-old-name{mark}.example", actor=actor)
    disable_domain(domain=old, actor=actor)
    disable_organisation(organisation=shop, actor=actor)


def _ways_in(user: User, actor: Actor) -> Credential:
    phone = credentials.add_app_password(user=user, label="Phone", actor=actor)
    credentials.add_app_password(user=user, label="Mail program on the laptop", actor=actor)
    credentials.add_token(user=user, label="Backup script", scopes=["mail:read"], actor=actor)
    Session.objects.create(
        user=user, door="imap", client=PHONE, peer="198.51.100.23", credential_id=phone.credential_id
    )
    Session.objects.create(user=user, door="webmail", client=FIREFOX, peer="2001:db8::17")
    return Credential.objects.get(id=phone.credential_id)
