"""Signs of mail that was sent to many: newsletters, offers, notices. Not unwanted by that; a verdict of its own."""

import re

from apps.spam.reading import Reading

from .catalogue import Found

_SERVICE_FIELDS = re.compile(
    r"(?:feedback-id|x-campaign(?:id|-id)?|x-mailgun-sid|x-sg-eid|x-mc-user|x-mandrill-user|x-ses-outgoing|x-cm(?:messageid|-).*"
    r"|x-job|x-csa-complaints|x-mailer-(?:sid|recptid)|x-sfmc-stack|x-report-abuse(?:-to)?|x-list-unsubscribe|x-mj-mid"
    r"|x-sendinblue|x-sib-id|x-klaviyo-message-id|x-accounttype|x-messageid-campaign|x-postmark-tag|x-roving-.*|x-emv-.*"
    r"|x-binding|x-et-.*|x-hubspot-.*|x-msys-api|x-mailing-id|x-newsletter.*)\Z"
)
# Plain words: a pattern of as many alternatives takes a millisecond for a page of text.
_UNSUBSCRIBE = (
    "unsubscrib", "opt-out", "opt out", "optout", "abmeld", "abbestell", "austragen", "désinscri", "desinscri",
    "désabonn", "desabonn", "cancelar suscripci", "cancelar la suscripci", "darse de baja", "dar de baja", "darte de baja",
    "cancella iscrizione", "cancella l'iscrizione", "cancellati", "disiscri", "cancelar inscri", "cancelar a inscri",
    "descadastr", "wypis", "rezygn", "uitschrijv", "afmelden", "avregistrer", "avprenumerera", "meld av", "afmeld", "odhlás",
    "отпис", "відпис", "配信停止", "購読解除", "購読を解除", "退订", "退訂", "取消订阅", "수신거부", "수신 거부", "구독취소", "구독 취소",
    "إلغاء الاشتراك", "لغو اشتراک", "abonelikten", "hủy đăng ký", "peruuta tilaus", "leiratkoz", "dezabon",
)  # fmt: skip


def unsubscribes(text: str) -> str:
    """Return the words by which a text says how to unsubscribe, or ''."""
    text = text.lower()
    return next((words for words in _UNSUBSCRIBE if words in text), "")


def examine_bulk(reading: Reading, found: Found) -> None:
    """Look for what those who send to many are asked to say, or cannot help saying."""
    fields: dict[str, str] = {}
    for name, value in reading.headers:
        fields.setdefault(name, value)
    if "list-unsubscribe" in fields:
        found.add("BULK_LIST_UNSUBSCRIBE", fields["list-unsubscribe"])
    if "one-click" in fields.get("list-unsubscribe-post", "").lower():
        found.add("BULK_ONE_CLICK")
    if fields.get("precedence", "").lower() in {"bulk", "junk", "list"}:
        found.add("BULK_PRECEDENCE", fields["precedence"])
    if "list-id" in fields:
        found.add("BULK_LIST_ID", fields["list-id"])
    if service := next((name for name in fields if _SERVICE_FIELDS.match(name)), ""):
        found.add("BULK_SENT_BY_SERVICE", service)
    if reading.html.tiny_images and any(image.href[:4].lower() == "http" for image in reading.images):
        found.add("BULK_TRACKER")
    _link(reading, found)
    if fields.get("list-post", "").lower().strip() not in {"", "no"}:
        found.add("BULK_DISCUSSION", fields["list-post"])


def _link(reading: Reading, found: Found) -> None:
    # Such links stand at the end.
    for link in reading.links[:-60:-1]:
        if unsubscribes(link.text) or unsubscribes(link.href[:300]):
            found.add("BULK_UNSUBSCRIBE_LINK", link.text or link.href)
            return
    if not reading.html.documents and reading.links and (said := unsubscribes(reading.text[-2000:])):
        found.add("BULK_UNSUBSCRIBE_LINK", said)
