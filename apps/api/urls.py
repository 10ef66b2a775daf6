"""The API's addresses, under /api/v1/."""

from django.urls import path

from .views import (
    access,
    aliases,
    domains,
    mailboxes,
    organisations,
    queue,
    reference,
    system,
    tokens,
    trace,
    users,
)
from .views.missing import MissingView
from .views.root import RootView

app_name = "api"
urlpatterns = [
    path("", RootView.as_view(), name="root"),
    path("openapi.json", reference.schema, name="schema"),
    path("docs", reference.docs, name="docs"),
    path("tokens", tokens.TokensView.as_view(), name="tokens"),
    path("tokens/<int:token_id>", tokens.TokenView.as_view(), name="token"),
    path("organisations", organisations.OrganisationsView.as_view(), name="organisations"),
    path(
        "organisations/<int:organisation_id>", organisations.OrganisationView.as_view(), name="organisation"
    ),
    path("domains", domains.DomainsView.as_view(), name="domains"),
    path("domains/<int:domain_id>", domains.DomainView.as_view(), name="domain"),
    path("users", users.UsersView.as_view(), name="users"),
    path("users/<int:user_id>", users.UserView.as_view(), name="user"),
    path("users/<int:user_id>/password", users.PasswordView.as_view(), name="password"),
    path("users/<int:user_id>/roles", access.RolesView.as_view(), name="roles"),
    path("users/<int:user_id>/roles/<int:role_id>", access.RoleView.as_view(), name="role"),
    path("users/<int:user_id>/sessions", access.SessionsView.as_view(), name="sessions"),
    path("users/<int:user_id>/sessions/<uuid:session_id>", access.SessionView.as_view(), name="session"),
    path("users/<int:user_id>/credentials", access.CredentialsView.as_view(), name="credentials"),
    path(
        "users/<int:user_id>/credentials/<int:credential_id>",
        access.CredentialView.as_view(),
        name="credential",
    ),
    path("users/<int:user_id>/app-passwords", access.AppPasswordsView.as_view(), name="app_passwords"),
    path("mailboxes", mailboxes.MailboxesView.as_view(), name="mailboxes"),
    path("mailboxes/<int:mailbox_id>", mailboxes.MailboxView.as_view(), name="mailbox"),
    path("mailboxes/<int:mailbox_id>/members", mailboxes.MembersView.as_view(), name="members"),
    path("mailboxes/<int:mailbox_id>/members/<int:user_id>", mailboxes.MemberView.as_view(), name="member"),
    path("aliases", aliases.AliasesView.as_view(), name="aliases"),
    path("aliases/<int:alias_id>", aliases.AliasView.as_view(), name="alias"),
    path("queue", queue.QueueView.as_view(), name="queue"),
    path("queue/causes", queue.CausesView.as_view(), name="causes"),
    path("queue/actions", queue.BulkActionsView.as_view(), name="bulk_actions"),
    path("queue/<int:recipient_id>", queue.QueuedView.as_view(), name="queued"),
    path("queue/<int:recipient_id>/actions", queue.QueuedActionsView.as_view(), name="queued_actions"),
    path("trace", trace.TracesView.as_view(), name="traces"),
    path("trace/<uuid:trace_id>", trace.StoryView.as_view(), name="trace"),
    path("audit", system.AuditView.as_view(), name="audit"),
    path("system", system.SystemView.as_view(), name="system"),
    path("<path:rest>", MissingView.as_view(), name="missing"),
]
