"""The table of settings in README.md, made from what base.py declares."""

from . import base  # noqa: F401  # Declares them.
from .registry import SETTINGS

BEGIN = "<!-- settings: made by `make settings` -->"
END = "<!-- end of settings -->"


def table() -> str:
    """Return the table as Markdown."""
    lines = ["| setting | default | what it is for |", "|---|---|---|"]
    for setting in SETTINGS.values():
        default = f"`{setting.default}`" if setting.default else ""
        lines.append(f"| `{setting.name}` | {default} | {setting.help.replace('|', '\\|')} |")
    return "\n".join(lines)


def inserted(readme: str) -> str:
    """Return the text of README.md with the table as it should be."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"
