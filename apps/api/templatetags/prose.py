"""Prose with `code` in it, as HTML: what the reference's descriptions are written in."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def inline_prose(text: str) -> SafeString:
    """Return a line in which what stands between backticks is code."""
    parts = text.split("`")
    return format_html_join(
        "",
        "{}",
        ((format_html("<code>{}</code>", part) if place % 2 else part,) for place, part in enumerate(parts)),
    )


@register.filter
def prose(text: str) -> SafeString:
    """Return paragraphs."""
    return format_html_join("\n", "<p>{}</p>", ((inline_prose(part),) for part in text.split("\n\n") if part))
