"""Where the collections of real and odd mail lie that tests may read but the project does not contain."""

import os
import warnings
from pathlib import Path

import pytest
from django.conf import settings


def shared(path: str) -> Path:
    """Return a folder or file of the shared data; without it, skip the test and say so."""
    places = [Path(given)] if (given := os.environ.get("MAIL_SHARED_DATA")) else []
    base = Path(settings.BASE_DIR)
    # Beside the checkout; one further up for a worktree.
    places += [parent / "shared" / "data" for parent in (base.parent, base.parent.parent)]
    for place in places:
        if (place / path).exists():
            return place / path
    message = f"{path} of the shared data is not here; set MAIL_SHARED_DATA to its folder"
    warnings.warn(message, stacklevel=2)
    pytest.skip(message)
