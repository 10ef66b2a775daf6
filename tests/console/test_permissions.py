"""Every address of the console, tried by everybody: permissions.txt says what each is answered.

A new address without a line fails; what belongs into the line, a person decides.
"""

from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from apps.console.urls import urlpatterns
from tests.console.browser import browser
from tests.console.world import WHO, World, a_world

TABLE = Path(__file__).with_name("permissions.txt")


def the_table() -> dict[str, list[str]]:
    """Read the file: a route, and an answer for each of WHO."""
    lines = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    assert tuple(lines[0].split()[1:]) == WHO
    return {words[0].removeprefix("."): words[1:] for words in map(str.split, lines[1:])}


ROUTES = [str(pattern.pattern) for pattern in urlpatterns]


def path_of(world: World, route: str) -> str:
    """Return the route's address; a member's names carol."""
    return world.path(route.replace("members/<int:user_id>", "members/<int:carol_id>"))


def answers(world: World, client: Client, route: str) -> tuple[str, str]:
    """Ask and send an empty form, undo what it did, and return both answers."""
    path = path_of(world, route)
    with transaction.atomic():
        asked = client.get(path).status_code
        sent = client.post(path, headers={"Accept": "text/html"}).status_code
        transaction.set_rollback(True)
    return str(asked), str(sent)


def test_every_address_has_a_line() -> None:
    assert sorted(the_table()) == sorted(ROUTES)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("who", WHO)
def test_everybody_is_answered_what_the_table_says(who: str) -> None:
    world, table = a_world(), the_table()
    client = browser(world.somebody(who))
    at = WHO.index(who)
    wrong = []
    for route in ROUTES:
        asked, sent = answers(world, client, route)
        if asked != table[route][at]:
            wrong.append(f"{route or '.'}: {asked}, not {table[route][at]}")
        # Who may not see the form may not send it either.
        if asked in {"403", "404"} and sent != asked:
            wrong.append(f"{route or '.'}: a form sent is answered {sent}, asked for {asked}")
        if sent.startswith("5") or (who == "anonymous" and sent != "401"):
            wrong.append(f"{route or '.'}: a form sent is answered {sent}")
    assert not wrong


@pytest.mark.django_db
def test_the_navigation_leads_only_where_one_may_go() -> None:
    world = a_world()
    for who in WHO[:5]:
        client = browser(world.somebody(who))
        page = client.get("/console/").content.decode()
        for route in (
            "organisations/",
            "domains/",
            "mailboxes/",
            "aliases/",
            "users/",
            "roles/",
            "queue/",
            "senders/",
            "system/",
            "trace/",
            "sessions/",
            "audit/",
        ):
            shown = f'href="/console/{route}"' in page
            assert shown == (client.get(f"/console/{route}").status_code == 200), (who, route)
