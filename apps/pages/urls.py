"""Addresses of the pages everybody shares."""

from django.urls import path

from apps.pages.views import preferences, sign_in

app_name = "pages"
urlpatterns = [
    path("", sign_in.home, name="home"),
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-in/second-step", sign_in.second_step, name="second-step"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("preferences", preferences.preferences, name="preferences"),
]
