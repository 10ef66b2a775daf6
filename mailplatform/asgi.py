"""The web process: HTTP."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")

from django.core.asgi import get_asgi_application

from mailplatform import logging

if process := os.environ.get("MAIL_PROCESS"):  # Started by the supervisor, not by a test.
    logging.configure(process)
application = get_asgi_application()
