"""Signing in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who somebody is."""
    return render(request, "pages/sign_in.html")
