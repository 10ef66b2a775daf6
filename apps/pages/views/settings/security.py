"""How one signs in: the page that shows it all, the password, and where one is signed in."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from apps.accounts import security, web
from apps.accounts.authentication import Refused
from apps.accounts.models import Session
from apps.accounts.services import passwords, sessions
from apps.organisations.errors import DirectoryError
from apps.pages.access import signed_in
from apps.pages.asking import Done, posted
from apps.pages.forms import ConfirmForm, PaperForm
from apps.pages.views.sign_in import wait, words_of

from .common import SECURITY, ask, current_of, show


class PasswordForm(PaperForm):
    """The old password, and a new one."""

    old = forms.CharField(
        label=_lazy("Password you have now"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_lazy("New password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        count = settings.MAIL_PASSWORD_LENGTH
        self.fields["new"].help_text = _("At least %(count)s characters.") % {"count": count}


def home(request: HttpRequest) -> HttpResponse:
    """Lead to the first of the pages."""
    return HttpResponseRedirect(reverse("settings:security"))


@never_cache
@signed_in
def overview(request: HttpRequest) -> HttpResponse:
    """Show password, second factors, app passwords and sessions."""
    current = current_of(request)
    values = {
        "factors": security.factors(current.user),
        "party": web.party(request),
        "app_passwords": security.app_passwords(current.user),
        "live_sessions": security.live_sessions(current.user, current=current.session_id),
    }
    return show(request, "pages/settings/security.html", SECURITY, values)


@sensitive_post_parameters("old", "new")
@never_cache
@signed_in
def password(request: HttpRequest) -> HttpResponse:
    """Change the password, against the old one."""
    current = current_of(request)
    form = PasswordForm(posted(request))

    def run(data: dict[str, Any]) -> Done:
        answer = passwords.change_password(
            user=current.user,
            new=data["new"],
            old=data["old"],
            session_id=current.session_id,
            peer=web.peer_of(request),
            actor=web.actor(request),
        )
        if isinstance(answer, Refused):
            wait(answer)
            is_throttled = answer.retry_after is not None
            raise DirectoryError(words_of(answer) if is_throttled else _("The old password is not right."))
        return _("Your password was changed. Every other browser is signed out."), reverse(
            "settings:security"
        )

    return ask(
        request,
        form,
        title=_("Change the password"),
        button=_("Change password"),
        explain=(_("Other browsers, and mail programs that use the old password, are signed out."),),
        run=run,
    )


@signed_in
def end_session(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """End one session of one's own."""
    current = current_of(request)
    mine = Session.objects.select_related("user").filter(user=current.user, ended_at=None)
    session = get_object_or_404(mine.exclude(id=current.session_id), id=session_id)

    def run(_data: dict[str, Any]) -> Done:
        sessions.end_session(session=session, actor=web.actor(request))
        return _("It is signed out."), reverse("settings:security")

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Sign this device out?"),
        explain=(
            _(
                "A browser has to sign in again. A mail program does so by itself, if it keeps a password that works."
            ),
        ),
        button=_("Sign out"),
        run=run,
        is_danger=True,
    )


@signed_in
def end_others(request: HttpRequest) -> HttpResponse:
    """End every session but this one."""
    current = current_of(request)

    def run(_data: dict[str, Any]) -> Done:
        sessions.end_sessions(user_id=current.user.id, but=current.session_id, actor=web.actor(request))
        return _("You are signed in here alone."), reverse("settings:security")

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Sign out everywhere else?"),
        explain=(_("This browser stays signed in. Mail programs sign in again by themselves."),),
        button=_("Sign out"),
        run=run,
        is_danger=True,
    )
