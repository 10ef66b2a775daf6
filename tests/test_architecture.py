"""The house rules that no other tool checks."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for folder in ("apps", "workers", "mailplatform", "tests", "tools", "bench")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if p.read_text()], ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_sync_to_async_is_used_in_the_bridge_alone() -> None:
    users = [
        path.relative_to(ROOT)
        for path in SOURCES
        if "sync_to_async" in path.read_text() and path.name not in {"bridge.py", "test_architecture.py"}
    ]
    assert users == []
