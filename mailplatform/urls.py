"""One include per door."""

from django.urls import URLPattern, URLResolver, include, path

from apps.console import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("apps.api.urls")),
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
