"""The compose file and the image, as far as they can be read without an engine."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {"web", "worker", "beat", "dispatcher"}


@pytest.fixture(scope="module")
def compose() -> dict:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


def test_the_same_processes_run_as_without_containers(compose: dict) -> None:
    assert set(compose["services"]) == PROGRAMS | {"prepare", "postgres", "redis"}


@pytest.mark.parametrize("name", sorted(PROGRAMS | {"postgres", "redis"}))
def test_each_service_says_how_it_is_and_comes_back(compose: dict, name: str) -> None:
    service = compose["services"][name]
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_nothing_starts_before_the_tables_are_there(compose: dict, name: str) -> None:
    waits = compose["services"][name]["depends_on"]
    assert waits["prepare"] == {"condition": "service_completed_successfully"}
    assert waits["postgres"] == waits["redis"] == {"condition": "service_healthy"}


def test_each_program_has_the_database_role_of_its_work(compose: dict) -> None:
    roles = dict.fromkeys(PROGRAMS, "shouwen_worker") | {"web": "shouwen_app", "prepare": "shouwen_owner"}
    for name, role in roles.items():
        assert compose["services"][name]["environment"]["DATABASE_URL"].startswith(f"postgres://{role}:")


def test_every_secret_comes_from_outside_and_a_missing_one_is_named() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "PUBLIC_URL", "REDIS_PASSWORD", "DATABASE_OWNER_PASSWORD"):
        assert f"${{{name}:?{name} is not set; see the head of docker-compose.yml}}" in text
    for name in re.findall(r"\$\{(\w*(?:PASSWORD|KEY))\b", text):
        assert f"${{{name}:?" in text, f"{name} may be empty without anybody noticing"
        assert f"#   {name}=" in text, f"{name} is not explained at the head"


def test_volumes_and_configs_that_are_used_are_declared(compose: dict) -> None:
    for service in compose["services"].values():
        for volume in service.get("volumes", ()):
            assert volume.split(":")[0] in compose["volumes"]
        for config in service.get("configs", ()):
            assert config["source"] in compose["configs"]


def test_the_image_runs_as_a_user_of_its_own_and_installs_by_hash() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert lines.index("USER shouwen") < next(n for n, line in enumerate(lines) if line.startswith("CMD "))
    assert any("--require-hashes" in line for line in lines)
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".git", ".data", ".venv"} <= set(ignored)
