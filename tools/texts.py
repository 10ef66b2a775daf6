"""Find the texts of the source that are to be translated.

xgettext loses what follows a regular expression or a nested template in TypeScript, and does not know the names under
which Python imports gettext; both were seen. Here Python is parsed, a template is turned into what Django's own tool
makes of it, and a script's calls are told by their names.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

type Text = tuple[str, str | None]
"""A text, and what it is for several."""

PLACES = ("apps", "mailplatform", "workers")
_NAMES = {"gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
_STRING = r"""u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_CALL = re.compile(rf"(?:\b(?P<many>n)?gettext|(?<!\w)_)\(\s*{_STRING}(?:\s*,\s*{_STRING})?", re.DOTALL)


def of_pages(root: Path) -> Iterator[Text]:
    """Yield what Python and the templates say, in the order of the files."""
    for place in PLACES:
        for path in sorted((root / place).rglob("*.py")):
            if "gettext" in (source := path.read_text()):
                yield from _in_python(source)
    for path in sorted(path for path in (root / "templates").rglob("*") if path.suffix in {".html", ".txt"}):
        yield from _in_calls(templatize(path.read_text(), origin=str(path)))


def of_islands(root: Path) -> Iterator[Text]:
    """Yield what the scripts say."""
    for path in sorted((root / "frontend" / "src").rglob("*.ts")):
        yield from _in_calls(path.read_text())


def _in_calls(source: str) -> Iterator[Text]:
    for found in _CALL.finditer(source):
        one, many = found.group(2), found.group(3)
        yield ast.literal_eval(one), ast.literal_eval(many) if found["many"] and many else None


def _in_python(source: str) -> Iterator[Text]:
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in _NAMES
    }
    calls = (
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = names.get(call.func.id) if isinstance(call.func, ast.Name) else None
        words = [word.value for word in call.args[:2] if isinstance(word, ast.Constant)]
        texts = [word for word in words if isinstance(word, str)]
        if name and texts:
            yield texts[0], texts[1] if name.startswith("n") and len(texts) > 1 else None
