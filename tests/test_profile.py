"""Small where little memory may be used, whoever limits it; and its connections fit its server."""

from pathlib import Path

import pytest

from mailplatform.settings import profile
from mailplatform.settings.database import database_from_url
from mailplatform.settings.profile import NORMAL, SMALL, usable_memory

GB = 2**30


def a_machine(root: Path, kilobytes: int, groups: str, **limits: str) -> Path:
    """Lay out what Linux tells in /proc and /sys."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text(f"MemFree: 1 kB\nMemTotal: {kilobytes} kB\n")
    (root / "proc/self/cgroup").write_text(groups)
    for place, limit in limits.items():
        file = root / "sys/fs/cgroup" / place.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / file.name.replace("_of_", ".")).write_text(f"{limit}\n")
    return root


def test_a_machine_without_limits(tmp_path: Path) -> None:
    root = a_machine(tmp_path, 4 * 2**20, "0::/\n", memory_of_max="max")
    assert usable_memory(root) == 4 * GB


def test_the_limit_of_a_group_above_counts(tmp_path: Path) -> None:
    root = a_machine(
        tmp_path, 8 * 2**20, "0::/mail/run\n", mail__run__memory_of_max="max", mail__memory_of_max=str(2 * GB)
    )
    assert usable_memory(root) == 2 * GB


def test_a_container_that_sees_its_group_at_the_top(tmp_path: Path) -> None:
    root = a_machine(tmp_path, 8 * 2**20, "0::/../host/side\n", memory_of_max=str(GB))
    assert usable_memory(root) == GB


def test_groups_of_version_1(tmp_path: Path) -> None:
    limit = {
        "memory__mail__memory_of_limit_in_bytes": str(GB),
        "memory__memory_of_limit_in_bytes": str(2**63),
    }
    root = a_machine(tmp_path, 8 * 2**20, "9:cpu:/\n4:memory:/mail\n0::/\n", **limit)
    assert usable_memory(root) == GB


def test_nothing_known_is_not_small(tmp_path: Path) -> None:
    assert usable_memory(tmp_path) >= profile.SMALL_BELOW


@pytest.mark.parametrize(("free", "chosen"), [(3 * GB - 1, SMALL), (3 * GB, NORMAL)])
def test_auto(monkeypatch: pytest.MonkeyPatch, free: int, chosen: profile.Profile) -> None:
    monkeypatch.setattr(profile, "usable_memory", lambda: free)
    assert profile.choose("auto") is chosen
    assert (profile.choose("small"), profile.choose("normal")) == (SMALL, NORMAL)


def test_the_connections_of_the_small_profile() -> None:
    assert SMALL.web_connections is not None
    listeners, supervisor = 2 * 2 * SMALL.listener_connections, 1
    worker = 1 + SMALL.housekeepers + 2 * SMALL.courier_connections + 1
    assert (
        listeners + worker + SMALL.web_connections + supervisor <= 16 < int(SMALL.postgres["max_connections"])
    )


def test_threads_share_connections_keep_them_or_give_them_up(tmp_path: Path) -> None:
    kept = database_from_url("", tmp_path)
    assert (kept["CONN_MAX_AGE"] > 0, kept["OPTIONS"]) == (True, {})
    assert database_from_url("", tmp_path, is_kept=False)["CONN_MAX_AGE"] == 0
    for url in ("", "postgresql://mail@db.example/mail?sslmode=require"):
        few = database_from_url(url, tmp_path, shared=2)
        assert (few["CONN_MAX_AGE"], few["OPTIONS"]["pool"]["max_size"]) == (0, 2)
