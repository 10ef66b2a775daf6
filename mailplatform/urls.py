"""One include per door."""

from django.urls import URLPattern, URLResolver, include, path

from apps.console import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("apps.api.urls")),
    path("", include("apps.pages.urls")),
    path("settings/", include("apps.pages.settings_urls")),
    path("console/", include("apps.console.urls")),
    path("mail/", include("apps.webmail.urls")),
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]

handler400 = "apps.pages.views.errors.bad_request"
handler403 = "apps.pages.views.errors.forbidden"
handler404 = "apps.pages.views.errors.not_found"
handler500 = "apps.pages.views.errors.failed"
