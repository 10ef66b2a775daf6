"""The demo itself: an organisation, the domain example.test, its people and their mailboxes."""

from apps.accounts.models import Credential, Role, User
from apps.accounts.services import credentials, roles, users
from apps.domains.models import Domain
from apps.domains.services import create_domain
from apps.events.audit import Actor
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailboxes.services import create_mailbox
from apps.organisations.models import Organisation
from apps.organisations.services import create_organisation
from apps.store.services import folders

from . import demo

ORGANISATION = "Example"
DOMAIN = "example.test"
TOKEN_LABEL = "demo"
ACTOR = Actor("make run")


def ensure() -> None:
    """Make what is missing; what is there stays as it is, and a password changed meanwhile is not put back."""
    kept, is_new = demo.load(), False
    if not kept["users"]:
        kept, is_new = demo.invent(), True
        demo.save(kept)
    domain = _domain()
    for person in kept["users"]:
        _person(domain, person, reset=is_new)
    admin = User.objects.get(address=kept["users"][0]["address"])
    if not kept["api_token"] or not admin.credentials.filter(kind=Credential.Kind.API_TOKEN).exists():
        kept["api_token"] = credentials.add_token(
            user=admin, label=TOKEN_LABEL, scopes=(), actor=ACTOR
        ).secret
        demo.save(kept)


def _domain() -> Domain:
    domain = Domain.objects.filter(name=DOMAIN).first()
    if domain is not None:
        return domain
    organisation = Organisation.objects.filter(name=ORGANISATION).first()
    organisation = organisation or create_organisation(name=ORGANISATION, actor=ACTOR)
    return create_domain(organisation=organisation, name=DOMAIN, actor=ACTOR)


def _person(domain: Domain, person: demo.Person, *, reset: bool) -> None:
    address = person["address"]
    user = User.objects.filter(address=address).first()
    if user is None or reset:
        name = address.partition("@")[0].capitalize()
        user = user or users.create_user(address=address, name=name, actor=ACTOR)
        credentials.set_password(user=user, password=person["password"], actor=ACTOR)
    role = person["role"]
    if role in Role.Kind and not user.roles.filter(kind=role).exists():  # "user" is no role.
        roles.grant_role(user=user, kind=Role.Kind(role), organisation=domain.organisation, actor=ACTOR)
    mailbox = Mailbox.objects.filter(domain=domain, local_part=address.partition("@")[0]).first()
    if mailbox is None:
        mailbox = create_mailbox(address=address, owner=user, actor=ACTOR)
        perform(folders.ensure_defaults(mailbox.id))
