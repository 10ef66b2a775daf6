"""Addresses of the settings."""

from django.urls import path

from apps.pages.views import programs
from apps.pages.views.settings import (
    app_passwords,
    appearance,
    authenticator,
    junk,
    passkeys,
    privacy,
    proof,
    second_step,
    security,
)

app_name = "settings"
urlpatterns = [
    path("", security.home, name="home"),
    path("appearance", appearance.appearance, name="appearance"),
    path("programs/mail.mobileconfig", programs.profile, name="profile"),
    path("junk", junk.overview, name="junk"),
    path("junk/add", junk.add, name="junk-add"),
    path("junk/<int:entry_id>/remove", junk.remove, name="junk-remove"),
    path("privacy", privacy.overview, name="privacy"),
    path("privacy/<int:trusted_id>/withdraw", privacy.withdraw, name="privacy-withdraw"),
    path("security", security.overview, name="security"),
    path("security/prove", proof.prove, name="prove"),
    path("security/prove/passkey", proof.options, name="prove-options"),
    path("security/password", security.password, name="password"),
    path("security/sessions/end", security.end_others, name="sessions-end"),
    path("security/sessions/<uuid:session_id>/end", security.end_session, name="session-end"),
    path("security/app-passwords/add", app_passwords.add, name="app-password-add"),
    path(
        "security/app-passwords/<int:credential_id>/remove", app_passwords.remove, name="app-password-remove"
    ),
    path("security/app", authenticator.set_up, name="totp"),
    path("security/app/remove", authenticator.remove, name="totp-remove"),
    path("security/passkeys/add", passkeys.add, name="passkey-add"),
    path("security/passkeys/options", passkeys.options, name="passkey-options"),
    path("security/passkeys/<int:passkey_id>/rename", passkeys.rename, name="passkey-rename"),
    path("security/passkeys/<int:passkey_id>/remove", passkeys.remove, name="passkey-remove"),
    path("security/second-step/off", second_step.turn_off, name="second-step-off"),
    path("security/recovery-codes", authenticator.recovery_codes, name="recovery-codes"),
]
