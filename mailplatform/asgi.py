"""The web process: HTTP."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")
application = get_asgi_application()
