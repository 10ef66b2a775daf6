"""Addresses of the mail in a browser."""

from django.urls import path

from .views import body, parts

app_name = "webmail"
_MESSAGE = "m/<int:mailbox_id>/<int:content_id>"
urlpatterns = [
    path(f"{_MESSAGE}/body", body.body, name="body"),
    path(f"{_MESSAGE}/part/<str:number>", parts.part, name="part"),
    path(f"{_MESSAGE}/cid/<path:cid>", parts.by_cid, name="cid"),
    path(f"{_MESSAGE}/raw", parts.raw, name="raw"),
    path(f"{_MESSAGE}/image", parts.image, name="image"),
]
