"""What operators run: the services, what each of them is given, and nothing is left open."""

import ast
import json
import re
from importlib.resources import files
from pathlib import Path

import boto3
import jsonschema
import pytest

from config.env import Environment
from devstack import environment, paths
from devstack.provision import OWNER, ROLES
from tests.devstack.deployment import (
    COMPOSE,
    DOCKERFILE,
    OURS,
    POSTGRES_IMAGE_READS,
    ROLES_SCRIPT,
    SERVICES,
)

# What boto3 reads, where checkpoints go to a bucket.
BUCKET_VARIABLES = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_S3",
}
PARAMETER = re.compile(r"(?<!\$)\$\{([^}]*)\}|(?<!\$)\$([A-Z])")


def example() -> dict[str, str]:
    lines = (paths.ROOT / ".env.example").read_text().splitlines()
    settings = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in settings}


def variables_of_the_settings() -> set[str]:
    """Return every variable name that config/settings.py asks its environment for."""
    tree = ast.parse((paths.ROOT / "config" / "settings.py").read_text())
    return {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "ENV"
        and isinstance(node.args[0], ast.Constant)
    }


def test_it_follows_the_compose_specification() -> None:
    vendored = files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json"
    jsonschema.validate(COMPOSE, json.loads(vendored.read_text()))


def test_the_services_are_the_ones_that_operators_expect() -> None:
    servers = {"db", "broker"}
    ours = {"migrate", "web", "worker", "beat", "sequencer", "sweeper", "surveyor"}
    sealing = {"signing-key", "signer", "sealer"}
    assert set(SERVICES) == ours | sealing | servers


@pytest.mark.parametrize("name", ["sequencer", "sweeper", "surveyor"])
def test_the_watchers_wait_for_the_database_alone(name: str) -> None:
    assert set(SERVICES[name]["depends_on"]) == {"migrate"}


@pytest.mark.parametrize("name", ["sequencer", "sweeper", "surveyor", "sealer", "signer"])
def test_a_watcher_is_asked_for_the_sign_of_life_that_it_gives(name: str) -> None:
    *_, option, path = SERVICES[name]["command"]
    assert option == "--heartbeat"
    assert f"find {path} -mmin -5" in SERVICES[name]["healthcheck"]["test"][1]


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_is_root_or_can_write_to_its_image(name: str) -> None:
    service = SERVICES[name]
    assert str(service["user"]).split(":")[0] not in {"", "0", "root"}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"migrate", "signing-key"}))
def test_what_keeps_running_is_watched_and_restarted(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"]
    assert service["healthcheck"]["retries"] >= 3


def test_the_web_service_is_open_to_this_machine_only() -> None:
    opened = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert opened == ["127.0.0.1:8000:8000"]


def test_nothing_has_a_default_and_the_example_names_all_that_must_be_set() -> None:
    text = (paths.ROOT / "docker-compose.yml").read_text()
    parameters = {braced or bare for braced, bare in PARAMETER.findall(text)}
    may_be_empty = {
        "TOLLGATE_PERSONAL_KEY_OTHER?",
        "TOLLGATE_WITNESSES?",
        "TOLLGATE_WITNESS_QUORUM?",
        "TOLLGATE_CHECKPOINT_RETENTION_DAYS?",
        *(f"{name}?" for name in BUCKET_VARIABLES),
    }
    assert all(parameter.endswith(":?") for parameter in parameters - may_be_empty), parameters
    assert {parameter.rstrip(":?") for parameter in parameters} == set(example())


def test_the_example_holds_no_password() -> None:
    assert set(example().values()) == {""}


@pytest.mark.parametrize("name", OURS)
def test_our_services_set_only_variables_that_the_settings_read(name: str) -> None:
    read = variables_of_the_settings() | (BUCKET_VARIABLES if name == "sealer" else set())
    assert OURS[name]["environment"].keys() <= read


def test_checkpoints_may_go_to_a_bucket_without_another_image() -> None:
    given = OURS["sealer"]["environment"]
    assert given.keys() >= BUCKET_VARIABLES
    for name in ("TOLLGATE_CHECKPOINT_STORE", "TOLLGATE_CHECKPOINT_RETENTION_DAYS"):
        assert given[name].startswith(f"${{{name}")
    assert "--require-hashes --only-binary :all: -r /requirements-s3.txt" in DOCKERFILE


def test_what_is_left_empty_for_a_bucket_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in BUCKET_VARIABLES:
        monkeypatch.setenv(name, "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "")
    client = boto3.Session().client("s3")
    assert client.meta.endpoint_url == "https://s3.eu-central-1.amazonaws.com"
    assert Environment({"DAYS": ""}).whole("DAYS", 3_650) == 3_650


def test_the_servers_set_only_variables_that_somebody_reads() -> None:
    script = ROLES_SCRIPT.read_text()
    for variable in SERVICES["db"]["environment"].keys() - POSTGRES_IMAGE_READS:
        assert f'"${{{variable}:?}}"' in script
    for variable in SERVICES["broker"]["environment"]:
        assert f'"$${variable}"' in SERVICES["broker"]["command"][0]


def test_each_process_has_the_role_that_is_its_own() -> None:
    roles = {
        name: service["environment"]["DATABASE_URL"].split("//")[1].split(":")[0].partition("/")[0]
        for name, service in OURS.items()
    }
    assert roles == {
        "migrate": OWNER,
        "web": "tollgate_web",
        "worker": "tollgate_worker",
        "beat": "tollgate_worker",
        "sequencer": "tollgate_sealer",
        "sweeper": "tollgate_worker",
        "surveyor": "tollgate_worker",
        "signing-key": "tollgate_sealer",
        "sealer": "tollgate_sealer",
        "signer": "nobody@nowhere",
    }


def who_mounts(volume: str) -> set[str]:
    return {
        name
        for name, service in SERVICES.items()
        if any(place.startswith(f"{volume}:") for place in service.get("volumes", ()))
    }


def test_the_sealer_alone_writes_the_files_that_others_read() -> None:
    readers = {"web", "worker", "sweeper", "surveyor"}  # all but the first audit them
    assert who_mounts("tiles") == readers | {"sealer"}
    assert all("tiles:/tiles:ro" in SERVICES[name]["volumes"] for name in readers)
    told = {n for n, s in OURS.items() if "TOLLGATE_TILE_DIRECTORY" in s["environment"]}
    assert told == readers | {"sealer"}
    # Of sealing's user and the group of the others, which what is made in it takes over.
    assert "--owner 10002 --group 10001 --mode 2750 /tiles\n" in DOCKERFILE


def test_only_the_signer_and_who_makes_its_key_can_read_it() -> None:
    assert who_mounts("signer") == {"signer", "signing-key"}
    assert who_mounts("signing") == {"signer", "sealer"}
    assert who_mounts("checkpoints") == {"sealer"}
    assert SERVICES["signer"]["network_mode"] == "none"
    directories = re.search(
        r"^RUN install .*--owner 10002 .*--mode 0700 (.+) \\$", DOCKERFILE, re.MULTILINE
    )
    assert directories is not None
    assert directories[1].split() == ["/signer", "/signing", "/checkpoints"]


def test_only_the_web_service_signs_receipts() -> None:
    holders = {n for n, s in OURS.items() if "TOLLGATE_RECEIPT_KEY" in s["environment"]}
    assert holders == {"web", "signing-key"}  # the latter announces its public half


def test_only_who_seals_or_shows_names_can_open_them() -> None:
    for name in ("TOLLGATE_PERSONAL_KEY", "TOLLGATE_PERSONAL_KEY_OTHER"):
        holders = {n for n, s in OURS.items() if name in s["environment"]}
        assert holders == {
            "web",
            "worker",
            "sweeper",
            "surveyor",
            "migrate",
        }  # the last one enrolls, too


def test_of_proxies_the_one_that_operators_are_told_to_use_is_believed() -> None:
    web = SERVICES["web"]["environment"]
    assert (web["TOLLGATE_BEHIND_TLS_PROXY"], web["TOLLGATE_PROXIES"]) == ("true", "1")


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_on_one_machine_the_same_roles_get_the_key_of_names(role: str, tmp_path: Path) -> None:
    given = environment.sealing(tmp_path, role)
    needs = role in {OWNER, "tollgate_web", "tollgate_worker"}
    assert ("TOLLGATE_PERSONAL_KEY" in given) is needs
    assert "TOLLGATE_PERSONAL_KEY" not in environment.local(tmp_path, isolated=True)
