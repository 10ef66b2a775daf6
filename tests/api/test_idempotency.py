"""A request repeated with its key is done once, even when both come at once."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from apps.accounts.models import Credential, User
from apps.api.models import KeptAnswer
from apps.domains.models import Domain
from tests.api.asking import Api
from tests.factories import a_domain, a_role, a_user


@pytest.fixture
def boss(db: None) -> User:
    boss = a_user("boss")
    a_role(boss, "organisation_admin", organisation=boss.organisation)
    return boss


def test_it_works(boss: User) -> None:
    api, body = Api(boss), {"address": f"alice@{boss.domain.name}"}
    first = api.post("users", body, idempotency_key="a")
    again = api.ask("POST", "users", body, idempotency_key="a")
    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (201, first, "true")
    assert api.post("users", body, 409)["code"] == "already_exists"


def test_a_key_stands_for_one_request_of_one_user(boss: User) -> None:
    api = Api(boss)
    api.post("users", {"address": f"a@{boss.domain.name}"}, idempotency_key="a")
    problem = api.post("users", {"address": f"b@{boss.domain.name}"}, 422, idempotency_key="a")
    assert problem["code"] == "idempotency_key_reused"
    other = a_user("other")
    a_role(other, "organisation_admin", organisation=other.organisation)
    Api(other).post("users", {"address": f"b@{other.domain.name}"}, idempotency_key="a")
    assert api.post("users", {}, 400, idempotency_key="x" * 201)["errors"][0]["field"] == "Idempotency-Key"


def test_what_failed_is_tried_again(boss: User) -> None:
    api, body = Api(boss), {"address": "alice@later.test"}
    api.post("users", body, 422, idempotency_key="a")
    assert not KeptAnswer.objects.filter(user=boss).exists()
    a_domain("later.test", organisation=boss.organisation)
    api.post("users", body, idempotency_key="a")


def test_a_secret_shown_once_is_shown_again_but_not_kept_in_the_clear(boss: User) -> None:
    api, body = Api(boss), {"label": "x", "scopes": ["mail:read"]}
    first = api.post("tokens", body, idempotency_key="t")
    assert api.post("tokens", body, idempotency_key="t") == first
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM api_keptanswer WHERE user_id = %s", [boss.id])
        assert first["secret"].encode() not in bytes(cursor.fetchone()[0])


def test_after_a_day_a_key_is_free(boss: User) -> None:
    api = Api(boss)
    api.post("users", {"address": f"a@{boss.domain.name}"}, idempotency_key="a")
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    api.post("users", {"address": f"b@{boss.domain.name}"}, idempotency_key="a")
    assert KeptAnswer.objects.count() == 1


@pytest.fixture
def committed(real_database: None) -> Iterator[User]:
    boss = a_user("boss")
    a_role(boss, "organisation_admin", organisation=boss.organisation)
    yield boss
    Credential.objects.filter(user=boss).delete()


def test_two_at_once_are_one(committed: User) -> None:
    api, name = Api(committed), f"twice.{committed.domain.name}"
    answers, start = [], threading.Barrier(4)

    def go() -> None:
        start.wait(10)
        answers.append(api.ask("POST", "domains", {"name": name}, idempotency_key="once"))
        connections.close_all()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.content for answer in answers}) == 1
    assert sum(answer.has_header("Idempotency-Replayed") for answer in answers) == 3
    assert Domain.objects.filter(name=name).count() == 1
