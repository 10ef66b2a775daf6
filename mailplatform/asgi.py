"""The web process: HTTP, and the open page's WebSocket."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

from mailplatform import logging
from mailplatform.transport import SafeTransport

if process := os.environ.get("MAIL_PROCESS"):  # Started by the supervisor, not by a test.
    logging.configure(process)
pages = get_asgi_application()  # Sets Django up, which what follows needs.

from apps.webmail.consumers import LiveConsumer, no_socket  # noqa: E402

routes = [path("mail/live", LiveConsumer.as_asgi()), re_path("", no_socket)]  # type: ignore[arg-type]  # Not views.
sockets = URLRouter(routes)
application = SafeTransport(
    ProtocolTypeRouter({"http": pages, "websocket": sockets}), plaintext=settings.MAIL_PLAINTEXT_AUTH
)
