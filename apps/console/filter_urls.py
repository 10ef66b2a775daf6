"""Addresses of the console's pages about the filter."""

from django.urls import path

from apps.console.views import filter_kept, filter_learning, filter_lists, filter_rules, lines

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
    path("filter/rules/", filter_rules.rules, name="filter-rules"),
    path("filter/rules/add", filter_rules.add, name="filter-rule-add"),
    path("filter/rules/<int:rule_id>/", filter_rules.rule, name="filter-rule"),
    path("filter/rules/<int:rule_id>/edit", filter_rules.edit, name="filter-rule-edit"),
    path("filter/rules/<int:rule_id>/switch", filter_rules.switch, name="filter-rule-switch"),
    path("filter/rules/<int:rule_id>/delete", filter_rules.delete, name="filter-rule-delete"),
    path("filter/learning/", filter_learning.learning, name="filter-learning"),
    path("filter/learning/models/<int:version>/use", filter_learning.use, name="filter-model-use"),
]
