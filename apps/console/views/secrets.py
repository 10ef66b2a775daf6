"""Passwords that are made here and shown this once."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from apps.accounts.generated import new_password

__all__ = ["new_password", "show_once"]


def show_once(
    request: HttpRequest, *, title: str | Promise, section: str, login: str, password: str, back: str
) -> HttpResponse:
    """Show a password on a page that nothing keeps."""
    context = {"title": title, "section": section, "login": login, "password": password, "back": back}
    answer = render(request, "console/once.html", context)
    answer["Cache-Control"] = "no-store"
    return answer
