"""What breaks under the pages' content security policy, or is forgotten, is found before a browser finds it."""

import re
from pathlib import Path

import pytest
from django.template import engines

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "frontend" / "src").rglob("*.ts"))

# Each is blocked by script-src 'self' or style-src 'self', or makes htmx evaluate text as a program.
FORBIDDEN_IN_TEMPLATES = {
    "an event handler in an attribute": r"\son[a-z]+\s*=\s*[\"']",
    "hx-on": r"\s(data-)?hx-on\b",
    "js: in an attribute": r"=\s*[\"']\s*(js|javascript):",
    "a filter in hx-trigger": r"hx-trigger(:\w+)?\s*=\s*\"[^\"]*\[",
    "a style attribute": r"\sstyle\s*=",
    "an inline style": r"<style\b",
    "an inline script": r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")",
    "something from elsewhere": r"(src|href|action)\s*=\s*[\"'](https?:)?//",
}
FORBIDDEN_IN_SCRIPTS = {
    "a style attribute in a Lit template": r"\sstyle\s*=\s*\$\{",
    "styleMap, which sets the attribute": r"\bstyleMap\b",
    "eval": r"\beval\s*\(|new Function\b",
    "innerHTML": r"\.(innerHTML|outerHTML)\s*=|insertAdjacentHTML|unsafeHTML",
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_keeps_to_the_policy(path: Path) -> None:
    text = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL)
    # Mail's own frame and mails themselves have another policy, and say so by their names.
    if path.name.startswith("frame"):
        return
    found = [name for name, pattern in FORBIDDEN_IN_TEMPLATES.items() if re.search(pattern, text)]
    assert not found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_typed_last_is_what_is_shown(path: Path) -> None:
    """Of requests that wait, htmx keeps the first and drops the others, unless it is told otherwise."""
    typing = [
        tag
        for tag in re.findall(r"<[^>]*hx-trigger=\"input[^>]*>", path.read_text())
        if "hx-sync=" not in tag
    ]
    assert typing == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_compiles(path: Path) -> None:
    engines["django"].get_template(str(path.relative_to(ROOT / "templates")))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_can_be_translated(path: Path) -> None:
    text = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL)
    text = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", text, flags=re.DOTALL)
    text = re.sub(r"{%.*?%}|{{.*?}}", " ", text, flags=re.DOTALL)
    text = re.sub(r"<(script|style|code|kbd|pre)\b.*?</\1>", " ", text, flags=re.DOTALL)
    attributes = re.findall(r"\b(?:aria-label|placeholder|title|alt|data-label)\s*=\s*\"([^\"]*)\"", text)
    text = re.sub(r"<[^>]*>", " ", text)
    text = re.sub(r"&[a-z]+;", " ", text)
    words = [word for piece in [text, *attributes] for word in re.findall(r"[A-Za-zÄÖÜäöüß]{2,}", piece)]
    assert not words


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_keeps_to_the_policy(path: Path) -> None:
    found = [name for name, pattern in FORBIDDEN_IN_SCRIPTS.items() if re.search(pattern, path.read_text())]
    assert not found
