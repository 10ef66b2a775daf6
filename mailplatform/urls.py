"""One include per door."""

from django.urls import URLPattern, URLResolver, path

from apps.console import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
