"""Users as permission sees them."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Exists, Max, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from apps.domains.models import Domain
from apps.events.models import AuditEntry
from apps.organisations.models import Organisation
from apps.protocols.addresses import AddressError, DomainName

from .models import Credential, Passkey, Role, Session, Totp, User
from .permissions import Grant, Noun, Reach, Subject, Target


def subject_of(user_id: int, *, scopes: frozenset[str] | None = None) -> Subject | None:
    """Load who asks, with every role; None for a user there is not."""
    user = User.objects.select_related("organisation", "domain").filter(id=user_id).first()
    if user is None:
        return None
    is_active = user.is_active and user.organisation.is_active and user.domain.is_active
    return Subject(user.id, user.organisation_id, is_active, grants_of(user.id), scopes)


def grants_of(user_id: int) -> frozenset[Grant]:
    """Load a user's roles."""
    return frozenset(map(grant_of, Role.objects.select_related("domain").filter(user_id=user_id)))


def grant_of(role: Role) -> Grant:
    """Return a role as permission sees it."""
    if role.domain is not None:
        return Grant(Role.Kind(role.kind), role.domain.organisation_id, role.domain_id)
    assert role.organisation_id is not None
    return Grant(Role.Kind(role.kind), role.organisation_id)


def target_of_user(user: User) -> Target:
    """Return a user as something to act upon."""
    return _of_user(Noun.USER, user, grants_of(user.id))


def target_of_credential(credential: Credential) -> Target:
    """Return a credential as something to act upon."""
    return _of_user(Noun.CREDENTIAL, credential.user, grants_of(credential.user_id))


def target_of_factors(user: User) -> Target:
    """Return a user's second factors, of which a verb may create, change or delete one."""
    return _of_user(Noun.CREDENTIAL, user, grants_of(user.id))


def target_of_session(session: Session) -> Target:
    """Return a session as something to act upon."""
    return _of_user(Noun.SESSION, session.user, grants_of(session.user_id))


def target_of_role(role: Role) -> Target:
    """Return a role as something to give or take: it lies where it stands, and its power is at stake."""
    grant = grant_of(role)
    return Target(
        Noun.ROLE,
        grant.organisation_id,
        grant.domain_id,
        role.user_id,
        grants=grants_of(role.user_id) | {grant},
    )


def _of_user(noun: Noun, user: User, grants: Iterable[Grant]) -> Target:
    return Target(noun, user.organisation_id, user.domain_id, user.id, grants=frozenset(grants))


def target_of_organisation(organisation: Organisation) -> Target:
    """Return a tenant as something to act upon."""
    return Target(Noun.ORGANISATION, organisation.id)


def target_of_domain(domain: Domain) -> Target:
    """Return a domain as something to act upon."""
    return Target(Noun.DOMAIN, domain.organisation_id, domain.id)


def organisations_in(reach: Reach) -> QuerySet[Organisation]:
    """Return the tenants within reach."""
    found = Organisation.objects.all()
    return found if reach.is_everything else found.filter(id__in=reach.organisation_ids)


def domains_in(reach: Reach) -> QuerySet[Domain]:
    """Return the domains within reach."""
    found = Domain.objects.select_related("organisation")
    if reach.is_everything:
        return found
    return found.filter(Q(organisation_id__in=reach.organisation_ids) | Q(id__in=reach.domain_ids))


def users_in(reach: Reach) -> QuerySet[User]:
    """Return the users within reach, with their roles."""
    found = User.objects.select_related("organisation", "domain").prefetch_related(
        Prefetch("roles", Role.objects.select_related("organisation", "domain").order_by("id"))
    )
    if reach.is_everything:
        return found
    return found.filter(
        Q(organisation_id__in=reach.organisation_ids)
        | Q(domain_id__in=reach.domain_ids)
        | Q(id=reach.user_id)
    )


def entries_in(reach: Reach) -> QuerySet[AuditEntry]:
    """Return the audit entries within reach: of no domain alone, for an entry names none."""
    found = AuditEntry.objects.all()
    return found if reach.is_everything else found.filter(organisation_id__in=reach.organisation_ids)


def last_seen(user_ids: Collection[int]) -> dict[int, datetime]:
    """Return when each of these users was last seen at any door, of those who were."""
    sessions = Session.objects.filter(user_id__in=user_ids).order_by().values("user_id")
    return dict(sessions.annotate(at=Max("seen_at")).values_list("user_id", "at"))


def find_users(rows: QuerySet[User], text: str) -> QuerySet[User]:
    """Keep users whose address or name holds this text."""
    return rows.filter(Q(address__icontains=text) | Q(name__icontains=text)) if text else rows


def without_second_step(rows: QuerySet[User]) -> QuerySet[User]:
    """Keep users whom their password alone lets in."""
    has_app = Totp.objects.filter(user=OuterRef("pk"), confirmed_at__isnull=False)
    has_passkey = Passkey.objects.filter(user=OuterRef("pk"))
    return rows.filter(~Exists(has_app), ~Exists(has_passkey))


def find_domains(rows: QuerySet[Domain], text: str) -> QuerySet[Domain]:
    """Keep domains whose name holds this text, typed in Unicode or not."""
    if not text:
        return rows
    try:
        ascii_text = DomainName.parse(text).name
    except AddressError:
        ascii_text = text.lower()
    return rows.filter(Q(name__contains=text.lower()) | Q(name__contains=ascii_text))


def find_organisations(rows: QuerySet[Organisation], text: str) -> QuerySet[Organisation]:
    """Keep tenants whose name holds this text."""
    return rows.filter(name__icontains=text) if text else rows


def roles_in(reach: Reach) -> QuerySet[Role]:
    """Return the roles that stand within reach, with whose they are."""
    found = Role.objects.select_related(
        "user__organisation", "user__domain", "organisation", "domain__organisation"
    )
    if reach.is_everything:
        return found
    return found.filter(
        Q(organisation_id__in=reach.organisation_ids)
        | Q(domain__organisation_id__in=reach.organisation_ids)
        | Q(domain_id__in=reach.domain_ids)
    )


def sessions_in(reach: Reach) -> QuerySet[Session]:
    """Return the sessions that let somebody within reach in, with whose they are and what those may do."""
    # A browser's that grew too old ends at the next housekeeping; it lets nobody in any more.
    found = Session.objects.filter(ended_at=None).exclude(web__expires_at__lt=timezone.now())
    return _of_users(found.select_related("user", "credential", "passkey"), reach)


def credentials_in(reach: Reach) -> QuerySet[Credential]:
    """Return the secrets of users within reach, with whose they are and what those may do; no verifier comes along."""
    found = Credential.objects.select_related("user").defer("verifier", "scram")
    return _of_users(found, reach)


def _of_users[M: (Session, Credential)](rows: QuerySet[M], reach: Reach) -> QuerySet[M]:
    rows = rows.prefetch_related(Prefetch("user__roles", Role.objects.select_related("domain")))
    if reach.is_everything:
        return rows
    return rows.filter(
        Q(user__organisation_id__in=reach.organisation_ids)
        | Q(user__domain_id__in=reach.domain_ids)
        | Q(user_id=reach.user_id)
    )
