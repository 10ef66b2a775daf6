"""Addresses of the mail in a browser."""

from django.urls import path

from apps.pages import converters  # noqa: F401  # It registers `<id:...>`.

from .views import acts, body, bundle, folders, helping, lists, parts, reading, tools, trust, why
from .writing_urls import writing

app_name = "webmail"
_MESSAGE = "m/<id:mailbox_id>/<id:content_id>"
urlpatterns = [
    *writing,
    path("", lists.home, name="home"),
    path("<id:mailbox_id>/", lists.mailbox, name="mailbox"),
    path("<id:mailbox_id>/f/<id:folder_id>/", lists.folder, name="folder"),
    path("<id:mailbox_id>/f/<id:folder_id>/rows", lists.rows, name="rows"),
    path("<id:mailbox_id>/f/<id:folder_id>/changes", lists.changes, name="changes"),
    path("<id:mailbox_id>/f/<id:folder_id>/rename", folders.rename, name="folder-rename"),
    path("<id:mailbox_id>/f/<id:folder_id>/delete", folders.delete, name="folder-delete"),
    path("<id:mailbox_id>/f/<id:folder_id>/read", folders.mark_read, name="folder-read"),
    path("<id:mailbox_id>/f/<id:folder_id>/empty", folders.empty, name="folder-empty"),
    path("<id:mailbox_id>/programs", helping.programs, name="programs"),
    path("<id:mailbox_id>/folders", folders.create, name="folder-create"),
    path("<id:mailbox_id>/search", lists.search, name="search"),
    path("<id:mailbox_id>/counts", lists.counts, name="counts"),
    path("<id:mailbox_id>/act", acts.act, name="act"),
    path("<id:mailbox_id>/undo/<id:token>", acts.take_back, name="undo"),
    path("<id:mailbox_id>/recent", acts.recent, name="recent"),
    path("<id:mailbox_id>/t/<str:thread>", reading.thread, name="thread"),
    path("<id:mailbox_id>/t/<str:thread>/labels", reading.labels, name="labels"),
    path(f"{_MESSAGE}/card", reading.card, name="card"),
    path(f"{_MESSAGE}/source", tools.source, name="source"),
    path(f"{_MESSAGE}/print", tools.print_sheet, name="print"),
    path(f"{_MESSAGE}/trace", tools.trace, name="trace"),
    path(f"{_MESSAGE}/why", why.why, name="why"),
    path(f"{_MESSAGE}/body", body.body, name="body"),
    path(f"{_MESSAGE}/part/<str:number>", parts.part, name="part"),
    path(f"{_MESSAGE}/cid/<path:cid>", parts.by_cid, name="cid"),
    path(f"{_MESSAGE}/files", bundle.files, name="files"),
    path(f"{_MESSAGE}/raw", parts.raw, name="raw"),
    path(f"{_MESSAGE}/trust", trust.trust, name="trust"),
    path(f"{_MESSAGE}/image", parts.image, name="image"),
]
