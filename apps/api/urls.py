"""The API's addresses, under /api/v1/."""

from django.urls import path

from .views.missing import MissingView
from .views.root import RootView

app_name = "api"
urlpatterns = [
    path("", RootView.as_view(), name="root"),
    path("<path:rest>", MissingView.as_view(), name="missing"),
]
