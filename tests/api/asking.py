"""Asking the API as somebody: a client that carries a token and speaks JSON."""

import json
from collections.abc import Sequence
from typing import Any

from django.test import Client

from apps.accounts.models import User
from apps.accounts.permissions import SCOPES
from apps.accounts.services import credentials
from apps.events.audit import SYSTEM


class Api:
    """Somebody's way to the API."""

    def __init__(self, user: User | None, scopes: Sequence[str] = SCOPES) -> None:
        self.client = Client(raise_request_exception=True)
        self.token = ""
        if user is not None:
            self.token = credentials.add_token(user=user, label="t", scopes=scopes, actor=SYSTEM).secret

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask; headers are given as `idempotency_key`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        return self.client.generic(
            method,
            path if path.startswith("/api") else f"/api/v1/{path}",
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers=sent,
        )

    def raw(self, method: str, path: str, body: bytes, media_type: str, **headers: str) -> Any:
        """Ask with a body that is no JSON."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        return self.client.generic(method, f"/api/v1/{path}", body, content_type=media_type, headers=sent)

    def get(self, path: str, status: int = 200, **headers: str) -> Any:
        """Read; returns what the answer holds."""
        return self._checked(self.ask("GET", path, **headers), status)

    def post(self, path: str, body: Any = None, status: int = 201, **headers: str) -> Any:
        """Make."""
        return self._checked(self.ask("POST", path, body, **headers), status)

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        """Change."""
        return self._checked(self.ask("PATCH", path, body), status)

    def put(self, path: str, body: Any, status: int = 200) -> Any:
        """Put in place."""
        return self._checked(self.ask("PUT", path, body), status)

    def delete(self, path: str, status: int = 204) -> Any:
        """Remove."""
        return self._checked(self.ask("DELETE", path), status)

    @staticmethod
    def _checked(answer: Any, status: int) -> Any:
        assert answer.status_code == status, (answer.status_code, answer.content)
        if status >= 400:
            assert answer["Content-Type"] == "application/problem+json"
            problem = answer.json()
            assert problem["status"] == status
            assert problem["type"] == f"/api/v1/docs#problem-{problem['code']}"
        return answer.json() if answer.content else None
