"""Two at once with the same code, on connections of their own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from apps.accounts import signing_in
from apps.accounts.authentication import Refused, SignedIn
from apps.accounts.models import Session
from apps.accounts.services import second_factor
from apps.events.audit import SYSTEM
from tests.accounts.signing import PEER, SECRET, begin, finish_with_totp, token_of, with_totp
from tests.factories import a_user


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["totp", "recovery_code", "token"])
def test_of_two_with_one_code_one_comes_in(real_database: None, kind: str) -> None:
    alice = a_user("alice", password=SECRET)
    app = with_totp(alice)
    paper = second_factor.make_recovery_codes(user=alice, actor=SYSTEM)[0]
    tokens = [token_of(begin(alice.address)) for _ in range(4)]
    if kind == "token":
        tokens = tokens[:1] * 4
    papers = second_factor.make_recovery_codes(user=alice, actor=SYSTEM) if kind == "token" else (paper,) * 4
    together = threading.Barrier(4)

    def race(n: int) -> SignedIn | Refused:
        try:
            together.wait(10)
            if kind == "totp":
                return finish_with_totp(tokens[n], app.now())
            return signing_in.finish_with_recovery_code(tokens[n], papers[n], peer=PEER)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(race, range(4)))
    assert [isinstance(answer, SignedIn) for answer in answers].count(True) == 1, answers
    assert Session.objects.filter(user=alice).count() == 1
