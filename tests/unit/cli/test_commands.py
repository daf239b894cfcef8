"""The command as a user meets it: exit codes, what goes to stdout, what to stderr, no traceback."""

import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from shadowbench import __version__
from shadowbench.cli.app import app
from shadowbench.store.opening import open_log
from tests import preloaded

FROM_NOTHING = (sys.executable, "-P", "-m", "shadowbench.cli")


def run(*arguments: str, folder: Path, program: Sequence[str] = (), **environ: str) -> subprocess.CompletedProcess[str]:
    """The command with those arguments, preloaded unless `program` says otherwise."""
    return subprocess.run(
        [*(program or preloaded.python("shadowbench.cli")), *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "NO_COLOR": "1", "XDG_RUNTIME_DIR": str(folder), **environ},
        timeout=60,
    )


@pytest.mark.parametrize("arguments", [["--version"], ["-V"], ["--version", "serve"]])
def test_version(tmp_path: Path, arguments: list[str]) -> None:
    done = run(*arguments, folder=tmp_path, program=FROM_NOTHING)
    assert (done.returncode, done.stdout) == (0, f"shadowbench {__version__}\n")


def test_version_loads_no_library(tmp_path: Path) -> None:
    program = (
        "import sys; sys.argv = ['shadowbench', '--version']; "
        "from shadowbench.cli import main; main(); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"typer", "pydantic", "rich", "asyncio"} & set(done.stdout.split()) == set()


@pytest.mark.parametrize("arguments", [["srve"], ["validate"], ["report", "--log", "no.db"], ["--help"], ["init"]])
def test_a_process_from_nothing_says_the_same_as_a_preloaded_one(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    one = run(*arguments, folder=tmp_path / "one", program=FROM_NOTHING)
    other = run(*arguments, folder=tmp_path / "other")
    assert (one.returncode, one.stdout, one.stderr) == (other.returncode, other.stdout, other.stderr)


def test_help_names_every_command(tmp_path: Path) -> None:
    done = run("--help", folder=tmp_path)
    assert done.returncode == 0
    run_it = ("serve", "proxy", "mirror", "control", "init", "validate", "doctor", "demo")
    for command in (*run_it, "report", "export", "import", "prune", "erase", "migrate"):
        assert f" {command} " in done.stdout, command


@pytest.mark.parametrize("arguments", [["srve"], ["serve", "--confg", "x"], ["serve", "extra"]])
def test_a_typo_in_the_command_line_is_a_usage_error(tmp_path: Path, arguments: list[str]) -> None:
    done = run(*arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["serve", "proxy", "mirror", "validate", "doctor"])
def test_a_typo_in_the_configuration_is_told_without_a_traceback(tmp_path: Path, command: str) -> None:
    (tmp_path / "shadowbench.yaml").write_text("production: {url: 'http://x'}\nproxy: {listn: x}\n")
    done = run(command, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "shadowbench: shadowbench.yaml:2: proxy.listn: unknown key; did you mean 'listen'?\n"


@pytest.mark.parametrize("command", ["serve", "mirror", "validate"])
def test_a_key_that_is_not_there_is_named(tmp_path: Path, command: str) -> None:
    (tmp_path / "shadowbench.yaml").write_text("production: {url: 'http://x'}\ncandidates: {a: {api_key_env: A_KEY}}\n")
    done = run(command, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("shadowbench: candidates.a.api_key_env: the environment variable A_KEY is not set\n")


@pytest.mark.parametrize("command", ["serve", "validate"])
def test_an_authority_that_cannot_be_read_is_told(tmp_path: Path, command: str) -> None:
    (tmp_path / "shadowbench.yaml").write_text("production: {url: 'https://x', tls: {ca_file: /no/ca.pem}}\n")
    done = run(command, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "shadowbench: production.tls.ca_file: /no/ca.pem: No such file or directory\n"


@pytest.mark.parametrize("command", ["serve", "proxy", "mirror", "validate", "doctor"])
def test_a_proxy_in_front_of_itself_is_refused(tmp_path: Path, command: str) -> None:
    (tmp_path / "shadowbench.yaml").write_text("production: {url: 'http://localhost:8080'}\n")
    done = run(command, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "production.url" in done.stderr
    assert "proxy.listen" in done.stderr


@pytest.mark.parametrize("section", ["admin", "control"])
def test_a_port_of_another_role_says_how_to_choose_one(tmp_path: Path, section: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        ports = {"admin": free.getsockname()[1], "control": free.getsockname()[1]}
        port = ports[section] = taken.getsockname()[1]
        free.close()
        (tmp_path / "shadowbench.yaml").write_text(
            "production: {url: 'http://x'}\n"
            f"admin: {{listen: '127.0.0.1:{ports['admin']}'}}\ncontrol: {{listen: '127.0.0.1:{ports['control']}'}}\n"
        )
        done = run("mirror", folder=tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    assert f"cannot listen at 127.0.0.1:{port}: the port is in use" in done.stderr
    other = {name: p + 2 if p + 2 <= 65535 else p - 2 for name, p in ports.items()}
    assert done.stderr.endswith(
        f"({section}.listen; a second role on this host needs its own: "
        f"SHADOWBENCH_ADMIN__LISTEN=127.0.0.1:{other['admin']} "
        f"SHADOWBENCH_CONTROL__LISTEN=127.0.0.1:{other['control']})\n"
    )


@pytest.mark.parametrize("command", ["proxy", "mirror"])
def test_the_help_of_a_role_tells_of_the_ports(tmp_path: Path, command: str) -> None:
    told = run(command, "--help", folder=tmp_path).stdout
    assert "SHADOWBENCH_ADMIN__LISTEN=127.0.0.1:9466" in told
    assert "SHADOWBENCH_CONTROL__LISTEN=127.0.0.1:9467" in told


def test_init_writes_what_validate_accepts(tmp_path: Path) -> None:
    assert run("init", folder=tmp_path).returncode == 0
    done = run("validate", folder=tmp_path, SHADOWBENCH_PROXY__LISTEN="127.0.0.1:9")
    assert (done.returncode, done.stderr) == (0, "The configuration is valid.\n")
    assert yaml.safe_load(done.stdout)["proxy"]["listen"] == "127.0.0.1:9"


def test_init_overwrites_nothing_unless_told(tmp_path: Path) -> None:
    file = tmp_path / "shadowbench.yaml"
    file.write_text("mine")
    done = run("init", folder=tmp_path)
    assert (done.returncode, done.stderr) == (2, "shadowbench: shadowbench.yaml exists; --force overwrites it\n")
    assert file.read_text() == "mine"
    assert run("init", "--force", folder=tmp_path).returncode == 0
    assert file.read_text() != "mine"


def test_init_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    done = run("init", "no/such/folder.yaml", folder=tmp_path)
    assert (done.returncode, done.stderr) == (
        4,
        "shadowbench: cannot write no/such/folder.yaml: No such file or directory\n",
    )


def test_validate_hides_header_values_and_prints_what_it_wrote(tmp_path: Path) -> None:
    (tmp_path / "shadowbench.yaml").write_text(
        "production: {url: 'http://x'}\ncandidates: {a: {headers: {x-secret: hush}}}\n"
    )
    done = run("validate", folder=tmp_path)
    assert "hush" not in done.stdout + done.stderr
    (tmp_path / "again.yaml").write_text(done.stdout)
    assert run("validate", "-c", "again.yaml", folder=tmp_path).stdout == done.stdout


def test_validate_warns_of_credentials_that_are_too_short_to_be_looked_for(tmp_path: Path) -> None:
    (tmp_path / "shadowbench.yaml").write_text("production: {url: 'http://x'}\ncandidates: {a: {api_key_env: K}}\n")
    short = run("validate", folder=tmp_path, K="hush-12")
    assert short.returncode == 0 and "hush" not in short.stdout + short.stderr
    assert "1 credential of candidates is shorter than 8 characters" in short.stderr
    assert "shorter" not in run("validate", folder=tmp_path, K="hush-123").stderr


@pytest.mark.parametrize("command", ["report", "export"])
def test_a_log_is_asked_for_where_none_is_known(tmp_path: Path, command: str) -> None:
    done = run(command, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "shadowbench: which pair log? Name it with --log FILE, or its configuration with -c FILE\n"


def test_a_log_that_is_not_there_could_not_be_read(tmp_path: Path) -> None:
    done = run("report", "--log", "no.db", folder=tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("shadowbench: ")
    assert "Traceback" not in done.stderr


def test_an_empty_log_is_inconclusive(tmp_path: Path) -> None:
    open_log(f"sqlite:///{tmp_path}/pairs.db", "write").close()
    done = run("report", "--log", "pairs.db", folder=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "no pairs in" in done.stderr
    exported = run("export", "--log", f"sqlite:///{tmp_path}/pairs.db", "--format", "jsonl", folder=tmp_path)
    assert (exported.returncode, exported.stdout, exported.stderr) == (0, "", "0 pairs exported\n")


@pytest.mark.parametrize("command", [(), ("report",), ("gate",), ("plan",), ("control",), ("judges",), ("score",)])
def test_help_names_no_type_where_there_is_nothing_to_type(command: tuple[str, ...]) -> None:
    told = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "120", "TERM": "dumb"}).output
    assert "--help" in told
    assert "<bool>" not in told
    assert "<list" not in told
