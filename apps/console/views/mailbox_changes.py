"""What is done to one mailbox: limited, switched off, given away, shared, deleted."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.accounts.models import User
from apps.accounts.permissions import Verb
from apps.console import lookup
from apps.console.access import actor, administrators
from apps.console.asking import Done, ask, posted
from apps.console.forms.base import ConfirmForm, PaperForm, SizeField, TypedConfirmForm
from apps.mailboxes import removal, services
from apps.mailboxes.models import Mailbox
from apps.mailflow.removal import delete_mailbox
from apps.organisations.errors import NotFoundError
from apps.store.services.private_seen import set_private_seen

SECTION = "mailboxes"
RIGHTS = (
    ("read", _("Open it and read")),
    ("write", _("Change what is in it")),
    ("send", _("Write in its name")),
    ("manage", _("Share it further")),
)


class QuotaForm(PaperForm):
    """How much it may hold."""

    quota = SizeField(label=_("Room"))


class OwnerForm(PaperForm):
    """Whose it becomes."""

    owner = forms.CharField(label=_("Address of the new owner"), max_length=320)


class MemberForm(PaperForm):
    """Who else may use it, and how."""

    user = forms.CharField(label=_("Address of the user"), max_length=320)
    rights = forms.MultipleChoiceField(
        label=_("May"), choices=RIGHTS, widget=forms.CheckboxSelectMultiple, initial=["read", "write", "send"]
    )


class RightsForm(PaperForm):
    """How a member may use it."""

    rights = forms.MultipleChoiceField(label=_("May"), choices=RIGHTS, widget=forms.CheckboxSelectMultiple)


@administrators
def quota(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Limit it."""
    found = lookup.mailbox(request, mailbox_id, Verb.LIMIT)
    form = QuotaForm(posted(request), initial={"quota": found.quota_bytes})

    def run(data: dict[str, Any]) -> Done:
        services.set_quota(mailbox=found, quota_bytes=data["quota"], actor=actor(request))
        return _("The limit was changed."), _page(found)

    title = _("Limit of %(address)s") % {"address": found}
    return ask(request, form, title=title, section=SECTION, button=_("Save"), back=_page(found), run=run)


@administrators
def owner(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Give it to another user. Who could delete it may, but not to themselves: a role opens nobody's mail."""
    found = lookup.mailbox(request, mailbox_id, Verb.DELETE)
    form = OwnerForm(posted(request), initial={"owner": found.owner.address if found.owner else ""})

    def run(data: dict[str, Any]) -> Done:
        heir = lookup.heir(request, data["owner"], found.domain)
        removal.set_owner(mailbox=found, owner=heir, actor=actor(request))
        return _("%(address)s belongs to %(user)s now.") % {"address": found, "user": heir}, _page(found)

    return ask(
        request,
        form,
        title=_("Give %(address)s to another user") % {"address": found},
        explain=[_("The new owner reads everything in it; the old one sees it no more.")],
        section=SECTION,
        button=_("Give it"),
        back=_page(found),
        run=run,
    )


@administrators
def private_seen(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Let each member have read marks of their own, or all the same."""
    found = lookup.mailbox(request, mailbox_id, Verb.CHANGE)
    on = not found.private_seen

    def run(_data: dict[str, Any]) -> Done:
        set_private_seen(mailbox=found, on=on, actor=actor(request))
        text = (
            _("Each member has read marks of their own now.") if on else _("All see the same read marks now.")
        )
        return text, _page(found)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Read marks for each member?") if on else _("The same read marks for all?"),
        explain=[
            _("What one member has read stays unread for the others.")
            if on
            else _("What one member has read counts as read for all.")
        ],
        section=SECTION,
        button=_("Change it"),
        back=_page(found),
        run=run,
    )


@administrators
def switch(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Switch it off, or on again."""
    found = lookup.mailbox(request, mailbox_id, Verb.DISABLE)

    def run(_data: dict[str, Any]) -> Done:
        if found.is_active:
            services.disable_mailbox(mailbox=found, actor=actor(request))
            return _("%(address)s is switched off.") % {"address": found}, _page(found)
        services.enable_mailbox(mailbox=found, actor=actor(request))
        return _("%(address)s works again.") % {"address": found}, _page(found)

    off = found.is_active
    return ask(
        request,
        ConfirmForm(posted(request)),
        title=(_("Switch off %(address)s?") if off else _("Switch on %(address)s?")) % {"address": found},
        explain=[_("Mail for it is refused and nobody opens it, from now on. Nothing is deleted.")]
        if off
        else [],
        section=SECTION,
        button=_("Switch off") if off else _("Switch on"),
        back=_page(found),
        run=run,
        is_danger=off,
    )


@administrators
def delete(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Delete it with its mail, once its address was typed."""
    found = lookup.mailbox(request, mailbox_id, Verb.DELETE)
    held = found.usage.messages
    messages = ngettext("%(count)d message (%(size)s)", "%(count)d messages (%(size)s)", held) % {
        "count": held,
        "size": filesizeformat(found.usage.bytes),
    }

    def run(_data: dict[str, Any]) -> Done:
        address = str(found)
        delete_mailbox(mailbox=found, actor=actor(request))
        return _("%(address)s was deleted; its mail goes now.") % {"address": address}, reverse(
            "console:mailboxes"
        )

    return ask(
        request,
        TypedConfirmForm(posted(request), name=str(found)),
        title=_("Delete %(address)s?") % {"address": found},
        explain=[
            _("It holds %(messages)s, and all of it is deleted.") % {"messages": messages},
            _(
                "Mail for this address is refused from now on, and mail that waits for it goes back to its sender."
            ),
            _("Its owner stays a user. This cannot be undone."),
        ],
        section=SECTION,
        button=_("Delete mailbox and mail"),
        back=_page(found),
        run=run,
        is_danger=True,
    )


@administrators
def add_member(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Let one more user use it."""
    found = lookup.mailbox(request, mailbox_id, Verb.MANAGE)
    form = MemberForm(posted(request))

    def run(data: dict[str, Any]) -> Done:
        member = User.objects.filter(
            address=data["user"].strip().lower(), organisation_id=found.domain.organisation_id
        ).first()
        if member is None:
            raise NotFoundError(f"there is no user {data['user'].strip()}")
        services.set_member(mailbox=found, user=member, rights=data["rights"], actor=actor(request))
        return _("%(user)s may use %(address)s now.") % {"user": member, "address": found}, _page(found)

    title = _("Share %(address)s") % {"address": found}
    return ask(request, form, title=title, section=SECTION, button=_("Share"), back=_page(found), run=run)


@administrators
def member(request: HttpRequest, mailbox_id: int, user_id: int) -> HttpResponse:
    """Change how a member may use it."""
    found = lookup.mailbox(request, mailbox_id, Verb.MANAGE)
    one = found.members.select_related("user").filter(user_id=user_id).first()
    if one is None:
        raise Http404
    form = RightsForm(posted(request), initial={"rights": one.rights})

    def run(data: dict[str, Any]) -> Done:
        services.set_member(mailbox=found, user=one.user, rights=data["rights"], actor=actor(request))
        return _("What %(user)s may do was changed.") % {"user": one.user}, _page(found)

    title = _("What may %(user)s do in %(address)s?") % {"user": one.user, "address": found}
    return ask(request, form, title=title, section=SECTION, button=_("Save"), back=_page(found), run=run)


@administrators
def remove_member(request: HttpRequest, mailbox_id: int, user_id: int) -> HttpResponse:
    """Take it away from a member."""
    found = lookup.mailbox(request, mailbox_id, Verb.MANAGE)
    one = get_object_or_404(User, id=user_id, memberships__mailbox=found)

    def run(_data: dict[str, Any]) -> Done:
        services.remove_member(mailbox=found, user=one, actor=actor(request))
        return _("%(user)s uses %(address)s no more.") % {"user": one, "address": found}, _page(found)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Take %(address)s away from %(user)s?") % {"address": found, "user": one},
        section=SECTION,
        button=_("Take away"),
        back=_page(found),
        run=run,
        is_danger=True,
    )


def _page(mailbox: Mailbox) -> str:
    return reverse("console:mailbox", args=[mailbox.id])
