"""Addresses of the mail in a browser."""

from django.urls import path

from .views import acts, body, bundle, folders, helping, lists, parts, reading, tools, trust
from .writing_urls import writing

app_name = "webmail"
_MESSAGE = "m/<int:mailbox_id>/<int:content_id>"
urlpatterns = [
    *writing,
    path("", lists.home, name="home"),
    path("<int:mailbox_id>/", lists.mailbox, name="mailbox"),
    path("<int:mailbox_id>/f/<int:folder_id>/", lists.folder, name="folder"),
    path("<int:mailbox_id>/f/<int:folder_id>/rows", lists.rows, name="rows"),
    path("<int:mailbox_id>/f/<int:folder_id>/changes", lists.changes, name="changes"),
    path("<int:mailbox_id>/f/<int:folder_id>/rename", folders.rename, name="folder-rename"),
    path("<int:mailbox_id>/f/<int:folder_id>/delete", folders.delete, name="folder-delete"),
    path("<int:mailbox_id>/f/<int:folder_id>/read", folders.mark_read, name="folder-read"),
    path("<int:mailbox_id>/f/<int:folder_id>/empty", folders.empty, name="folder-empty"),
    path("<int:mailbox_id>/programs", helping.programs, name="programs"),
    path("<int:mailbox_id>/folders", folders.create, name="folder-create"),
    path("<int:mailbox_id>/search", lists.search, name="search"),
    path("<int:mailbox_id>/counts", lists.counts, name="counts"),
    path("<int:mailbox_id>/act", acts.act, name="act"),
    path("<int:mailbox_id>/undo/<int:token>", acts.take_back, name="undo"),
    path("<int:mailbox_id>/recent", acts.recent, name="recent"),
    path("<int:mailbox_id>/t/<str:thread>", reading.thread, name="thread"),
    path("<int:mailbox_id>/t/<str:thread>/labels", reading.labels, name="labels"),
    path(f"{_MESSAGE}/card", reading.card, name="card"),
    path(f"{_MESSAGE}/source", tools.source, name="source"),
    path(f"{_MESSAGE}/print", tools.print_sheet, name="print"),
    path(f"{_MESSAGE}/trace", tools.trace, name="trace"),
    path(f"{_MESSAGE}/body", body.body, name="body"),
    path(f"{_MESSAGE}/part/<str:number>", parts.part, name="part"),
    path(f"{_MESSAGE}/cid/<path:cid>", parts.by_cid, name="cid"),
    path(f"{_MESSAGE}/files", bundle.files, name="files"),
    path(f"{_MESSAGE}/raw", parts.raw, name="raw"),
    path(f"{_MESSAGE}/trust", trust.trust, name="trust"),
    path(f"{_MESSAGE}/image", parts.image, name="image"),
]
