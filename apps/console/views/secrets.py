"""Passwords that are made here and shown this once."""

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

# Without letters that are taken for one another when somebody reads them out.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
GROUPS, GROUP = 4, 5


def new_password() -> str:
    """Return a password of 100 random bits, in groups for reading it out, and as long as is asked for."""
    groups = max(GROUPS, -(-settings.MAIL_PASSWORD_LENGTH // (GROUP + 1)) + 1)
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(GROUP)) for _ in range(groups))


def show_once(
    request: HttpRequest, *, title: str | Promise, section: str, login: str, password: str, back: str
) -> HttpResponse:
    """Show a password on a page that nothing keeps."""
    context = {"title": title, "section": section, "login": login, "password": password, "back": back}
    answer = render(request, "console/once.html", context)
    answer["Cache-Control"] = "no-store"
    return answer
