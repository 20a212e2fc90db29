"""The production files: Compose accepts them, a lint of our own finds nothing, each rule is seen to find its fault."""

import copy
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from etl.warehouse import embedded

pytestmark = pytest.mark.server

PROJECT = Path(__file__).parents[2]
FILE = PROJECT / "docker-compose.yml"
PROGRAMS = Path(sys.executable).parent
GIVEN = {
    "CCHC_IMAGE": "cchc-warehouse:1.0",
    "CCHC_PAGE_URL": "https://cchc.example.org",
    "CCHC_PROVINCE": "H21",
    "CCHC_INBOX_FOLDER": "/srv/inbox",
    "CCHC_BACKUP_FOLDER": "/srv/backup",
}
SECRET_NAME = re.compile(r"(PASSWORD|SECRET|SECRET_KEY|FERNET_KEY|PSEUDONYM_KEY|TOKEN|CONN|BROKER_URL|RESULT_BACKEND)$")


# Who works in the warehouse, and who sends messages: nobody else may know where these are.
OUTSIDE = ("hostssl", "cchc", "+cchc_reader")
KNOWS = {
    "warehouse_url": {"migrate", "worker", "cli", "api-server"},
    "pseudonym_key": {"migrate", "worker", "cli", "api-server"},
    "api_warehouse_url": {"api"},
    "address_secret": {"api"},
    "notice_smtp": {"worker"},
    "notice_webhook": {"worker"},
    "notice_secret": {"worker"},
}


def compose(file: Path, given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    # The program inside the package: its wrapper script returns 0 on errors.
    package = find_spec("compose")
    program = Path(next(iter(package.submodule_search_locations))) / "docker-compose"
    return subprocess.run(
        [program, "--file", file, "--project-directory", PROJECT, "--profile", "*", "config", "--format", "json"],
        env={"PATH": os.environ["PATH"], **given},
        cwd=file.parent,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def resolved() -> dict:
    """The file as Compose understands it."""
    done = compose(FILE, GIVEN)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def faults(config: dict) -> list[str]:
    """What Compose accepts and we do not, one sentence each."""
    found = []
    services = config["services"]
    networks = config["networks"]
    masqueraded = {
        name
        for name, network in networks.items()
        if not network.get("internal")
        and network.get("driver_opts", {}).get("com.docker.network.bridge.enable_ip_masquerade") != "false"
    }
    command = " ".join(services["postgres"]["command"])
    for name, service in services.items():
        runs_on = service.get("restart") != "no"
        health = service.get("healthcheck", {})
        if service.get("privileged"):
            found.append(f"{name} is privileged")
        if service.get("cap_drop") != ["ALL"] or service.get("cap_add"):
            found.append(f"{name} keeps capabilities")
        if "no-new-privileges:true" not in service.get("security_opt", []):
            found.append(f"{name} may gain privileges")
        if str(service.get("user", "root")).split(":")[0] in ("root", "0"):
            found.append(f"{name} runs as root")
        if {"host"} & {service.get("pid"), service.get("ipc"), service.get("network_mode")}:
            found.append(f"{name} shares the host's namespaces")
        if not service.get("mem_limit"):
            found.append(f"{name} has no memory limit")
        if not {"max-size", "max-file"} <= set(service.get("logging", {}).get("options", {})):
            found.append(f"{name} has no log rotation")
        if not re.search(r":[^:/]*\d[^:/]*$", service.get("image", "")) or service["image"].endswith(":latest"):
            found.append(f"{name} has no pinned image")
        if runs_on and (not health.get("test") or health.get("disable")):
            found.append(f"{name} has no health check")
        if "pg_isready" in str(health) and "127.0.0.1" not in str(health):
            found.append(f"{name} is called healthy while its first start goes on")
        if "celery" in str(service.get("command")) and not str(service.get("stop_grace_period", "")).startswith("10m"):
            found.append(f"{name} is killed while a load runs")
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy" and not services[needed].get("healthcheck"):
                found.append(f"{name} waits for the health of {needed}, which has no health check")
        if "celery" in str(service.get("command")) and "api-server" not in service.get("depends_on", {}):
            found.append(f"{name} does not wait for the API server")
        for port in service.get("ports", []):
            if name == "postgres":
                if "ssl=on" not in command or "hba_file=/etc/cchc/pg_hba.conf" not in command:
                    found.append("postgres publishes its port without TLS for all who come from outside")
            elif port.get("host_ip") != "127.0.0.1" or name not in ("api-server", "docs", "api"):
                found.append(f"{name} publishes port {port['target']} beyond this machine's proxy")
        if name != "worker" and masqueraded & set(service.get("networks", {})):
            found.append(f"{name} can reach the outside")
        for secret in service.get("secrets", []):
            if name not in KNOWS.get(secret["source"], {name}):
                found.append(f"{name} knows {secret['source']} and has no use for it")
        for mount in service.get("volumes", []):
            if "docker.sock" in mount["source"]:
                found.append(f"{name} commands the Docker engine")
            if mount["target"].startswith("/opt/cchc"):
                found.append(f"{name} mounts code over the image's")
        for variable, value in (service.get("environment") or {}).items():
            if SECRET_NAME.search(variable) or re.search(r"://[^/]*:[^/]*@", str(value)):
                found.append(f"{name} has a secret in {variable}")
    for rule in config["configs"]["pg_hba"]["content"].splitlines():
        if not rule or rule.startswith("#"):
            continue
        connection, database, role, *address = rule.split()
        if connection != "local" and address[0] == "all" and (connection, database, role) != OUTSIDE:
            found.append(f"postgres lets in from outside: {rule}")
    if services["scheduler"]["environment"].get("AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION") != "False":
        found.append("the scheduler pauses every DAG that it sees for the first time")
    redis = str(services["redis"]["command"])
    for wanted in ("requirepass", "appendonly yes", "noeviction"):
        if wanted not in redis:
            found.append(f"redis runs without {wanted}")
    return found


def test_compose_accepts_the_file_and_the_lint_finds_nothing(resolved: dict) -> None:
    assert faults(resolved) == []
    assert set(resolved["services"]) >= {
        "postgres", "redis", "migrate", "api-server", "scheduler", "dag-processor", "triggerer", "worker", "backup",
    }  # fmt: skip


def set_(service: str, **values: object) -> Callable[[dict], None]:
    return lambda config: config["services"][service].update(values)


def without(service: str, key: str) -> Callable[[dict], None]:
    return lambda config: config["services"][service].pop(key)


def environment(service: str, **values: str) -> Callable[[dict], None]:
    return lambda config: config["services"][service]["environment"].update(values)


def mount(service: str, source: str, target: str) -> Callable[[dict], None]:
    return lambda config: config["services"][service]["volumes"].append({"source": source, "target": target})


def secret(service: str, name: str) -> Callable[[dict], None]:
    return lambda config: config["services"][service]["secrets"].append({"source": name})


def rule(line: str) -> Callable[[dict], None]:
    def plant(config: dict) -> None:
        config["configs"]["pg_hba"]["content"] += f"{line}\n"

    return plant


PLANTED = [
    (set_("worker", privileged=True), "worker is privileged"),
    (without("worker", "cap_drop"), "worker keeps capabilities"),
    (set_("worker", cap_add=["NET_ADMIN"]), "worker keeps capabilities"),
    (without("postgres", "security_opt"), "postgres may gain privileges"),
    (without("postgres", "user"), "postgres runs as root"),
    (set_("scheduler", user="0:0"), "scheduler runs as root"),
    (set_("worker", pid="host"), "worker shares the host's namespaces"),
    (without("triggerer", "mem_limit"), "triggerer has no memory limit"),
    (without("redis", "logging"), "redis has no log rotation"),
    (set_("redis", image="redis"), "redis has no pinned image"),
    (set_("redis", image="redis:latest"), "redis has no pinned image"),
    (without("dag-processor", "healthcheck"), "dag-processor has no health check"),
    (without("redis", "healthcheck"), "worker waits for the health of redis, which has no health check"),
    (set_("postgres", healthcheck={"test": ["CMD", "pg_isready"]}), "postgres is called healthy while its first start"),
    (without("worker", "stop_grace_period"), "worker is killed while a load runs"),
    (set_("worker", depends_on={}), "worker does not wait for the API server"),
    (set_("api-server", ports=[{"target": 8080}]), "api-server publishes port 8080"),
    (set_("docs", ports=[{"target": 8080, "host_ip": "0.0.0.0"}]), "docs publishes port 8080"),
    (set_("redis", ports=[{"target": 6379, "host_ip": "127.0.0.1"}]), "redis publishes port 6379"),
    (set_("postgres", command=["postgres"]), "postgres publishes its port without TLS"),
    (rule("host cchc cchc_reader all scram-sha-256"), "postgres lets in from outside: host cchc cchc_reader all"),
    (rule("hostssl cchc cchc all scram-sha-256"), "postgres lets in from outside: hostssl cchc cchc all"),
    (rule("hostssl all +cchc_reader all scram-sha-256"), "postgres lets in from outside: hostssl all"),
    (set_("postgres", networks={"outside": None}), "postgres can reach the outside"),
    (lambda config: config["networks"]["inside"].update(internal=False), "scheduler can reach the outside"),
    (lambda config: config["networks"]["reader"].pop("driver_opts"), "postgres can reach the outside"),
    (secret("scheduler", "warehouse_url"), "scheduler knows warehouse_url and has no use for it"),
    (secret("dag-processor", "pseudonym_key"), "dag-processor knows pseudonym_key and has no use for it"),
    (secret("cli", "notice_smtp"), "cli knows notice_smtp and has no use for it"),
    (environment("scheduler", AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION="True"), "the scheduler pauses every DAG"),
    (mount("worker", "/var/run/docker.sock", "/var/run/docker.sock"), "worker commands the Docker engine"),
    (mount("scheduler", "/home/me/dags", "/opt/cchc/dags"), "scheduler mounts code over the image's"),
    (environment("worker", CCHC_PSEUDONYM_KEY="abc"), "worker has a secret in CCHC_PSEUDONYM_KEY"),
    (environment("worker", CCHC_WAREHOUSE_URL="postgresql://a:b@c/d"), "worker has a secret in CCHC_WAREHOUSE_URL"),
    (environment("postgres", POSTGRES_PASSWORD="x"), "postgres has a secret in POSTGRES_PASSWORD"),
    (set_("redis", command=["redis-server"]), "redis runs without requirepass"),
]


@pytest.mark.parametrize(("plant", "sentence"), PLANTED, ids=[sentence for _, sentence in PLANTED])
def test_the_lint_finds_a_planted_fault(resolved: dict, plant: Callable[[dict], None], sentence: str) -> None:
    config = copy.deepcopy(resolved)
    plant(config)
    assert any(found.startswith(sentence) for found in faults(config)), faults(config)


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_compose_refuses_to_guess(name: str) -> None:
    done = compose(FILE, {key: value for key, value in GIVEN.items() if key != name})
    assert done.returncode != 0
    assert name in done.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("secrets: [backup_password]", "secrets: [backup_pasword]"),
        ("networks: [inside, outside]", "networks: [inside, outsid]"),
        ("archive:/srv/archive:ro", "archiv:/srv/archive:ro"),
        ("    mem_limit: 768m", "    memlimit: 768m"),
        ("  migrate: {condition: service_completed_successfully}", "  migrat: {condition: service_healthy}"),
    ],
)
def test_compose_finds_a_wrong_name(tmp_path: Path, old: str, new: str) -> None:
    text = FILE.read_text("utf-8")
    assert old in text
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(text.replace(old, new, 1), "utf-8")
    assert compose(wrong, GIVEN).returncode != 0


def test_the_file_follows_the_published_schema() -> None:
    done = subprocess.run(
        [PROGRAMS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", FILE], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_the_dockerfile_passes_hadolint_and_does_not_run_as_root() -> None:
    done = subprocess.run([PROGRAMS / "hadolint", PROJECT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    lines = (PROJECT / "Dockerfile").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER")][-1] == "USER 50000:0"
    assert (PROJECT / ".dockerignore").read_text("utf-8").splitlines()[1] == "*"  # only what is named enters


def test_every_airflow_setting_exists_under_that_name(resolved: dict) -> None:
    from airflow.configuration import conf

    known = {
        f"AIRFLOW__{section}__{option}".upper()
        for section, description in conf.configuration_description.items()
        for option in description["options"]
    }
    used = {
        name.removesuffix("_CMD")
        for service in resolved["services"].values()
        for name in service.get("environment") or {}
        if name.startswith("AIRFLOW__")
    }
    assert used - known == set()


def entrypoint_secrets() -> list[str]:
    """The settings that a container takes from a file."""
    text = (PROJECT / "ops" / "entrypoint").read_text("utf-8")
    return re.search(r"for name in (.*); do", text)[1].split()


def test_every_file_that_a_service_names_for_a_setting_is_a_secret_of_its_own(resolved: dict) -> None:
    for name, service in resolved["services"].items():
        mounted = {f"/run/secrets/{one['source']}" for one in service.get("secrets", [])}
        for variable, value in (service.get("environment") or {}).items():
            if variable.endswith("_FILE"):
                assert value in mounted, (name, variable)
                if variable.startswith("CCHC_"):
                    assert variable.removesuffix("_FILE") in entrypoint_secrets()
            if variable.endswith("_CMD"):
                assert value.removeprefix("cat ") in mounted, (name, variable)


def test_a_data_folder_is_made_with_the_arguments_of_the_file(resolved: dict) -> None:
    """Whatever the locale of the image is; these are read once, when everything else waits for them."""
    arguments = resolved["services"]["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    account = embedded._account(None) if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="cchc-test-"))
    try:
        (folder / "password").write_text("x")
        if account:
            for path in (folder, folder / "password"):
                os.chown(path, account.uid, account.gid)
        initdb = embedded._programs(folder, account) / "initdb"
        done = subprocess.run(
            [initdb, "-D", folder / "data", "--username=postgres", f"--pwfile={folder / 'password'}", *arguments],
            env={"PATH": os.environ["PATH"], "LANG": "en_US.utf8"},
            capture_output=True,
            text=True,
            cwd="/",
            **embedded._as(account),
        )
        assert done.returncode == 0, done.stderr
    finally:
        shutil.rmtree(folder)


def test_the_readers_certificate_is_of_the_key_and_of_the_name(tmp_path: Path) -> None:
    subprocess.run(
        [PROJECT / "ops" / "make-secrets", tmp_path],
        env={"PATH": os.environ["PATH"], "READER_NAME": "cchc.example.gov.vn"},
        check=True,
        capture_output=True,
    )
    certificate, key = tmp_path / "reader_tls_certificate", tmp_path / "reader_tls_key"
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cafile=str(certificate))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        server.wrap_bio(to_server, to_client, server_side=True),
        client.wrap_bio(to_client, to_server, server_hostname="cchc.example.gov.vn"),
    ]
    for _ in range(4):
        for end in ends:
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
    assert ends[1].getpeercert()["subjectAltName"] == (("DNS", "cchc.example.gov.vn"),)


def test_every_setting_is_in_the_example_and_none_of_them_is_a_working_secret() -> None:
    lines = (PROJECT / ".env.example").read_text("utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    used = set(re.findall(r"\$\{(\w+)", FILE.read_text("utf-8")))
    for source in [*(PROJECT / "etl").rglob("*.py"), *(PROJECT / "dags").rglob("*.py")]:
        used |= set(re.findall(r'"(CCHC_[A-Z_]+)"', source.read_text("utf-8")))
    # The entrypoint reads these from files of secrets, so that Compose does not name them.
    used |= {name for name in entrypoint_secrets() if name in example}
    assert set(example) == used
    assert example["CCHC_PSEUDONYM_KEY"] == example["CCHC_WAREHOUSE_URL"] == ""
    # No secret has a default, and none passes through the environment file.
    assert not re.search(r"\$\{\w*(PASSWORD|KEY|TOKEN|SECRET\b)\w*:?-", FILE.read_text("utf-8"))


def test_every_secret_of_the_file_is_made_by_the_script(tmp_path: Path, resolved: dict) -> None:
    def make() -> dict[str, str]:
        subprocess.run([PROJECT / "ops" / "make-secrets", tmp_path / "secrets"], check=True, capture_output=True)
        return {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    made = make()
    assert make() == made  # a second run changes nothing
    # docs_password is for people: the server keeps its hash in docs_users
    used = {Path(secret["file"]).name for secret in resolved["secrets"].values()}
    assert set(made) == used | {"docs_password"}
    by_hand = {name for name, content in made.items() if not content}
    assert by_hand == {"notice_smtp", "notice_webhook"}
    assert len(set(made.values())) == len(made) - 1
    assert made["docs_users"].startswith("steward:$")
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
