"""WebAuthn as we use it: what a browser is asked, and whether what it answers is true. No rows are touched here.

Only the web process imports this: the library behind it is large.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass

import webauthn
from django.conf import settings
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes, options_to_json, parse_client_data_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from .models import Passkey

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 300
MAX_RESPONSE = 64 * 1024
_TRANSPORTS = {transport.value for transport in AuthenticatorTransport}


@dataclass(frozen=True, slots=True)
class Party:
    """Who asks for a signature: the name passkeys are bound to, and the page's origin."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Response:
    """What a browser answered, read as far as is needed to find the challenge and the key it speaks of."""

    text: str
    challenge: bytes
    credential_id: bytes
    user_handle: bytes | None
    transports: tuple[str, ...]


def party_of(host: str, *, is_secure: bool) -> Party | None:
    """Return the party for a request's Host; None where browsers have no passkeys (a bare address).

    The name is MAIL_HOSTNAME there and below it; anywhere else we are reached (localhost, MAIL_ALLOWED_HOSTS) a
    browser accepts no name but the page's own.
    """
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    name = name.lower().rstrip(".")
    if not name or name.startswith("[") or name.replace(".", "").isdigit():
        return None
    ours = settings.MAIL_HOSTNAME.lower()
    party_id = ours if name == ours or name.endswith(f".{ours}") else name
    return Party(party_id, f"{'https' if is_secure else 'http'}://{host.lower()}")


def registration_options(
    *, party: Party, challenge: bytes, handle: bytes, address: str, name: str, known: Iterable[Passkey]
) -> str:
    """Return what `navigator.credentials.create` is given, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=settings.MAIL_HOSTNAME,
        user_id=handle,
        user_name=address,
        user_display_name=name or address,
        challenge=challenge,
        timeout=TIMEOUT_SECONDS * 1000,
        # One that can be discovered signs in without an address being typed.
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(known),
    )
    return options_to_json(options)


def authentication_options(
    *, party: Party, challenge: bytes, known: Iterable[Passkey], is_alone: bool
) -> str:
    """Return what `navigator.credentials.get` is given; a passkey that stands alone verifies its user itself."""
    need = UserVerificationRequirement.REQUIRED if is_alone else UserVerificationRequirement.PREFERRED
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=TIMEOUT_SECONDS * 1000,
        allow_credentials=_descriptors(known),
        user_verification=need,
    )
    return options_to_json(options)


def _descriptors(known: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=bytes(one.credential_id),
            transports=[AuthenticatorTransport(word) for word in one.transports if word in _TRANSPORTS]
            or None,
        )
        for one in known
    ]


def read(text: str) -> Response | None:
    """Read a browser's answer; None for what is none."""
    if len(text) > MAX_RESPONSE:
        return None
    try:
        fields = json.loads(text)
        response = fields["response"]
        handle = response.get("userHandle")
        transports = response.get("transports") or ()
        return Response(
            text,
            parse_client_data_json(base64url_to_bytes(response["clientDataJSON"])).challenge,
            base64url_to_bytes(fields["rawId"]),
            base64url_to_bytes(handle) if handle else None,
            tuple(word for word in transports if word in _TRANSPORTS),
        )
    except Exception:  # noqa: BLE001  # The library says in many ways that a stranger's bytes make no sense.
        return None


def check_registration(response: Response, *, party: Party) -> VerifiedRegistration | None:
    """Return the new key, or None where the answer is not to be believed."""
    try:
        return webauthn.verify_registration_response(
            credential=response.text,
            expected_challenge=response.challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
        )
    except Exception as error:  # noqa: BLE001  # As above.
        log.info("passkey refused", extra={"reason": str(error)})
        return None


def check_authentication(
    response: Response, *, party: Party, public_key: bytes, is_alone: bool
) -> VerifiedAuthentication | None:
    """Return what the device signed, or None. The caller compares its counter with the one we keep."""
    try:
        return webauthn.verify_authentication_response(
            credential=response.text,
            expected_challenge=response.challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=is_alone,
        )
    except Exception as error:  # noqa: BLE001  # As above.
        log.info("passkey refused", extra={"reason": str(error)})
        return None
