"""Addresses of the console's pages about the filter."""

from django.urls import path

from apps.console.views import filter_kept, filter_lists, lines

filtering = [
    path("filter/", lines.lines, name="filter"),
    path("filter/lines/<slug:level>/<int:place_id>", lines.edit, name="filter-edit"),
    path("filter/lists/", filter_lists.lists, name="filter-lists"),
    path("filter/lists/add", filter_lists.add, name="filter-list-add"),
    path(
        "filter/lists/<slug:level>/<int:place_id>/<int:entry_id>/remove",
        filter_lists.remove,
        name="filter-list-remove",
    ),
    path("filter/kept/", filter_kept.kept, name="filter-kept"),
    path(
        "filter/kept/<int:mailbox_id>/<int:judgement_id>/<slug:act>", filter_kept.act, name="filter-kept-act"
    ),
]
