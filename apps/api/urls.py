"""The API's addresses, under /api/v1/."""

from django.urls import path, re_path

from apps.pages import converters  # noqa: F401  # It registers `<id:...>`.

from .views import (
    access,
    aliases,
    dns,
    domains,
    drafts,
    folders,
    imports,
    letters,
    mailboxes,
    messages,
    organisations,
    queue,
    reference,
    senders,
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
    path("tokens/<id:token_id>", tokens.TokenView.as_view(), name="token"),
    path("organisations", organisations.OrganisationsView.as_view(), name="organisations"),
    path("organisations/<id:organisation_id>", organisations.OrganisationView.as_view(), name="organisation"),
    path(
        "organisations/<id:organisation_id>/forwarders",
        organisations.ForwardersView.as_view(),
        name="forwarders",
    ),
    path("domains", domains.DomainsView.as_view(), name="domains"),
    path("domains/<id:domain_id>", domains.DomainView.as_view(), name="domain"),
    path("domains/<id:domain_id>/dns", dns.DnsView.as_view(), name="dns"),
    path("domains/<id:domain_id>/keys", dns.KeysView.as_view(), name="keys"),
    path("domains/<id:domain_id>/keys/<id:key_id>", dns.KeyView.as_view(), name="key"),
    path("domains/<id:domain_id>/senders", senders.SendersView.as_view(), name="senders"),
    path("domains/<id:domain_id>/tls", senders.TlsView.as_view(), name="tls"),
    path("domains/<id:domain_id>/complaints", senders.ComplaintsView.as_view(), name="complaints"),
    path("domains/<id:domain_id>/reports", senders.ReportsView.as_view(), name="reports"),
    path("users", users.UsersView.as_view(), name="users"),
    path("users/<id:user_id>", users.UserView.as_view(), name="user"),
    path("users/<id:user_id>/password", users.PasswordView.as_view(), name="password"),
    path("users/<id:user_id>/roles", access.RolesView.as_view(), name="roles"),
    path("users/<id:user_id>/roles/<id:role_id>", access.RoleView.as_view(), name="role"),
    path("users/<id:user_id>/sessions", access.SessionsView.as_view(), name="sessions"),
    path("users/<id:user_id>/sessions/<uuid:session_id>", access.SessionView.as_view(), name="session"),
    path("users/<id:user_id>/credentials", access.CredentialsView.as_view(), name="credentials"),
    path(
        "users/<id:user_id>/credentials/<id:credential_id>",
        access.CredentialView.as_view(),
        name="credential",
    ),
    path("users/<id:user_id>/app-passwords", access.AppPasswordsView.as_view(), name="app_passwords"),
    path("mailboxes", mailboxes.MailboxesView.as_view(), name="mailboxes"),
    path("mailboxes/<id:mailbox_id>", mailboxes.MailboxView.as_view(), name="mailbox"),
    path("mailboxes/<id:mailbox_id>/members", mailboxes.MembersView.as_view(), name="members"),
    path("mailboxes/<id:mailbox_id>/members/<id:user_id>", mailboxes.MemberView.as_view(), name="member"),
    path("mailboxes/<id:mailbox_id>/folders", folders.FoldersView.as_view(), name="folders"),
    path("mailboxes/<id:mailbox_id>/folders/<id:folder_id>", folders.FolderView.as_view(), name="folder"),
    path(
        "mailboxes/<id:mailbox_id>/folders/<id:folder_id>/messages",
        folders.FolderMessagesView.as_view(),
        name="folder_messages",
    ),
    path(
        "mailboxes/<id:mailbox_id>/folders/<id:folder_id>/changes",
        folders.ChangesView.as_view(),
        name="changes",
    ),
    path("mailboxes/<id:mailbox_id>/messages", messages.MessagesView.as_view(), name="messages"),
    path(
        "mailboxes/<id:mailbox_id>/messages/<id:message_id>", messages.MessageView.as_view(), name="message"
    ),
    path(
        "mailboxes/<id:mailbox_id>/messages/<id:message_id>/raw",
        messages.RawMessageView.as_view(),
        name="raw",
    ),
    path(
        "mailboxes/<id:mailbox_id>/messages/<id:message_id>/parts/<str:number>",
        messages.PartView.as_view(),
        name="part",
    ),
    path(
        "mailboxes/<id:mailbox_id>/messages/<id:message_id>/conversation",
        messages.ConversationView.as_view(),
        name="conversation",
    ),
    path(
        "mailboxes/<id:mailbox_id>/messages/actions",
        messages.MessageActionsView.as_view(),
        name="message_actions",
    ),
    path("mailboxes/<id:mailbox_id>/letters", letters.MailboxLettersView.as_view(), name="send"),
    path(
        "mailboxes/<id:mailbox_id>/drafts/<uuid:draft_id>",
        drafts.MailboxDraftView.as_view(),
        name="save_draft",
    ),
    path("letters", letters.OutboxView.as_view(), name="outbox"),
    path("letters/<uuid:letter_id>", letters.LetterView.as_view(), name="letter"),
    path("letters/<uuid:letter_id>/recall", letters.RecallView.as_view(), name="recall"),
    path("letters/<uuid:letter_id>/send-now", letters.SendNowView.as_view(), name="send_now"),
    path("drafts/<uuid:draft_id>", drafts.DraftView.as_view(), name="draft"),
    path("identities", drafts.IdentitiesView.as_view(), name="identities"),
    path("uploads", drafts.UploadsView.as_view(), name="uploads"),
    path("uploads/<id:upload_id>", drafts.UploadView.as_view(), name="upload"),
    path("undo", messages.UndoView.as_view(), name="undo"),
    path("aliases", aliases.AliasesView.as_view(), name="aliases"),
    path("aliases/<id:alias_id>", aliases.AliasView.as_view(), name="alias"),
    path("imports", imports.ImportsView.as_view(), name="imports"),
    path("imports/<uuid:import_id>", imports.ImportView.as_view(), name="import"),
    path("imports/<uuid:import_id>/rows", imports.ImportRowsView.as_view(), name="import_rows"),
    path("imports/<uuid:import_id>/go", imports.ImportGoView.as_view(), name="import_go"),
    path("imports/<uuid:import_id>/stop", imports.ImportStopView.as_view(), name="import_stop"),
    path(
        "imports/<uuid:import_id>/passwords", imports.ImportPasswordsView.as_view(), name="import_passwords"
    ),
    path("queue", queue.QueueView.as_view(), name="queue"),
    path("queue/causes", queue.CausesView.as_view(), name="causes"),
    path("queue/actions", queue.BulkActionsView.as_view(), name="bulk_actions"),
    path("queue/<id:recipient_id>", queue.QueuedView.as_view(), name="queued"),
    path("queue/<id:recipient_id>/actions", queue.QueuedActionsView.as_view(), name="queued_actions"),
    path("trace", trace.TracesView.as_view(), name="traces"),
    path("trace/<uuid:trace_id>", trace.StoryView.as_view(), name="trace"),
    path("audit", system.AuditView.as_view(), name="audit"),
    path("system", system.SystemView.as_view(), name="system"),
    # Any text, line ends too, which <path:...> would leave to somebody else.
    re_path(r"^(?P<rest>[\s\S]*)\Z", MissingView.as_view(), name="missing"),
]
