"""What the filter said of the mail on the screens: let through, put away, held, and why."""

from apps.domains.models import Domain
from apps.events.audit import SYSTEM
from apps.mailboxes.models import Mailbox
from apps.spam.lists import Effect, Subject
from apps.spam.rules.definitions import Rule, Samples, Target
from apps.spam.rules.services import Place, create_rule
from apps.spam.scopes import Scope
from apps.spam.services.senders import add_entry
from apps.spam.services.wishes import set_wishes
from apps.spam.thresholds import Action, Preset, Wishes
from tests.spam.factories import a_judgement

HELD = (
    ("parcel@track-your-order.example", "Your parcel waits: pay 1.99 to have it delivered", 8.4, "phishing"),
    ("accounts@invoices-now.example", "Overdue invoice 88213", 7.1, "virus"),
    ("ceo@example.invalid", "Are you at your desk?", 6.6, "phishing"),
)
JUNK = (
    ("win@lucky-day.example", "You have been chosen", 6.2, "spam"),
    ("seo@rank-higher.example", "First page of search results in 14 days", 4.9, "spam"),
)
WHY = [
    ["FROM_BRAND_ELSEWHERE", 1.8, "content", "DHL <parcel@track-your-order.example>", "phishing"],
    ["URL_SHORTENER", 0.9, "content", "short.example/x3f", "spam"],
    ["LEARNED_MODEL", 2.6, "model", "deliver, fee, within 24 hours", "spam"],
    ["DMARC_FAIL", 1.5, "authentication", "dhl.example", "phishing"],
    ["SENDER_WRITTEN_TO", -0.8, "reputation", "parcel@track-your-order.example", "spam"],
    ["FIRST_TIME_SENDER", 0.0, "reputation", "parcel@track-your-order.example", "spam"],
]


def fill(domain: Domain, mailbox: Mailbox, content_ids: list[int]) -> dict[str, list[object]]:
    """Judge the mail there is; returns what addresses of the console may name."""
    changes = [
        {"kind": "symbol", "what": "LEARNED_MODEL", "by": 2.6, "action": "tag"},
        {"kind": "threshold", "what": "junk", "by": -2.1, "action": "tag"},
    ]
    detail = {"threshold": {"at": 4.0, "origin": "domain"}, "changes": changes}
    for content_id in content_ids:
        a_judgement(mailbox, content_id=content_id, score=6.0, probability=0.9975, sort="phishing", detail=detail,
                    symbols=WHY, missing=[["antivirus", "no answer"]], state="", label="spam")  # fmt: skip
    held = [
        a_judgement(
            mailbox,
            sender=sender,
            subject=subject,
            score=score,
            sort=sort,
            action="quarantine",
            state="held",
            content_id=None,
            parcel_id=1,
        )
        for sender, subject, score, sort in HELD
    ]
    for sender, subject, score, sort in JUNK:
        a_judgement(mailbox, sender=sender, subject=subject, score=score, sort=sort)
    set_wishes(
        scope=Scope(domain),
        wishes=Wishes(Preset.STRICT, {Action.JUNK: 3.0, Action.REFUSE: None}),
        actor=SYSTEM,
    )
    entries = [
        add_entry(scope=Scope(place), effect=effect, subject=subject, pattern=pattern, reason=reason, actor=SYSTEM)
        for place, effect, subject, pattern, reason in (
            (domain, Effect.BLOCK, Subject.DOMAIN, "lucky-day.example", "Three complaints in one week"),
            (domain, Effect.ALLOW, Subject.ADDRESS, "orders@supplier.example", "Our printer's invoices"),
            (mailbox, Effect.ALLOW, Subject.ADDRESS, "grandma@family.example", ""),
        )
    ]  # fmt: skip
    rule = Rule(
        "SAYS_YOU_WON",
        Target.SUBJECT,
        r"\byou(?: have|.ve) (?:won|been chosen)\b",
        1.4,
        description="The subject says that you have won something.",
        samples=Samples(("Subject: You have won",), ("Subject: Who won on Sunday?",)),
    )
    return {
        "rule_id": [create_rule(place=Place(domain), rule=rule, actor=SYSTEM).id],
        "version": [0],
        "level": ["domain"],
        "place_id": [domain.id],
        "entry_id": [entry.id for entry in entries],
        "judgement_id": [one.id for one in held],
        "act": ["release"],
    }
