"""Every address of the API, tried by everybody: permissions.txt says what each is answered.

A new address without a line fails; what belongs into the line, a person decides.
"""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from apps.api.schema import document
from tests.api.desk import LUNCH
from tests.api.world import WHO, World, a_world

TABLE = Path(__file__).with_name("permissions.txt")

RAW = {
    "messages_append": ("message/rfc822", LUNCH % (2, 2)),
    "uploads_create": ("text/plain", b"x"),
    "imports_create": ("text/csv", b"address\nx@nowhere.test\n"),
}
QUERIES = {"folders_changes": "?since=0", "uploads_create": "?name=x"}
RULE = {"target": "subject", "expression": "x", "place": "domain", "domain_id": "<domain_id>"}
BODIES: dict[str, Any] = {
    "folders_create": {"name": "New"},
    "folders_rename": {"name": "New"},
    "messages_act": {"action": "star", "ids": ["<message_id>"]},
    "messages_undo": {"undo": 2**40},
    "letters_send": {"to": [{"address": "x@far.example"}]},
    "drafts_save": {"revision": 1, "subject": "New"},
    "identities_set": {"address": "alice@{domain}"},
    "tokens_create": {"label": "x", "scopes": ["mail:read"]},
    "organisations_create": {"name": "New of {domain}"},
    "organisations_change": {"quota_bytes": 5},
    "forwarders_set": {"forwarders": ["lists.example.org"]},
    "domains_create": {"name": "new.{domain}", "organisation_id": "<organisation_id>"},
    "domains_change": {"is_active": True},
    "domains_keys_change": {"state": "retired"},
    "users_create": {"address": "new@{domain}"},
    "users_change": {"name": "Alice"},
    "users_set_password": {"password": "correct horse battery"},
    "roles_grant": {"kind": "support"},
    "app_passwords_create": {"label": "x"},
    "mailboxes_create": {"address": "new@{domain}"},
    "mailboxes_change": {"quota_bytes": 5},
    "members_set": {"rights": ["read"]},
    "aliases_create": {"address": "new@{domain}", "targets": ["x@far.example"]},
    "aliases_change": {"targets": ["x@far.example"]},
    "rules_create": {**RULE, "name": "NEW_RULE"},
    "rules_test": RULE,
    "rules_change": {"score": 0.5},
    "queue_act": {"action": "hold"},
    "queue_act_on_many": {"action": "hold", "filter": {}},
}


def the_table() -> dict[tuple[str, str], list[str]]:
    """Read the file: method and path, and an answer for each of WHO."""
    lines = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    assert tuple(lines[0].split()[2:]) == WHO
    return {(words[0], words[1]): words[2:] for words in map(str.split, lines[1:])}


def the_document() -> dict[tuple[str, str], str]:
    """Return every operation by method and path."""
    return {
        (method.upper(), path.removeprefix("/api/v1/") or "."): operation["operationId"]
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }


def answer(world: World, api: Any, method: str, path: str, name: str) -> str:
    """Ask, undo what it did, and return the status."""
    with transaction.atomic():
        # A member's path names two users: the mailbox's owner shares with carol.
        template = path.replace("members/{user_id}", "members/{member_id}").removeprefix(".")
        where = world.path(template) + QUERIES.get(name, "")
        if name in RAW:
            found = api.raw(method, where, RAW[name][1], RAW[name][0])
        else:
            found = api.ask(method, where, world.body(BODIES.get(name)))
        transaction.set_rollback(True)
    return str(found.status_code)


def test_every_address_has_a_line() -> None:
    assert sorted(the_table()) == sorted(the_document())
    assert set(BODIES) <= set(the_document().values())


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("who", WHO)
def test_everybody_is_answered_as_the_table_says(who: str) -> None:
    world, wrong = a_world(), []
    api, column = world.ask_as(who), WHO.index(who)
    table = the_table()
    for (method, path), name in the_document().items():
        found = answer(world, api, method, path, name)
        if found != table[method, path][column]:
            wrong.append(f"{who}: {method} {path} {table[method, path][column]} expected, {found} answered")
    assert wrong == []


def test_nobody_learns_what_is_not_theirs() -> None:
    for (method, path), answers in the_table().items():
        mallory, anonymous = answers[WHO.index("mallory")], answers[WHO.index("anonymous")]
        assert anonymous == "401", (method, path)
        # What names a thing of alice's does not exist for mallory; lists and what she makes herself are her own.
        assert mallory == "404" or "{" not in path, (method, path)
