"""The web process: HTTP."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")

from django.conf import settings
from django.core.asgi import get_asgi_application

from mailplatform import logging
from mailplatform.transport import SafeTransport

if process := os.environ.get("MAIL_PROCESS"):  # Started by the supervisor, not by a test.
    logging.configure(process)
application = SafeTransport(get_asgi_application(), plaintext=settings.MAIL_PLAINTEXT_AUTH)
