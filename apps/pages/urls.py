"""Addresses of the pages everybody shares."""

from django.urls import path

from apps.pages.views import passkeys, preferences, sign_in

app_name = "pages"
urlpatterns = [
    # What browsers ask for by themselves where a document is no page of ours: a raw message, a sheet to print.
    path("favicon.ico", sign_in.favicon, name="favicon"),
    path("", sign_in.home, name="home"),
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-in/second-step", sign_in.second_step, name="second-step"),
    path("sign-in/second-step/passkey", passkeys.second_step_options, name="second-step-options"),
    path("sign-in/passkey", passkeys.sign_in, name="passkey"),
    path("sign-in/passkey/options", passkeys.options, name="passkey-options"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("preferences", preferences.preferences, name="preferences"),
]
