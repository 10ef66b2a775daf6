"""How long a target may take for an input: what grows faster than its input shows in one of a few kilobytes."""

import time
from collections.abc import Callable
from importlib import import_module

BASE_SECONDS = 0.25
SECONDS_A_BYTE = 0.0001


def bounded(name: str) -> Callable[[bytes], None]:
    """Return the target of that name, its time bounded; a target that is slow by design says so in SECONDS."""
    module = import_module(f"tests.fuzz.fuzz_{name}")
    target: Callable[[bytes], None] = module.test_one_input
    base: float = getattr(module, "SECONDS", BASE_SECONDS)

    def play(data: bytes) -> None:
        began = time.thread_time()
        target(data)
        took = time.thread_time() - began
        assert took <= base + SECONDS_A_BYTE * len(data), f"{len(data)} bytes took {took:.2f} s"

    return play
