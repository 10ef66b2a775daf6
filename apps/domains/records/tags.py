"""Lists of `tag=value;` as DKIM keys, DMARC, MTA-STS and TLS-RPT have them (RFC 6376 3.2), read for their meaning."""


def tags_of(text: str) -> dict[str, str]:
    """Return the tags by their names in lower case; what is no tag is left out, and the first of two counts."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals and name.strip():
            found.setdefault(name.strip().lower(), value.strip())
    return found


def versions_of(texts: tuple[str, ...], version: str) -> list[dict[str, str]]:
    """Return the tags of those texts whose first tag is this version."""
    read = [tags_of(text) for text in texts if text.strip().lower().startswith("v")]
    return [tags for tags in read if tags.get("v", "").lower() == version.lower()]
