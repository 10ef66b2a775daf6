"""The demo itself: an organisation, the domain example.test, its people and their mailboxes."""

from django.utils import timezone

from apps.accounts.models import Credential, Role, User
from apps.accounts.permissions import SCOPES
from apps.accounts.services import credentials, roles, users
from apps.domains.models import Domain
from apps.domains.services import create_domain
from apps.events.audit import Actor
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailboxes.services import create_mailbox
from apps.mailflow.samples import sample_messages
from apps.organisations.models import Organisation
from apps.organisations.services import create_organisation
from apps.protocols.mime.scan import scan
from apps.store.models import Content, Folder
from apps.store.services import folders, messages
from apps.store.values import MessageFacts, NewMessage

from . import demo

ORGANISATION = "Example"
DOMAIN = "example.test"
TOKEN_LABEL = "demo"
READER = "alice"
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
            user=admin, label=TOKEN_LABEL, scopes=SCOPES, actor=ACTOR
        ).secret
        demo.save(kept)
    if not kept["has_samples"]:
        _file_samples(Mailbox.objects.get(domain=domain, local_part=READER))
        kept["has_samples"] = True
        demo.save(kept)


def _file_samples(mailbox: Mailbox) -> None:
    """File the sample messages, in one transaction, in a mailbox that has no mail yet."""
    if Content.objects.filter(mailbox_id=mailbox.pk).exists():
        return
    named = dict(Folder.objects.filter(mailbox_id=mailbox.pk).values_list("name", "id"))
    items = [
        NewMessage(
            organisation_id=mailbox.domain.organisation_id,
            mailbox_id=mailbox.pk,
            folder_id=named[sample.folder],
            body=sample.data,
            facts=MessageFacts.of(scan(sample.data, text_limit=0)),
            internaldate=sample.internaldate,
            flags=sample.flags,
        )
        for sample in sample_messages(timezone.now())
    ]
    perform(messages.append(items, enforce_quota=False))


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
