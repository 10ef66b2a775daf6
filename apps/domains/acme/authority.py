"""One conversation with an authority: account, order, proof that the names are ours, certificate.

Loaded by the process that asks and ends: the client library takes 20 MB.
"""

import contextlib
import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

import requests
from acme import challenges, client, crypto_util, errors, messages
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.errors import Error as JoseError
from josepy.jwa import ES256
from josepy.jwk import JWKEC
from josepy.util import ComparableECKey

REQUEST_SECONDS = 30
ORDER_SECONDS = 90

type Publish = Callable[[str, str], None]
"""Keeps what is to be answered under a token, where the web process finds it."""


class AuthorityError(Exception):
    """The authority gave no certificate; the text is one line that says why."""


def new_key() -> bytes:
    """Make a key for an account or a certificate: P-256, PKCS #8, PEM."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Authority:
    """An authority, with our account there."""

    def __init__(
        self, directory: str, account_key: bytes, uri: str, *, contact: str, trust: str = ""
    ) -> None:
        """Begin a conversation. `trust` names a file of certificates to trust besides the usual."""
        private = serialization.load_pem_private_key(account_key, None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        key = JWKEC(key=ComparableECKey(private))
        network: Any = client.ClientNetwork(
            key,
            alg=ES256,
            verify_ssl=trust or True,  # type: ignore[arg-type]  # requests takes a file, too.
            user_agent="mailplatform",
            timeout=REQUEST_SECONDS,
        )
        with self._said():
            self._client: Any = client.ClientV2(client.ClientV2.get_directory(directory, network), network)
        self.uri = uri
        self._contact = contact

    @staticmethod
    @contextlib.contextmanager
    def _said() -> Any:
        """Make one line of whatever goes wrong."""
        try:
            yield
        except errors.ValidationError as error:
            raise AuthorityError(_why(error)) from error
        except messages.Error as error:
            raise AuthorityError(_line(f"{error.typ}: {error.detail}")) from error
        except (errors.Error, JoseError, requests.RequestException, ValueError) as error:
            raise AuthorityError(_line(f"{type(error).__name__}: {error}")) from error

    def sign_in(self) -> str:
        """Use our account, or make it; return what the authority calls it."""
        with self._said():
            if self.uri:
                body = messages.Registration()
                self._client.net.account = messages.RegistrationResource(uri=self.uri, body=body)
                return self.uri
            wish = messages.NewRegistration.from_data(
                email=self._contact or None, terms_of_service_agreed=True
            )
            try:
                self.uri = str(self._client.new_account(wish).uri)
            except errors.ConflictError as error:  # This key has one already: a row of ours was lost.
                self.uri = str(error.location)
                body = messages.Registration()
                self._client.net.account = messages.RegistrationResource(uri=self.uri, body=body)
        return self.uri

    def issue(self, names: Collection[str], publish: Publish) -> tuple[bytes, bytes]:
        """Return chain and key, PEM, of a certificate for these names; the key is new."""
        key = new_key()
        with self._said():
            order = self._client.new_order(crypto_util.make_csr(key, list(names)))
            for authorization in order.authorizations:
                if authorization.body.status == messages.STATUS_VALID:
                    continue
                challenge = next(
                    (
                        one
                        for one in authorization.body.challenges
                        if isinstance(one.chall, challenges.HTTP01)
                    ),
                    None,
                )
                if challenge is None:
                    name = authorization.body.identifier.value
                    raise AuthorityError(f"{name}: the authority offers no proof by HTTP")
                response, answer = challenge.chall.response_and_validation(self._client.net.key)
                publish(challenge.chall.encode("token"), answer)
                self._client.answer_challenge(challenge, response)
            # The library measures with clocks of its own that know no time zone.
            deadline = dt.datetime.now() + dt.timedelta(seconds=ORDER_SECONDS)  # noqa: DTZ005
            done = self._client.poll_and_finalize(order, deadline)
        return done.fullchain_pem.encode("ascii"), key


def _why(error: errors.ValidationError) -> str:
    said = []
    for failed in error.failed_authzrs:
        name = failed.body.identifier.value
        details = [one.error.detail for one in failed.body.challenges if one.error is not None]
        said.append(f"{name}: {details[0] if details else 'not proved to be ours'}")
    return _line("; ".join(said))


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:500]
