"""Certificates our doors show: which hold, which do not and why; added, removed, asked for again."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Noun, Verb
from apps.console.access import actor, administrators, reach, where
from apps.console.asking import Done, ask, posted, sentence
from apps.console.forms.base import ConfirmForm, PaperForm
from apps.domains.acme import wishes
from apps.domains.certificates import queries, services
from apps.domains.certificates.default import default_status
from apps.domains.certificates.queries import Standing
from apps.domains.certificates.reading import MAX_BYTES
from apps.domains.models import Certificate

SECTION = "certificates"
LIST = "console:certificates"
# A look of `{% status %}`, a word, and what that means.
STANDINGS: dict[Standing, tuple[str, str | Promise, str | Promise]] = {
    Standing.GOOD: ("ok", _("holds"), ""),
    Standing.SOON: ("warn", _("ends soon"), ""),
    Standing.EXPIRED: ("err", _("expired"), _("Clients are shown the default one instead.")),
    Standing.NOT_YET: ("warn", _("not valid yet"), _("Clients are shown the default one until then.")),
    Standing.BROKEN: ("err", _("not usable"), _("Clients are shown the default one instead.")),
    Standing.STRANGE: ("warn", _("of no name of ours"), _("No client asks for one of its names.")),
    Standing.WANTED: ("busy", _("asked for"), ""),
}
SOURCES = {
    Certificate.Source.ACME: _("Authority"),
    Certificate.Source.UPLOADED: _("Uploaded"),
}


class CertificateForm(PaperForm):
    """A chain and its key, as files."""

    chain = forms.FileField(
        label=_("Certificate"),
        help_text=_("PEM file of the certificate and those above it."),
    )
    key = forms.FileField(
        label=_("Private key"),
        required=False,
        help_text=_("PEM file without a password. Empty if it is in the same file. It is kept sealed."),
    )

    def clean(self) -> dict[str, Any]:
        """Read both, if they are as small as they should be."""
        data: dict[str, Any] = super().clean() or {}
        for name in ("chain", "key"):
            if (file := data.get(name)) is not None:
                if file.size > MAX_BYTES:
                    raise forms.ValidationError(_("A file is larger than 256 KB."))
                data[name] = file.read()
        return data


@administrators
def certificates(request: HttpRequest) -> HttpResponse:
    """List them, the default one first."""
    reach(request, Noun.SYSTEM)
    now = timezone.now()
    default = default_status(now)
    rows = [
        (one, sentence(one.detail), _standing(one), SOURCES[Certificate.Source(one.certificate.source)])
        for one in queries.statuses(now)
    ]
    context = {
        "section": SECTION,
        "now": now,
        "default": default,
        "default_standing": STANDINGS[default.standing],
        "rows": rows,
        "authority": settings.MAIL_ACME_DIRECTORY,
        "may": bool(where(request, Noun.SYSTEM, Verb.CHANGE)),
    }
    return render(request, "console/certificates.html", context)


def _standing(one: queries.Status) -> tuple[str, str | Promise, str | Promise]:
    if one.standing is Standing.WANTED and one.detail:
        return "warn", _("refused"), ""
    return STANDINGS[one.standing]


@administrators
def add(request: HttpRequest) -> HttpResponse:
    """Keep one that was uploaded."""
    reach(request, Noun.SYSTEM, Verb.CHANGE)
    form = CertificateForm(posted(request), request.FILES if request.method == "POST" else None)

    def run(data: dict[str, Any]) -> Done:
        chain = data["chain"]
        made = services.add_certificate(
            chain=chain, key=data.get("key") or chain, now=timezone.now(), actor=actor(request)
        )
        said = _("The certificate for %(names)s is shown within half a minute.")
        return said % {"names": made}, reverse(LIST)

    return ask(
        request,
        form,
        title=_("Add a certificate"),
        explain=[
            _("It is shown to clients that ask for one of its names; one of the same names is replaced.")
        ],
        section=SECTION,
        button=_("Add"),
        back=reverse(LIST),
        run=run,
    )


@administrators
def remove(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """Show one no more."""
    reach(request, Noun.SYSTEM, Verb.CHANGE)
    found = get_object_or_404(Certificate.objects.defer("private"), id=certificate_id)

    def run(_data: dict[str, Any]) -> Done:
        services.remove_certificate(certificate=found, actor=actor(request))
        return _("The certificate for %(names)s is shown no more.") % {"names": found}, reverse(LIST)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Remove the certificate for %(names)s?") % {"names": found},
        explain=[_("Clients that ask for its names are shown the default one. Its key is deleted.")],
        section=SECTION,
        button=_("Remove"),
        back=reverse(LIST),
        run=run,
        is_danger=True,
    )


@administrators
def renew(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """Have the authority asked for one at once."""
    reach(request, Noun.SYSTEM, Verb.CHANGE)
    found = get_object_or_404(Certificate.objects.defer("private"), id=certificate_id, source="acme")

    def run(_data: dict[str, Any]) -> Done:
        wishes.ask_at_once(certificate=found, actor=actor(request))
        said = _("The authority is asked for %(names)s now. Look again in a minute.")
        return said % {"names": found}, reverse(LIST)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Ask for %(names)s now?") % {"names": found},
        explain=[
            _(
                "The old certificate is shown until the new one is here. Authorities limit how often one may ask."
            )
        ],
        section=SECTION,
        button=_("Ask now"),
        back=reverse(LIST),
        run=run,
    )
