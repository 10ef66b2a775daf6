"""A profile that sets up mail on an iPhone, iPad or Mac (com.apple.mail.managed)."""

import plistlib
import uuid

from .offer import Offer

_SPACE = uuid.UUID("6f0d4f46-9d67-4a5f-8f4e-9c0a6f4d2b11")
"""So that a profile made twice is one: the second takes the first's place on the device."""


def write(address: str, *, name: str, organisation: str, title: str, offer: Offer) -> bytes:
    """Return the profile of an address. It holds no password; the device asks for it."""
    identifier = ".".join(reversed(offer.host.split(".")))
    account = {
        "PayloadType": "com.apple.mail.managed",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{identifier}.mail.{address}",
        "PayloadUUID": _uuid("account", address, offer),
        "PayloadDisplayName": title,
        "EmailAccountType": "EmailTypeIMAP",
        "EmailAccountDescription": address,
        "EmailAccountName": name or address,
        "EmailAddress": address,
        "IncomingMailServerAuthentication": "EmailAuthPassword",
        "IncomingMailServerHostName": offer.host,
        "IncomingMailServerPortNumber": offer.imaps,
        "IncomingMailServerUseSSL": True,
        "IncomingMailServerUsername": address,
        "OutgoingMailServerAuthentication": "EmailAuthPassword",
        "OutgoingMailServerHostName": offer.host,
        "OutgoingMailServerPortNumber": offer.submissions,
        "OutgoingMailServerUseSSL": True,
        "OutgoingMailServerUsername": address,
        "OutgoingPasswordSameAsIncomingPassword": True,
    }
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{identifier}.profile.{address}",
        "PayloadUUID": _uuid("profile", address, offer),
        "PayloadDisplayName": title,
        "PayloadOrganization": organisation,
        "PayloadContent": [account],
    }
    return plistlib.dumps(profile)


def _uuid(what: str, address: str, offer: Offer) -> str:
    return str(uuid.uuid5(_SPACE, f"{what} {address} {offer.host}")).upper()
