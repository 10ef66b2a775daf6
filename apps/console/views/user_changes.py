"""What is done to one user: named, let in, kept out, deleted."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Credential, Session, User
from apps.accounts.permissions import Noun, Target, Verb
from apps.accounts.queries import grants_of, target_of_credential, target_of_factors, target_of_session
from apps.accounts.services import credentials, second_factor, sessions, users
from apps.console import lookup
from apps.console.access import actor, administrators, allowed, demand, subject
from apps.console.asking import Done, ask, posted
from apps.console.forms.base import ConfirmForm, PaperForm, TypedConfirmForm
from apps.mailboxes.models import Mailbox
from apps.mailflow.removal import delete_user

from .secrets import new_password, show_once
from .users import SECTION, page_of_user


class NameForm(PaperForm):
    """How a user is called, and spoken to."""

    name = forms.CharField(label=_("Name"), required=False, max_length=200)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class PasswordForm(PaperForm):
    """A new password: given, or made."""

    password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        max_length=500,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Leave it empty: one is made and shown this once."),
    )


class DeleteForm(TypedConfirmForm):
    """What becomes of a user's mailboxes."""

    mailboxes = forms.ChoiceField(
        label=_("Mailboxes of theirs"),
        widget=forms.RadioSelect,
        choices=[("heir", _("Give them to another user")), ("delete", _("Delete them with all mail"))],
        initial="heir",
        required=False,
    )
    heir = forms.CharField(label=_("Address of the other user"), max_length=320, required=False)
    field_order = ["mailboxes", "heir", "typed"]


@administrators
def edit(request: HttpRequest, user_id: int) -> HttpResponse:
    """Change name or language."""
    found = lookup.user(request, user_id, Verb.CHANGE)
    form = NameForm(posted(request), initial={"name": found.name, "language": found.language})

    def run(data: dict[str, Any]) -> Done:
        users.change_user(user=found, name=data["name"], language=data["language"], actor=actor(request))
        return _("Saved."), page_of_user(found)

    title = _("Change %(user)s") % {"user": found}
    return ask(
        request, form, title=title, section=SECTION, button=_("Save"), back=page_of_user(found), run=run
    )


@administrators
def password(request: HttpRequest, user_id: int) -> HttpResponse:
    """Set a password, or make one."""
    found = lookup.user(request, user_id)
    _demand_on(request, found, Noun.CREDENTIAL, Verb.CHANGE)

    def run(data: dict[str, Any]) -> Done | HttpResponse:
        chosen = data["password"]
        secret = chosen or new_password()
        credentials.set_password(user=found, password=secret, actor=actor(request))
        if chosen:
            return _("The password was set; who came in by the old one is out."), page_of_user(found)
        title = _("New password of %(user)s") % {"user": found}
        return show_once(
            request,
            title=title,
            section=SECTION,
            login=found.address,
            password=secret,
            back=page_of_user(found),
        )

    return ask(
        request,
        PasswordForm(posted(request)),
        title=_("Set the password of %(user)s") % {"user": found},
        explain=[_("Sessions that came in by the old password end. App passwords go on.")],
        section=SECTION,
        button=_("Set password"),
        back=page_of_user(found),
        run=run,
    )


@administrators
def switch(request: HttpRequest, user_id: int) -> HttpResponse:
    """Keep a user out, or let them in again."""
    found = lookup.user(request, user_id, Verb.DISABLE)
    _demand_other(request, found)
    off = found.is_active

    def run(_data: dict[str, Any]) -> Done:
        if off:
            users.disable_user(user=found, actor=actor(request))
            return _("%(user)s is kept out.") % {"user": found}, page_of_user(found)
        users.enable_user(user=found, actor=actor(request))
        return _("%(user)s may sign in again.") % {"user": found}, page_of_user(found)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=(_("Keep %(user)s out?") if off else _("Let %(user)s in again?")) % {"user": found},
        explain=[_("Every session ends now. Mailboxes keep receiving; nothing is deleted.")] if off else [],
        section=SECTION,
        button=_("Keep out") if off else _("Let in"),
        back=page_of_user(found),
        run=run,
        is_danger=off,
    )


@administrators
def delete(request: HttpRequest, user_id: int) -> HttpResponse:
    """Delete a user; mailboxes go to an heir, or with them."""
    found = lookup.user(request, user_id, Verb.DELETE)
    _demand_other(request, found)
    owned = list(Mailbox.objects.filter(owner=found).select_related("domain").order_by("local_part")[:6])
    form = DeleteForm(posted(request), name=found.address)
    if not owned:
        del form.fields["mailboxes"], form.fields["heir"]

    def run(data: dict[str, Any]) -> Done:
        by = actor(request)
        heir = (
            lookup.heir(request, data["heir"], owned[0].domain) if data.get("mailboxes") == "heir" else None
        )
        address = found.address
        delete_user(user=found, heir=heir, with_mailboxes=data.get("mailboxes") == "delete", actor=by)
        return _("%(user)s was deleted.") % {"user": address}, reverse("console:users")

    names = ", ".join(map(str, owned[:5])) + (" …" if len(owned) > 5 else "")
    return ask(
        request,
        form,
        title=_("Delete %(user)s?") % {"user": found},
        explain=[
            *([_("They own %(mailboxes)s.") % {"mailboxes": names}] if owned else []),
            _("Sessions, passwords and roles of theirs go, too. This cannot be undone."),
        ],
        section=SECTION,
        button=_("Delete user"),
        back=page_of_user(found),
        run=run,
        is_danger=True,
    )


@administrators
def end_session(request: HttpRequest, user_id: int, session_id: uuid.UUID) -> HttpResponse:
    """End one session."""
    found = lookup.user(request, user_id)
    session = get_object_or_404(Session.objects.select_related("user"), id=session_id, user=found)
    demand(request, Verb.DELETE, target_of_session(session))

    def run(_data: dict[str, Any]) -> Done:
        sessions.end_session(session=session, actor=actor(request))
        return _("The session ended."), _back(request, found)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("End this session?"),
        explain=[_("Its program has to sign in again; a mail program does so by itself.")],
        section=SECTION,
        button=_("End session"),
        back=_back(request, found),
        run=run,
        is_danger=True,
    )


@administrators
def end_sessions(request: HttpRequest, user_id: int) -> HttpResponse:
    """End every session of a user."""
    found = lookup.user(request, user_id)
    _demand_on(request, found, Noun.SESSION, Verb.DELETE)

    def run(_data: dict[str, Any]) -> Done:
        sessions.end_sessions(user_id=found.id, actor=actor(request))
        return _("%(user)s is signed out everywhere.") % {"user": found}, _back(request, found)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Sign %(user)s out everywhere?") % {"user": found},
        section=SECTION,
        button=_("Sign out"),
        back=_back(request, found),
        run=run,
        is_danger=True,
    )


@administrators
def remove_credential(request: HttpRequest, user_id: int, credential_id: int) -> HttpResponse:
    """Withdraw an app password or a token."""
    found = lookup.user(request, user_id)
    secrets = Credential.objects.select_related("user").exclude(kind=Credential.Kind.PASSWORD)
    credential = get_object_or_404(secrets, id=credential_id, user=found)
    demand(request, Verb.DELETE, target_of_credential(credential))

    def run(_data: dict[str, Any]) -> Done:
        credentials.remove_credential(credential=credential, actor=actor(request))
        return _("It was withdrawn."), _back(request, found)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Withdraw %(label)s?") % {"label": credential.label or credential.kind},
        explain=[_("What signs in with it is out from now on, and has to be given another.")],
        section=SECTION,
        button=_("Withdraw"),
        back=_back(request, found),
        run=run,
        is_danger=True,
    )


@administrators
def reset_factors(request: HttpRequest, user_id: int) -> HttpResponse:
    """Take every second factor of somebody else's away, who lost them; one's own are turned off in the settings."""
    found = lookup.user(request, user_id)
    demand(request, Verb.DELETE, target_of_factors(found))
    _demand_other(request, found)

    def run(_data: dict[str, Any]) -> Done:
        reset = second_factor.reset_second_factor(user=found, actor=actor(request))
        if not (reset.totp or reset.passkeys):
            return _("%(user)s has no second step; nothing was changed.") % {"user": found}, page_of_user(
                found
            )
        return _("%(user)s signs in by the password alone now.") % {"user": found}, page_of_user(found)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Reset the second step of %(user)s?") % {"user": found},
        explain=[
            _("Be sure that it is they who ask: talk to them, and not by mail."),
            _(
                "Authenticator app, passkeys and recovery codes go, and their browsers are signed out. From then on "
                "the password alone lets them in, until they set a second step up again."
            ),
        ],
        section=SECTION,
        button=_("Reset"),
        back=page_of_user(found),
        run=run,
        is_danger=True,
    )


def _back(request: HttpRequest, user: User) -> str:
    """Return where one came from: a list of sessions or secrets, or the user's page."""
    match request.GET.get("from"):
        case "sessions":
            return f"{reverse('console:sessions')}?user={user.id}"
        case "secrets":
            return reverse("console:secrets")
        case _:
            return page_of_user(user)


def _demand_on(request: HttpRequest, user: User, noun: Noun, verb: Verb) -> None:
    target = Target(noun, user.organisation_id, user.domain_id, user.id, grants=grants_of(user.id))
    if not allowed(request, verb, target):
        raise PermissionDenied


def _demand_other(request: HttpRequest, user: User) -> None:
    """Refuse whoever would lock themselves out."""
    if user.id == subject(request).user_id:
        raise PermissionDenied
