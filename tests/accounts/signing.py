"""Sign-ins as tests tell them."""

from apps.accounts.authentication import Refused, SignedIn, authenticate
from apps.accounts.doors import Door
from apps.accounts.models import Session

SECRET = "correct horse battery"
PEER = "192.0.2.1"


def sign_in(
    login: str, password: str = SECRET, *, door: Door = Door.IMAP, peer: str | None = PEER, client: str = ""
) -> SignedIn | Refused:
    return authenticate(login, password, door=door, peer=peer, client=client)


def refusal(answer: SignedIn | Refused) -> str:
    assert isinstance(answer, Refused), answer
    return answer.reason


def session_of(answer: SignedIn | Refused) -> Session:
    assert isinstance(answer, SignedIn), answer
    return Session.objects.get(id=str(answer.session_id))
