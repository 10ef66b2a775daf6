"""The reference: every operation and every problem is on it, and nothing of it comes from elsewhere."""

import re

import pytest
from django.test import Client

from apps.api.problems import CODES
from apps.api.schema import document

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client) -> str:
    answer = client.get("/api/v1/docs")
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_works(page: str) -> None:
    operations = [one for methods in document()["paths"].values() for one in methods.values()]
    for operation in operations:
        assert f'id="{operation["operationId"]}"' in page
    for code in CODES.values():
        assert f'id="{code.type.partition("#")[2]}"' in page
    assert page.count("curl ") > len(operations)


def test_every_operation_names_its_problems(page: str) -> None:
    articles = page.split("<article")[1:]
    assert all("#problem-unauthenticated" in article for article in articles)
    assert all(
        "#problem-not_found" in article for article in articles if "{" in article.partition("</code>")[0]
    )


def test_it_holds_together(page: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_nothing_comes_from_elsewhere(page: str) -> None:
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert "style=" not in page
    assert "<script>" not in page
