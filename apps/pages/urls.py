"""Addresses of the pages everybody shares."""

from django.urls import path

from apps.pages.views import preferences, sign_in

app_name = "pages"
urlpatterns = [
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("preferences", preferences.preferences, name="preferences"),
]
