"""The web process says whether it lives and can work; strangers do not get its numbers."""

import pytest
from django.test import Client, override_settings

pytestmark = pytest.mark.django_db


def test_it_works() -> None:
    client = Client()
    assert client.get("/livez").content == b"ok\n"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "valkey": "ok"})
    assert b"python_info" in client.get("/metrics").content


def test_metrics_are_for_this_machine() -> None:
    assert Client(REMOTE_ADDR="192.0.2.7").get("/metrics").status_code == 404
    assert (
        Client(REMOTE_ADDR="127.0.0.1").get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code
        == 404
    )


@override_settings(ALLOWED_HOSTS=["mail.example.test"])
def test_a_name_that_is_not_ours_is_refused() -> None:
    assert Client().get("/livez", headers={"Host": "mallory.example"}).status_code == 400
