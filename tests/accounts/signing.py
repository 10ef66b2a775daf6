"""Sign-ins as tests tell them."""

import time

import pyotp
from django.test import Client

from apps.accounts import signing_in
from apps.accounts.authentication import Answer, NeedsSecondFactor, Refused, SignedIn, authenticate
from apps.accounts.doors import Door
from apps.accounts.factors import Factor
from apps.accounts.models import Session, Totp, User
from apps.accounts.passkeys import Party
from apps.accounts.services import passkeys, totp
from apps.events.audit import SYSTEM
from tests.accounts.authenticator import Authenticator

SECRET = "correct horse battery"
PEER = "192.0.2.1"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PARTY = Party("localhost", "http://localhost")


def sign_in(
    login: str, password: str = SECRET, *, door: Door = Door.IMAP, peer: str | None = PEER, client: str = ""
) -> SignedIn | Refused:
    return authenticate(login, password, door=door, peer=peer, client=client)


def begin(login: str, password: str = SECRET, *, peer: str = PEER) -> Answer:
    return signing_in.begin(login, password, peer=peer, client=BROWSER)


def refusal(answer: object) -> str:
    assert isinstance(answer, Refused), answer
    return answer.reason


def session_of(answer: object) -> Session:
    assert isinstance(answer, SignedIn), answer
    return Session.objects.get(id=str(answer.session_id))


def token_of(answer: Answer) -> str:
    assert isinstance(answer, NeedsSecondFactor), answer
    return answer.token


def with_totp(user: User) -> pyotp.TOTP:
    """Give a user an authenticator app, which has shown no code yet; returns the app."""
    app = pyotp.TOTP(totp.start(user=user).secret)
    totp.confirm(user=user, code=app.now(), actor=SYSTEM)
    Totp.objects.filter(user=user).update(last_counter=0)
    return app


def with_passkey(user: User, device: Authenticator | None = None, label: str = "Key") -> Authenticator:
    """Give a user a passkey; returns the device."""
    device = device or Authenticator()
    response = device.create(passkeys.registration_options(user=user, party=PARTY))
    passkeys.register(user=user, party=PARTY, response=response, label=label, actor=SYSTEM)
    return device


def finish_with_totp(token: str, code: str, *, peer: str = PEER) -> SignedIn | Refused:
    return signing_in.finish_with_totp(token, code, peer=peer, client=BROWSER)


def wrong_codes(app: pyotp.TOTP, count: int) -> list[str]:
    """Return codes the app shows neither now nor soon."""
    now = int(time.time())
    right = {app.at(now + 30 * step) for step in range(-3, 6)}
    return [code for n in range(count + 20) if (code := f"{n:06}") not in right][:count]


def signed_in_client(user: User, *, password: str = SECRET) -> Client:
    """Return a browser that holds the session cookie of a user."""
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpResponse
    from django.test import RequestFactory

    from apps.accounts import web

    answer = begin(user.address, password)
    if isinstance(answer, NeedsSecondFactor):
        assert Factor.TOTP in answer.kinds
        row = Totp.objects.get(user=user)
        Totp.objects.filter(user=user).update(last_counter=0)
        app = pyotp.TOTP(bytes(row.secret).decode())
        answer = finish_with_totp(answer.token, app.now())
    assert isinstance(answer, SignedIn), answer
    request = RequestFactory().get("/", REMOTE_ADDR=PEER)
    middleware = web.SessionMiddleware(lambda _: HttpResponse())
    middleware.process_request(request)
    request.user = AnonymousUser()
    web.sign_in(request, answer)
    client = Client(headers={"User-Agent": BROWSER})
    key = request.session.session_key
    assert key is not None
    client.cookies["mail_session"] = key
    return client
