"""Addresses of writing mail: composer, drafts, files, outbox."""

from django.urls import path

from apps.pages import converters  # noqa: F401  # It registers `<id:...>`.

from .views import compose, drafts, outbox, people, sending, uploads

writing = [
    path("<id:mailbox_id>/compose", compose.new, name="compose-new"),
    path("<id:mailbox_id>/compose/", compose.new),  # as browsers keep it that handle mailto:
    path("<id:mailbox_id>/compose/<uuid:draft_id>", compose.compose, name="compose"),
    path("<id:mailbox_id>/drafts/<uuid:draft_id>", drafts.draft, name="draft"),
    path("<id:mailbox_id>/drafts/<uuid:draft_id>/send", sending.send, name="send"),
    path("<id:mailbox_id>/drafts/of/<id:content_id>", drafts.of_message, name="draft-of"),
    path("<id:mailbox_id>/begin", drafts.begin, name="begin"),
    path("uploads", uploads.create, name="uploads"),
    path("uploads/<id:upload_id>", uploads.upload, name="upload"),
    path("suggestions", people.suggestions, name="suggestions"),
    path("identities", people.own, name="identities"),
    path("outbox", outbox.outbox, name="outbox"),
    path("outbox/<uuid:sending_id>/edit", outbox.edit, name="outbox-edit"),
    path("outbox/<uuid:sending_id>/act", outbox.act, name="outbox-act"),
    path("outbox/<uuid:sending_id>/recall", sending.recall, name="recall"),
    path("outbox/<uuid:sending_id>/cancel", sending.cancel, name="cancel"),
    path("outbox/<uuid:sending_id>/now", sending.send_now, name="send-now"),
]
