"""Files for letters: sent as they are, one a request, so that each has a progress of its own."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods, require_POST

from apps.mailflow.writing import uploads
from apps.mailflow.writing.uploads import TooLarge
from apps.webmail import letters, wording
from apps.webmail.access import user_id_of
from apps.webmail.answers import asked, refused

# Shown in the editor; everything else is a download, or a file could be a page of ours.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@require_POST
@asked
def create(request: HttpRequest) -> HttpResponse:
    """Keep a file: the body of the request, under `?name=` and `?type=`."""
    limit = uploads.largest()
    content = request.read(limit + 1)
    if len(content) > limit:
        return refused(413, "too_large", wording.too_large(TooLarge(limit)))
    kept = uploads.add(
        user_id=user_id_of(request),
        name=request.GET.get("name", ""),
        media_type=request.GET.get("type", ""),
        content=content,
    )
    if isinstance(kept, TooLarge):
        return refused(413, "too_large", wording.too_large(kept))
    return JsonResponse(letters.file_shown(kept), status=201)


@require_http_methods(["GET", "DELETE"])
@asked
def upload(request: HttpRequest, upload_id: int) -> HttpResponse:
    """One file: shown in the editor, or forgotten."""
    user_id = user_id_of(request)
    if request.method == "DELETE":
        uploads.remove(user_id=user_id, upload_id=upload_id)
        return HttpResponse(status=204)
    file, content = uploads.content(user_id=user_id, upload_id=upload_id)
    is_picture = file.media_type.lower() in PICTURES
    answer = HttpResponse(
        content, content_type=file.media_type.lower() if is_picture else "application/octet-stream"
    )
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if not is_picture:
        answer.headers["Content-Disposition"] = "attachment"
    return answer
