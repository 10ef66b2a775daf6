"""An entry of the audit trail as its page shows it: in words, with what was before and after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.events.models import AuditEntry
from apps.organisations.sizes import show_size

NOTHING = "\u2013"
# What was done, by the kind of thing it was done to; an action unknown here is shown as it is called.
ACTIONS: Mapping[str, tuple[str | Promise, Mapping[str, str | Promise]]] = {
    "organisation": (
        _lazy("Organisations"),
        {
            "organisation.create": _lazy("Organisation added"),
            "organisation.quota": _lazy("Limit of an organisation changed"),
            "organisation.reports": _lazy("Reports of an organisation switched on or off"),
            "organisation.forwarders": _lazy("Forwarders an organisation believes changed"),
            "organisation.enable": _lazy("Organisation switched on"),
            "organisation.disable": _lazy("Organisation switched off"),
            "organisation.delete": _lazy("Organisation deleted"),
        },
    ),
    "domain": (
        _lazy("Domains"),
        {
            "domain.create": _lazy("Domain added"),
            "domain.quota": _lazy("Limit of a domain changed"),
            "domain.mta_sts": _lazy("Rule for TLS of a domain changed"),
            "domain.enable": _lazy("Domain switched on"),
            "domain.disable": _lazy("Domain switched off"),
            "domain.delete": _lazy("Domain deleted"),
            "dkim.make": _lazy("Signing key made"),
            "dkim.import": _lazy("Signing key imported"),
            "dkim.activate": _lazy("Signing key put to use"),
            "dkim.retire": _lazy("Signing key retired"),
            "dkim.remove": _lazy("Signing key removed"),
        },
    ),
    "mailbox": (
        _lazy("Mailboxes"),
        {
            "mailbox.create": _lazy("Mailbox added"),
            "mailbox.quota": _lazy("Limit of a mailbox changed"),
            "mailbox.owner": _lazy("Mailbox given to another user"),
            "mailbox.member": _lazy("Rights of a member changed"),
            "mailbox.private_seen": _lazy("Read marks of members changed"),
            "mailbox.enable": _lazy("Mailbox switched on"),
            "mailbox.disable": _lazy("Mailbox switched off"),
            "mailbox.delete": _lazy("Mailbox deleted"),
            "mailbox.removed": _lazy("Mail of a deleted mailbox removed"),
        },
    ),
    "alias": (
        _lazy("Aliases"),
        {
            "alias.create": _lazy("Alias added"),
            "alias.change": _lazy("Alias pointed elsewhere"),
            "alias.enable": _lazy("Alias switched on"),
            "alias.disable": _lazy("Alias switched off"),
            "alias.delete": _lazy("Alias deleted"),
        },
    ),
    "user": (
        _lazy("Users and sign-in"),
        {
            "user.create": _lazy("User added"),
            "user.change": _lazy("User changed"),
            "user.enable": _lazy("User let in again"),
            "user.disable": _lazy("User kept out"),
            "user.delete": _lazy("User deleted"),
            "role.grant": _lazy("Role given"),
            "role.revoke": _lazy("Role taken away"),
            "password.set": _lazy("Password set"),
            "app_password.add": _lazy("App password made"),
            "app_password.remove": _lazy("App password withdrawn"),
            "api_token.add": _lazy("API token made"),
            "api_token.remove": _lazy("API token withdrawn"),
            "session.end": _lazy("Signed out"),
            "sender.hold": _lazy("Mail of a user held"),
            "sender.release": _lazy("Mail of a user released"),
            "sender.drop": _lazy("Mail of a user dropped"),
            "totp.add": _lazy("Authenticator app added"),
            "totp.remove": _lazy("Authenticator app removed"),
            "totp.use": _lazy("Code of an app used"),
            "passkey.add": _lazy("Passkey added"),
            "passkey.rename": _lazy("Passkey renamed"),
            "passkey.remove": _lazy("Passkey removed"),
            "passkey.use": _lazy("Passkey used"),
            "passkey.copied": _lazy("Copied passkey refused"),
            "recovery_codes.make": _lazy("Recovery codes made"),
            "recovery_code.use": _lazy("Recovery code used"),
            "second_factor.reset": _lazy("Second factors reset"),
        },
    ),
    "queue": (
        _lazy("Queue"),
        {
            "queue.hold": _lazy("Mail held"),
            "queue.release": _lazy("Mail released"),
            "queue.retry": _lazy("Mail made due at once"),
            "queue.bounce": _lazy("Mail returned to its sender"),
            "queue.cancel": _lazy("Mail given up"),
        },
    ),
    "certificate": (
        _lazy("Certificates"),
        {
            "certificate.add": _lazy("Certificate added"),
            "certificate.replace": _lazy("Certificate replaced"),
            "certificate.remove": _lazy("Certificate removed"),
            "certificate.issued": _lazy("Certificate issued"),
            "certificate.renew": _lazy("Certificate asked for"),
        },
    ),
    "blocklist": (
        _lazy("Block lists"),
        {
            "blocklist.listed": _lazy("Address came onto a block list"),
            "blocklist.unlisted": _lazy("Address left a block list"),
            "blocklist.broken": _lazy("Block list broken"),
            "blocklist.mended": _lazy("Block list works again"),
        },
    ),
    "antivirus": (
        _lazy("Virus scanner"),
        {
            "antivirus.old": _lazy("Signatures of the virus scanner old"),
            "antivirus.silent": _lazy("Virus scanner silent"),
            "antivirus.well": _lazy("Virus scanner well again"),
        },
    ),
    "filter": (
        _lazy("Spam filter"),
        {
            "filter.settings": _lazy("Lines of the filter changed"),
            "filter.attachments": _lazy("Policy for files changed"),
            "filter.allow": _lazy("Sender always wanted"),
            "filter.block": _lazy("Sender never wanted"),
            "filter.unlist": _lazy("Sender taken off a list"),
            "filter.release": _lazy("Message released"),
            "filter.drop": _lazy("Message dropped"),
            "filter.group.make": _lazy("Group of mailboxes made"),
            "filter.group.members": _lazy("Members of a group changed"),
            "filter.group.remove": _lazy("Group of mailboxes removed"),
        },
    ),
    "spam_rule": (
        _lazy("Rules against spam"),
        {
            "spam_rule.create": _lazy("Rule added"),
            "spam_rule.change": _lazy("Rule changed"),
            "spam_rule.score": _lazy("Score of a rule changed"),
            "spam_rule.enable": _lazy("Rule switched on"),
            "spam_rule.disable": _lazy("Rule switched off"),
            "spam_rule.failed": _lazy("Failing rule switched off"),
            "spam_rule.delete": _lazy("Rule deleted"),
            "spam_feed.update": _lazy("Rules updated from the feed"),
            "spam_feed.rollback": _lazy("Earlier rules of the feed brought back"),
        },
    ),
    "import": (
        _lazy("Imports"),
        {
            "import.people": _lazy("People imported"),
            "import.passwords": _lazy("Passwords of an import taken"),
        },
    ),
}
_WORDS = {action: word for _kind, (_name, words) in ACTIONS.items() for action, word in words.items()}
_FACTS = {
    "about": _lazy("About"),
    "added": _lazy("added"),
    "algorithm": _lazy("Algorithm"),
    "bytes": _lazy("Size"),
    "codes": _lazy("Answers"),
    "count": _lazy("Number"),
    "expression": _lazy("Expression"),
    "expires_at": _lazy("Valid until"),
    "in": _lazy("In"),
    "instead_of": _lazy("Instead of"),
    "label": _lazy("Name"),
    "language": _lazy("Language"),
    "messages": _lazy("Messages"),
    "name": _lazy("Name"),
    "networks": _lazy("From networks"),
    "on": _lazy("On"),
    "owner": _lazy("Owner"),
    "passkeys": _lazy("Passkeys"),
    "quota_bytes": _lazy("Limit"),
    "reason": _lazy("Reason"),
    "recipients": _lazy("Recipients"),
    "recovery_codes": _lazy("Recovery codes"),
    "removed": _lazy("removed"),
    "rights": _lazy("Rights"),
    "role": _lazy("Role"),
    "roles": _lazy("Roles"),
    "rows": _lazy("Rows"),
    "made": _lazy("made"),
    "changed": _lazy("changed"),
    "same": _lazy("left as it is"),
    "refused": _lazy("refused"),
    "failed": _lazy("failed"),
    "scheme": _lazy("Kept as"),
    "scopes": _lazy("May"),
    "score": _lazy("Score"),
    "selector": _lazy("Selector"),
    "sessions": _lazy("Sessions"),
    "sort": _lazy("Sort"),
    "source": _lazy("Source"),
    "targets": _lazy("Points to"),
    "totp": _lazy("Authenticator app"),
    "user": _lazy("User"),
    "version": _lazy("Version"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry. `before` and `after` are None where nothing was replaced."""

    entry: AuditEntry
    word: str
    look: str
    facts: tuple[tuple[str, str], ...]
    before: str | None
    after: str | None
    seal: str


def show(entry: AuditEntry) -> Shown:
    """Return an entry in words."""
    details = entry.details if isinstance(entry.details, dict) else {}
    has_both = "before" in details and "after" in details
    is_size = entry.action.endswith(".quota")
    return Shown(
        entry=entry,
        word=str(_WORDS.get(entry.action, entry.action)),
        look=_look(entry.action),
        facts=tuple(_facts(details, without=frozenset({"before", "after"}) if has_both else frozenset())),
        before=_text(details["before"], is_size=is_size) if has_both else None,
        after=_text(details["after"], is_size=is_size) if has_both else None,
        seal=bytes(entry.hash).hex(),
    )


def _look(action: str) -> str:
    """Return an icon for what was done."""
    match action.rpartition(".")[2]:
        case "create" | "add" | "make" | "grant" | "import":
            return "plus"
        case "delete" | "removed" | "remove" | "revoke":
            return "trash-2"
        case "enable" | "disable" | "hold" | "release":
            return "toggle-left"
        case "end" | "use" | "set" | "copied" | "reset":
            return "key-round"
        case _:
            return "pencil"


def _facts(details: Mapping[str, Any], *, without: frozenset[str]) -> Iterator[tuple[str, str]]:
    for name, value in details.items():
        if name not in without:
            text = filesizeformat(value) if name == "bytes" else _text(value, is_size=name == "quota_bytes")
            yield str(_FACTS.get(name, name)), text


def _text(value: Any, *, is_size: bool) -> str:
    if value in (None, "", [], {}):
        return NOTHING
    match value:
        case bool():
            return _("yes") if value else _("no")
        case int() if is_size:
            return show_size(value)
        case list():
            return "\n".join(_text(item, is_size=False) for item in value)
        case dict():
            return ", ".join(
                f"{_FACTS.get(name, name)}: {_text(item, is_size=False)}" for name, item in value.items()
            )
        case _:
            return str(value)
