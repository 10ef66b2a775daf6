"""The files of docker/ agree with each other and with the settings, though no engine runs here."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailplatform.settings import registry
from tools.dockerfile_steps import parse

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
SERVERS = {"postgres", "valkey"}
# Of compose itself, in the sample: which ports, image and directory of the host.
OF_COMPOSE = re.compile(r"PUBLISH_[A-Z]+|MAIL_IMAGE|CERTIFICATES")


@pytest.fixture
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    return found


def ours(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose["services"].items() if name not in SERVERS}


def commands() -> set[str]:
    """Return the commands the entrypoint knows."""
    text = (DOCKER / "entrypoint.sh").read_text()
    return set(re.findall(r"^([a-z]+)\)", text, re.MULTILINE))


def image_env() -> dict[str, str]:
    steps = parse((DOCKER / "Dockerfile").read_text())
    return {
        k: v
        for word, rest in steps
        if word == "ENV"
        for k, v in (pair.split("=", 1) for pair in rest.split())
    }


def test_each_service_runs_a_command_there_is(compose: dict[str, Any]) -> None:
    for name, service in ours(compose).items():
        words = [*service.get("entrypoint", [])[1:], *service["command"]]
        assert words[0] in commands(), name
    assert {service["command"][0] for service in ours(compose).values()} >= {"web", "smtp", "imap", "beat"}
    queues = [s["command"][1] for s in ours(compose).values() if s["command"][0] == "worker"]
    assert sorted(queues) == ["default", "local", "remote", "scan"]


def test_each_variable_is_a_setting(compose: dict[str, Any]) -> None:
    named = {name for service in ours(compose).values() for name in service.get("environment", {})}
    named |= set(re.findall(r"^([A-Z_]+)=", (DOCKER / "env.example").read_text(), re.MULTILINE))
    named |= set(re.findall(r"\$\{([A-Z_]+)", (DOCKER / "compose.yaml").read_text()))
    named |= {name for name in image_env() if name.startswith("MAIL_")}
    assert {name for name in named if not OF_COMPOSE.fullmatch(name)} <= registry.SETTINGS.keys()


def test_each_variable_of_the_sample_has_a_sentence_and_a_use() -> None:
    lines = (DOCKER / "env.example").read_text().splitlines()
    assert lines[0].startswith("# ")
    used = (DOCKER / "compose.yaml").read_text()
    for line in lines:
        name = line.partition("=")[0]
        assert line.startswith(("#", "MAIL_HOSTNAME")) or not line or f"${{{name}" in used


def test_services_wait_and_end_in_order(compose: dict[str, Any]) -> None:
    drain = float(registry.SETTINGS["MAIL_DRAIN_SECONDS"].default)
    for name, service in ours(compose).items():
        assert int(service["stop_grace_period"].removesuffix("s")) > drain + 10
        assert service["init"]
        assert service["read_only"]
        assert service["logging"]["options"]["max-size"]
        if name != "migrate":
            assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    for name in SERVERS:
        assert compose["services"][name]["healthcheck"]["test"][0] == "CMD"
        assert compose["services"][name]["volumes"]


def test_ports_lead_to_doors(compose: dict[str, Any]) -> None:
    doors = {
        registry.SETTINGS[f"MAIL_{door}_PORT"].default
        for door in ("WEB", "SMTP", "SUBMISSION", "SUBMISSIONS", "IMAP", "IMAPS")
    }
    # Two that are shut by default get a port here.
    for service, door in (("web", "MAIL_ACME_HTTP_PORT"), ("dns", "MAIL_DKIM_PORT")):
        doors.add(str(compose["services"][service]["environment"][door]))
    published = [port for service in ours(compose).values() for port in service.get("ports", [])]
    assert {port.rpartition(":")[2].partition("/")[0] for port in published} == doors
    assert sorted(compose["services"]["dns"]["ports"]) == [
        "${PUBLISH_DNS:-53}:8053/tcp",
        "${PUBLISH_DNS:-53}:8053/udp",
    ]
    (exposed,) = (
        rest.split() for word, rest in parse((DOCKER / "Dockerfile").read_text()) if word == "EXPOSE"
    )
    assert set(exposed) == doors


def test_secrets_are_declared_and_ignored(compose: dict[str, Any]) -> None:
    wanted = {name for service in compose["services"].values() for name in service.get("secrets", [])}
    assert wanted == compose["secrets"].keys()
    made = (DOCKER / "make-secrets").read_text()
    assert all(f"secrets/{name}" in made for name in wanted)
    for file in (ROOT / ".gitignore", ROOT / ".dockerignore"):
        assert {"docker/.env", "docker/secrets"} <= {
            line.strip("/") for line in file.read_text().splitlines()
        }


def test_the_image_ends_as_somebody_and_holds_no_tools() -> None:
    steps = parse((DOCKER / "Dockerfile").read_text())
    last = len(steps) - 1 - [word for word, _ in reversed(steps)].index("FROM")
    runtime = steps[last:]
    assert ("USER", "10025:10025") in runtime
    assert not any("pip" in rest or "apt-get" in rest for word, rest in runtime if word == "RUN")
    for word, rest in steps:
        if word == "FROM":
            assert "." not in rest.split()[0], "no registry's host"
        if "pip install" in rest:
            assert "--require-hashes" in rest
    assert (ROOT / runtime[-2][1].strip('[]"')).stat().st_mode & 0o111


def test_make_secrets_keeps_what_is_there(tmp_path: Path) -> None:
    shutil.copy(DOCKER / "make-secrets", tmp_path)
    shutil.copy(DOCKER / "env.example", tmp_path)
    kept = []
    for _ in range(2):
        subprocess.run(["sh", str(tmp_path / "make-secrets")], check=True, capture_output=True)
        kept.append({path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()})
    assert kept[0] == kept[1]
    from mailplatform.settings.database import database_from_url
    from mailplatform.settings.keys import parse_keyring

    assert len(parse_keyring(kept[0]["master_keys"], "x")) == 1
    found = database_from_url(kept[0]["database_url"], tmp_path)
    assert (found["HOST"], found["PASSWORD"]) == ("postgres", kept[0]["postgres_password"])
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_compose_itself_agrees() -> None:
    docker = shutil.which("docker")
    if (
        not docker
        or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no `docker compose` here; tests/show/40_container.sh asks Debian's")
    done = subprocess.run(
        [docker, "compose", "-f", str(DOCKER / "compose.yaml"), "config", "-q"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_entrypoint_refuses_what_it_does_not_know() -> None:
    done = subprocess.run(
        ["sh", str(DOCKER / "entrypoint.sh"), "nonsense"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 64
    assert "no command nonsense" in done.stderr
    helped = subprocess.run(
        ["sh", str(DOCKER / "entrypoint.sh"), "help"], capture_output=True, text=True, check=False
    )
    assert all(re.search(rf"^{command}\b", helped.stdout, re.MULTILINE) for command in commands())
