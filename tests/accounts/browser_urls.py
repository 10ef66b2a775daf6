"""Pages for the tests of browsers' sessions: who sits there, in, out, and something kept."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from apps.accounts import signing_in, web
from apps.accounts.authentication import SignedIn


def who(request: HttpRequest) -> HttpResponse:
    found = web.current(request)
    return JsonResponse(
        {
            "user": str(request.user),
            "is_in": request.user.is_authenticated,
            "proved": found is not None and found.was_proved_lately,
            "kept": request.session.get("kept"),
            "party": str(web.party(request)),
        }
    )


def enter(request: HttpRequest) -> HttpResponse:
    answer = signing_in.begin(
        request.POST["login"],
        request.POST["password"],
        peer=web.peer_of(request),
        client=web.client_of(request),
    )
    if not isinstance(answer, SignedIn):
        return HttpResponse("no", status=403)
    web.sign_in(request, answer, remember="remember" in request.POST)
    return HttpResponse("in")


def leave(request: HttpRequest) -> HttpResponse:
    web.sign_out(request)
    return HttpResponse("out")


def keep(request: HttpRequest) -> HttpResponse:
    request.session["kept"] = request.GET["kept"]
    return HttpResponse("kept")


def still(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a page that asks nobody")


def roles(request: HttpRequest) -> HttpResponse:
    one, two = web.subject(request), web.subject(request)
    assert one is two
    return HttpResponse(str(one and len(one.grants)))


urlpatterns = [
    path("who", who),
    path("in", enter),
    path("out", leave),
    path("keep", keep),
    path("still", still),
    path("roles", roles),
]
