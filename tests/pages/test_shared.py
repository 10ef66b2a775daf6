"""Errors, preferences and tags that every page shares."""

from datetime import timedelta

import pytest
from django.template import engines
from django.test import Client, override_settings
from django.utils import timezone, translation

from apps.pages.templatetags import ui


def test_a_page_that_is_not_there_says_so(client: Client) -> None:
    answer = client.get("/nothing")
    assert answer.status_code == 404
    assert b"Nothing is here" in answer.content


def test_a_fragment_that_is_not_there_is_a_fragment(client: Client) -> None:
    answer = client.get("/nothing", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert b"<html" not in answer.content


def test_pages_load_nothing_inline_or_from_elsewhere(client: Client) -> None:
    policy = client.get("/sign-in").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_whoever_did_not_sign_in_is_asked_to_and_comes_back(client: Client) -> None:
    answer = client.get("/console/?a=b")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in?next=%2Fconsole%2F%3Fa%3Db"
    assert client.get("/console/", headers={"HX-Request": "true"}).status_code == 401


def test_theme_and_language_are_remembered(client: Client) -> None:
    client.post("/preferences", {"theme": "dark"})
    assert b'data-theme="dark"' in client.get("/sign-in").content
    client.post("/preferences", {"theme": ""})
    assert b"data-theme" not in client.get("/sign-in").content
    client.post("/preferences", {"language": "de"})
    assert b'<html lang="de"' in client.get("/sign-in").content
    client.post("/preferences", {"language": "../xx"})
    assert b'<html lang="de"' in client.get("/sign-in").content


@pytest.mark.parametrize("back", ["https://evil.example/x", "//evil.example", "javascript:alert(1)"])
def test_preferences_lead_nowhere_else(client: Client, back: str) -> None:
    answer = client.post("/preferences", {"theme": "dark"}, headers={"Referer": back})
    assert answer.headers["Location"] == "/"


def test_preferences_need_the_token() -> None:
    answer = Client(enforce_csrf_checks=True).post("/preferences", {"theme": "dark"})
    assert answer.status_code == 403
    assert b"Please try again" in answer.content


@override_settings(DEBUG=False)
def test_a_label_cannot_break_out_of_an_icon() -> None:
    text = '{% load ui %}{% icon "mail" label=label %}'
    drawn = engines["django"].from_string(text).render({"label": '"><script>'})
    assert "<script>" not in drawn


def test_what_was_just_now_is_no_0_minutes_ago() -> None:
    now = timezone.now()
    assert ui.ago(now - timedelta(seconds=20)) == "just now"
    assert ui.ago(now - timedelta(hours=2, minutes=5)) == "2\N{NO-BREAK SPACE}hours ago"
    assert ui.ago(None) == ""


def test_numbers_are_grouped_as_the_reader_groups_them() -> None:
    assert ui.number(501398) == "501,398"
    with translation.override("de"):
        assert ui.number(501398) == "501.398"
    assert ui.number(None) == "0"
