"""How TLS with others went is counted once a run, on the account of the server's own domain."""

import asyncio

import pytest

from apps.mailflow.sessions import Sessions
from apps.protocols.mailauth.tls_sessions import PolicyKind, TlsResult, TlsSession
from apps.reports.models import TlsObservation
from tests.factories import a_domain

from .arrivals import a_database

pytestmark = pytest.mark.usefixtures("real_database")


def test_it_works() -> None:
    ours = a_domain()
    far = f"far-{ours.name}"

    async def story() -> None:
        async with a_database() as database:
            sessions = Sessions(database, f"mx.{ours.name}")
            well = TlsSession(far, PolicyKind.NONE)
            late = TlsSession(far, PolicyKind.MTA_STS, host="mx", result=TlsResult.EXPIRED)
            await sessions.note([well, well])
            await sessions.note([late])
            await sessions.write()
            await sessions.write()

    asyncio.run(story())
    rows = TlsObservation.objects.filter(policy_domain=far).order_by("-count")
    assert [(row.organisation_id, row.count) for row in rows] == [
        (ours.organisation_id, 2),
        (ours.organisation_id, 1),
    ]
