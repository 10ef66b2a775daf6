"""A token that asks too often waits, and no other does."""

from typing import Any

import pytest

from tests.api.asking import Api
from tests.factories import a_user


@pytest.mark.django_db
def test_it_works(settings: Any) -> None:
    settings.MAIL_RATE_API = 3
    hasty, calm = Api(a_user()), Api(a_user())
    answers = [hasty.ask("GET", "") for _ in range(5)]
    if answers[3].status_code == 200:  # The minute turned in between.
        answers += [hasty.ask("GET", "") for _ in range(3)]
    assert answers[-1].status_code == 429
    assert answers[-1].json()["code"] == "rate_limited"
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    calm.get("")
