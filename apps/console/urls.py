"""Addresses of the console."""

from django.urls import path

from apps.console.views import overview

app_name = "console"
urlpatterns = [
    path("", overview.overview, name="overview"),
]
