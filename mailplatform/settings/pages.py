"""How pages are made and guarded: middleware, templates, what a browser may load, languages."""

from pathlib import Path
from typing import Any

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "apps.pages.hosts.ServedHosts",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.accounts.web.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "apps.pages.zones.ZoneMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "apps.accounts.web.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

# What a page may load: our own files, nothing inline. A message's frame has a policy of its own.
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "frame-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}

LANGUAGES = [("en", _("English")), ("de", _("German"))]


def templates(base: Path) -> list[dict[str, Any]]:
    """Return Django's TEMPLATES for the templates under this directory."""
    processors = [
        "django.template.context_processors.request",
        "django.template.context_processors.i18n",
        "django.template.context_processors.csrf",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
        "apps.pages.context.page",
    ]
    options = {
        "context_processors": processors,
        "libraries": {"ui": "apps.pages.templatetags.ui", "console": "apps.console.templatetags.console"},
    }
    return [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [base / "templates"],
            "OPTIONS": options,
        }
    ]
