"""Do what was decided of one row, by the directory's own services, which write the audit trail."""

from apps.accounts.generated import new_password
from apps.accounts.models import User
from apps.accounts.services import credentials, users
from apps.events.audit import Actor
from apps.mailboxes import services as mailboxes

from .deciding import Options, Outcome, Step
from .directory import Directory
from .rows import Kind, Row


def do(step: Step, there: Directory, options: Options, actor: Actor) -> str:
    """Do it, within the caller's transaction; return the password that was made, if one was."""
    row = step.row
    if row is None or step.outcome not in {Outcome.MADE, Outcome.CHANGED}:
        return ""
    if step.outcome == Outcome.CHANGED:
        _change(step, row, there, actor)
        return ""
    user, password = _user(row, options, actor) if step.makes_user else (None, "")
    match row.kind:
        case Kind.ALIAS:
            mailboxes.create_alias(address=row.address, targets=row.targets, actor=actor)
        case Kind.SHARED:
            mailboxes.create_mailbox(address=row.address, quota_bytes=row.quota_bytes, actor=actor)
        case Kind.MAILBOX:
            owner = user or there.users[row.owner or row.address]
            mailboxes.create_mailbox(
                address=row.address, owner=owner, quota_bytes=row.quota_bytes, actor=actor
            )
        case Kind.USER:
            pass
    return password


def _user(row: Row, options: Options, actor: Actor) -> tuple[User, str]:
    user = users.create_user(
        address=row.address, name=row.name or "", language=row.language or options.language, actor=actor
    )
    if row.password_hash:
        credentials.import_password(user=user, verifier=row.password_hash, actor=actor)
    elif row.password:
        credentials.set_password(user=user, password=row.password, actor=actor)
    elif options.make_passwords:
        password = new_password()
        credentials.set_password(user=user, password=password, actor=actor)
        return user, password
    return user, ""


def _change(step: Step, row: Row, there: Directory, actor: Actor) -> None:
    if step.changes & {"name", "language"}:
        users.change_user(user=there.users[row.address], name=row.name, language=row.language, actor=actor)
    if "quota" in step.changes and row.quota_bytes is not None:
        mailboxes.set_quota(mailbox=there.mailboxes[row.address], quota_bytes=row.quota_bytes, actor=actor)
    if "targets" in step.changes:
        mailboxes.change_alias(alias=there.aliases[row.address], targets=row.targets, actor=actor)
