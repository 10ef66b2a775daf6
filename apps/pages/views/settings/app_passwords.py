"""Passwords for mail programs: made and shown once, with what a program asks for beside them; withdrawn."""

import ipaddress
import re
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.accounts import web
from apps.accounts.doors import Door
from apps.accounts.models import Credential
from apps.accounts.services import credentials
from apps.pages.access import signed_in
from apps.pages.asking import Done, posted
from apps.pages.forms import ConfirmForm, PaperForm

from .common import SECURITY, ask, current_of, proved, show

MOST_NETWORKS = 20


class AppPasswordForm(PaperForm):
    """A name, and what it is good for."""

    label = forms.CharField(
        label=_lazy("Name"),
        max_length=100,
        help_text=_lazy("Where you will use it, like “Phone” or “Thunderbird at work”."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    doors = forms.MultipleChoiceField(
        label=_lazy("It may"),
        choices=[(Door.IMAP, _lazy("read mail (IMAP)")), (Door.SMTP, _lazy("send mail (SMTP)"))],
        initial=[Door.IMAP, Door.SMTP],
        widget=forms.CheckboxSelectMultiple,
    )
    networks = forms.CharField(
        label=_lazy("Only from these networks"),
        required=False,
        max_length=1000,
        help_text=_lazy(
            "Addresses or networks with a space between them, like 192.0.2.0/24. Empty means from anywhere."
        ),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    until = forms.DateField(
        label=_lazy("Last day it works"),
        required=False,
        help_text=_lazy("Empty means until you withdraw it."),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def clean_networks(self) -> list[str]:
        """Read them."""
        words = [word for word in re.split(r"[\s,;]+", self.cleaned_data["networks"]) if word]
        if len(words) > MOST_NETWORKS:
            raise forms.ValidationError(_("That is too many networks."))
        for word in words:
            try:
                ipaddress.ip_network(word)
            except ValueError:
                raise forms.ValidationError(_("“%(word)s” is not a network.") % {"word": word}) from None
        return words

    def clean_until(self) -> datetime | None:
        """Take the end of the day."""
        day: date | None = self.cleaned_data["until"]
        if day is None:
            return None
        end = timezone.make_aware(datetime.combine(day, time.max))
        if end <= timezone.now():
            raise forms.ValidationError(_("This day is over."))
        return end


@proved
def add(request: HttpRequest) -> HttpResponse:
    """Make one, and show it this once."""
    current = current_of(request)

    def run(data: dict[str, Any]) -> HttpResponse:
        made = credentials.add_app_password(
            user=current.user,
            label=data["label"],
            doors=data["doors"],
            networks=data["networks"],
            expires_at=data["until"],
            actor=web.actor(request),
        )
        values = {
            "label": data["label"],
            "password": made.secret,
            "address": current.user.address,
            "host": settings.MAIL_HOSTNAME,
            "imap": settings.MAIL_IMAPS_PORT if Door.IMAP in data["doors"] else None,
            "imap_starttls": settings.MAIL_IMAP_PORT,
            "smtp": settings.MAIL_SUBMISSIONS_PORT if Door.SMTP in data["doors"] else None,
            "smtp_starttls": settings.MAIL_SUBMISSION_PORT,
        }
        return show(request, "pages/settings/app_password.html", SECURITY, values)

    return ask(
        request,
        AppPasswordForm(posted(request)),
        title=_("New app password"),
        explain=(
            _("A mail program signs in with it instead of your own password, and you can withdraw it alone."),
        ),
        button=_("Make it"),
        run=run,
    )


@signed_in
def remove(request: HttpRequest, credential_id: int) -> HttpResponse:
    """Withdraw one."""
    current = current_of(request)
    mine = Credential.objects.select_related("user").filter(user=current.user)
    found = get_object_or_404(mine, id=credential_id, kind=Credential.Kind.APP_PASSWORD)

    def run(_data: dict[str, Any]) -> Done:
        credentials.remove_credential(credential=found, actor=web.actor(request))
        return _("“%(label)s” was withdrawn.") % {"label": found.label}, reverse("settings:security")

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Withdraw “%(label)s”?") % {"label": found.label},
        explain=(_("The program that uses it is signed out now and cannot sign in again."),),
        button=_("Withdraw"),
        run=run,
        is_danger=True,
    )
