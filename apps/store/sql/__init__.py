"""The store's statements, by meaning: the only raw SQL of the store, one sentence above each."""


def compose(template: str, **parts: str) -> str:
    """Put constant fragments of SQL into a statement; values never come this way.

    Line breaks go, for psycopg remembers how to bind a statement only up to 4,096 characters.
    """
    for name, part in parts.items():
        template = template.replace("{" + name + "}", part)
    return " ".join(template.split())
