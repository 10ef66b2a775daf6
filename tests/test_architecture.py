"""The house rules that no other tool checks."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for folder in ("apps", "workers", "mailplatform", "tests", "tools", "bench")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)
PAGES = sorted(
    path
    for folder in ("src", "css", "tests")
    for path in (ROOT / "frontend" / folder).rglob("*")
    if path.suffix in {".ts", ".css"}
)


def test_no_file_is_longer_than_400_lines() -> None:
    assert len(PAGES) > 50
    assert [path for path in SOURCES + PAGES if len(path.read_text().splitlines()) > 400] == []


def test_every_module_says_what_it_is_for() -> None:
    assert [
        path for path in SOURCES if (text := path.read_text()) and not ast.get_docstring(ast.parse(text))
    ] == []


def test_sync_to_async_is_used_in_the_bridge_alone() -> None:
    users = [
        path.relative_to(ROOT)
        for path in SOURCES
        if "sync_to_async" in path.read_text() and path.name not in {"bridge.py", "test_architecture.py"}
    ]
    assert users == []
