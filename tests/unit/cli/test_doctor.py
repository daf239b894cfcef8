import asyncio
import contextlib
import io
import shutil
import socket
import ssl
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from shadowbench.cli.checks import (
    Finding,
    Verdict,
    endpoints,
    exports,
    fail,
    host,
    listeners,
    ok,
    secrets,
    storage,
    warn,
)
from shadowbench.cli.doctor import run_doctor, show
from shadowbench.endpoints.testing import ScriptedProvider
from shadowbench.settings import Settings
from shadowbench.store.exporting.objects import ObjectError
from tests.forward_proxy import ForwardProxy
from tests.integration.workers import certificate


def test_findings_are_lines_and_remedies_are_arrows() -> None:
    out = io.StringIO()
    worst = show(
        [ok("disk", "fine"), warn("keys", "odd", "look"), fail("port", "taken", "stop it")], out, coloured=False
    )
    assert worst is Verdict.FAIL
    assert out.getvalue().splitlines() == [
        "ok    disk: fine",
        "warn  keys: odd",
        "      → look",
        "fail  port: taken",
        "      → stop it",
        "1 ok, 1 warnings, 1 failures",
    ]


def test_no_findings_are_no_trouble() -> None:
    assert show([], io.StringIO(), coloured=True) is Verdict.OK


def verdict(finding: Finding) -> str:
    assert bool(finding.fix) is (finding.verdict is not Verdict.OK)
    return finding.verdict.value


@pytest.mark.parametrize(("free", "said"), [(50 << 20, "fail"), (500 << 20, "warn"), (50 << 30, "ok")])
def test_disk_space(free: int, said: str) -> None:
    assert verdict(storage.space(Path("/data"), free)) == said


@pytest.mark.parametrize(
    ("kind", "said"),
    [("ext4", "ok"), ("xfs", "ok"), ("nfs4", "fail"), ("cifs", "fail"), ("overlay", "warn"), ("tmpfs", "warn")],
)
def test_file_systems(kind: str, said: str) -> None:
    assert verdict(storage.file_system(Path("/data"), kind)) == said


MOUNTS = """\
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw
22 21 0:20 / /data rw shared:2 - nfs4 server:/x rw
23 22 0:21 / /data/with\\040space rw - xfs /dev/sdb rw
24 21 0:22 / /data rw - btrfs /dev/sdc rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/srv", "ext4"), ("/data", "btrfs"), ("/data/x", "btrfs"), ("/database", "ext4"), ("/data/with space/x", "xfs")],
)
def test_the_deepest_and_latest_mount_holds_a_folder(folder: str, kind: str) -> None:
    assert storage.file_system_of(Path(folder), MOUNTS) == kind


def test_more_workers_than_cores_only_take_turns() -> None:
    assert [verdict(host.processors(*pair)) for pair in ((1, 1), (2, 4), (3, 2))] == ["ok", "ok", "warn"]


def test_few_descriptors_are_few_connections() -> None:
    assert [verdict(host.descriptors(limit)) for limit in (-1, 65536, 1024)] == ["ok", "ok", "warn"]


def test_a_certificate_that_is_none_is_found(tmp_path: Path) -> None:
    missing = listeners.certificate(str(tmp_path / "no.pem"), str(tmp_path / "no.key"))
    assert (verdict(missing), "No such file" in missing.what) == ("fail", True)
    (tmp_path / "cert.pem").write_text("no certificate")
    assert verdict(listeners.certificate(str(tmp_path / "cert.pem"), str(tmp_path / "cert.pem"))) == "fail"


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (OSError("[Errno 111] Connection refused"), "nothing listens there"),
        (OSError("[Errno -2] Name or service not known"), "does not resolve"),
        (OSError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), "ca_file"),
        (OSError("certificate verify failed: certificate has expired (_ssl.c:1)"), "renew"),
        (
            OSError("certificate verify failed: Hostname mismatch, certificate is not valid for 'x'. (_ssl.c:1)"),
            "a name",
        ),
        (OSError("certificate verify failed: IP address mismatch, certificate is not valid for '::1'. (_s"), "a name"),
        (
            OSError("_ssl.c:989: The handshake operation timed out"),
            "does not speak TLS, or nothing answers there: is http://",
        ),
        (OSError("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1000)"), "does not speak TLS"),
        (OSError("[SSL: RECORD_LAYER_FAILURE] record layer failure (_ssl.c:1000)"), "does not speak TLS"),
        (OSError("[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol"), "does not speak TLS"),
        (OSError("what is this"), "check the URL"),
    ],
)
def test_each_way_of_being_away_has_its_remedy(error: Exception, remedy: str) -> None:
    assert remedy in endpoints.remedy(error)


# ── the whole command ──


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configure(folder: Path, production: str, candidates: str = "{}") -> Path:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        ports = [sock.getsockname()[1] for sock in sockets]
    file = folder / "shadowbench.yaml"
    file.write_text(
        f"proxy: {{listen: '127.0.0.1:{ports[0]}'}}\nadmin: {{listen: '127.0.0.1:{ports[1]}'}}\n"
        f"control: {{listen: '127.0.0.1:{ports[2]}'}}\n"
        f"production: {{url: '{production}'}}\ncandidates: {candidates}\nruntime: {{folder: {folder}/run}}\n"
    )
    return file


async def test_a_sound_setting_is_all_green(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import asyncio

    async with ScriptedProvider() as provider:
        file = configure(folder, provider.url, "{again: {sample_rate: 1}}")
        assert await asyncio.to_thread(run_doctor, file, {}) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if line.startswith("fail")] == []
    assert sum("answered" in line for line in said) == 2


def test_what_is_wrong_is_told_with_its_remedy(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = configure(folder, "http://127.0.0.1:1", "{a: {api_key_env: NOT_SET}, b: {}}")
    assert run_doctor(file, {}) == 4
    said = capsys.readouterr().out
    assert "fail  production: http://127.0.0.1:1: [Errno 111] Connection refused\n      → nothing listens there" in said
    assert "fail  candidate a: the environment variable NOT_SET is not set" in said
    assert "warn  candidate b: http://127.0.0.1:1: [Errno 111]" in said
    assert "warn  candidates: nothing will be mirrored" in said


def test_a_port_in_use_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = configure(folder, "http://127.0.0.1:1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        file.write_text(
            file.read_text().replace("proxy: {listen: '127.0.0.1:", f"proxy: {{listen: '127.0.0.1:{port}, 127.0.0.1:")
        )
        assert run_doctor(file, {}) == 4
    assert f"fail  proxy.listen: cannot listen at 127.0.0.1:{port}: the port is in use" in capsys.readouterr().out


def test_a_log_that_is_none_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = configure(folder, "http://127.0.0.1:1")
    (folder / "shadowbench.db").write_bytes(b"this is no database" * 100)
    run_doctor(file, {})
    assert "fail  pair log: " in capsys.readouterr().out


def test_the_doctor_leaves_nothing_behind_but_the_runtime_folder(folder: Path) -> None:
    run_doctor(configure(folder, "http://127.0.0.1:1"), {})
    assert sorted(path.name for path in folder.iterdir()) == ["run", "shadowbench.yaml"]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl(1) to make certificates with")
def test_a_certificate_for_another_name_is_called_that(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    authority, cert, key = certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    with socket.create_server(("127.0.0.2", 0)) as server:

        def answer() -> None:
            with contextlib.suppress(OSError):
                context.wrap_socket(server.accept()[0], server_side=True).close()

        answering = threading.Thread(target=answer)
        answering.start()
        url = f"https://127.0.0.2:{server.getsockname()[1]}"
        file = configure(folder, url)
        file.write_text(file.read_text().replace(f"'{url}'", f"'{url}', tls: {{ca_file: {authority}}}"))
        assert run_doctor(file, {}) == 4
        answering.join()
    said = capsys.readouterr().out
    assert "its certificate is for another name (certificate is not valid for '127.0.0.2')\n      → use a name" in said
    assert "set tls.ca_file" not in said


@pytest.mark.parametrize("answer", [None, b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_a_port_that_speaks_no_tls_is_called_that(
    folder: Path, capsys: pytest.CaptureFixture[str], answer: bytes | None
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def wait() -> None:
            with server.accept()[0] as connection:
                connection.recv(4096)
                connection.sendall(answer or b"")
                if answer is None:
                    done.wait(60)

        waiting = threading.Thread(target=wait)
        waiting.start()
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        file = configure(folder, url)
        file.write_text(file.read_text().replace(f"'{url}'", f"'{url}', connect_timeout_s: 0.3"))
        assert run_doctor(file, {}) == 4
        done.set()
        waiting.join()
    said = capsys.readouterr().out
    assert "→ that port does not speak TLS, or nothing answers there: is http:// meant?" in said
    assert "tls.ca_file" not in said


def pair_log_line(folder: Path, more: str, capsys: pytest.CaptureFixture[str]) -> str:
    file = configure(folder, "http://127.0.0.1:1")
    file.write_text(f"{file.read_text()}{more}\n")
    run_doctor(file, {})
    return next(line for line in capsys.readouterr().out.splitlines() if "pair log: " in line)


def export_findings(url: str, **more: Any) -> list[Finding]:
    return list(exports.check(Settings(production={"url": "http://p"}, store={"export": {"url": url} | more})))  # type: ignore[arg-type]


def test_a_folder_for_exports_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "not" / "yet"):
        (finding,) = export_findings(f"file://{folder}")
        assert (verdict(finding), finding.what) == ("ok", f"file://{folder} takes files")
    assert list(tmp_path.iterdir()) == []
    assert list(exports.check(Settings(production={"url": "http://p"}))) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["file:///proc/exports", "file:///dev/null/exports"])
def test_a_folder_that_takes_no_exports_is_a_failure(url: str) -> None:
    (finding,) = export_findings(url)
    assert verdict(finding) == "fail"
    assert "cannot be written" in finding.what


def test_an_object_store_that_is_away_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, *_: Any) -> None:
        raise ObjectError("unreachable", f"{url}: no")

    monkeypatch.setattr("shadowbench.store.exporting.places.put_object", refuse)
    (finding,) = export_findings("s3://bucket/x")
    assert verdict(finding) == "fail"
    assert finding.what.startswith("s3://bucket/x/.shadowbench-doctor.")


def test_an_export_whose_library_is_missing_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shadowbench.store.exporting.places.find_spec", lambda name: None)
    (finding,) = export_findings("file:///x", format="parquet")
    assert "pip install 'shadowbench-sidecar[export]'" in finding.what


def test_a_secret_that_serving_would_refuse_is_found() -> None:
    (finding,) = secrets.check({"SHADOWBENCH_SECRET": "hush"})
    assert verdict(finding) == "fail"
    assert "64 hexadecimal digits" in finding.what
    assert "hush" not in finding.what
    assert [verdict(each) for each in secrets.check({"SHADOWBENCH_SECRET": "ab" * 32})] == ["ok"]
    assert list(secrets.check({})) == []


def test_a_folder_that_serving_makes_is_no_failure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = pair_log_line(folder, f"store: {{url: 'sqlite:///{folder}/new/deep/x.db'}}", capsys)
    assert said == (
        f"warn  pair log: {folder}/new/deep/x.db will be created, with its folder, which does not exist: of its path there is "
        f"{folder}"
    )
    assert not (folder / "new").exists()


def test_a_folder_that_nobody_makes_is_a_failure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = f"store: {{url: 'sqlite:///{folder}/new/x.db'}}\nmirror: {{secret_file: {folder}/elsewhere/secret}}"
    assert pair_log_line(folder, more, capsys) == f"fail  pair log: its folder {folder}/new does not exist"


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("/proc/new/x.db", "its folder /proc/new cannot be made in /proc"),
        ("/proc/x.db", "its folder /proc cannot be written"),
        ("/dev/null/new/x.db", "its folder /dev/null/new cannot be made in /dev/null"),
    ],
)
def test_a_folder_that_cannot_be_made_is_a_failure(
    folder: Path, capsys: pytest.CaptureFixture[str], store: str, said: str
) -> None:
    assert pair_log_line(folder, f"store: {{url: 'sqlite:///{store}'}}", capsys) == f"fail  pair log: {said}"


def endpoint_findings(**sections: Any) -> dict[str, Finding]:
    settings = Settings(**({"production": {"url": "http://127.0.0.1:9"}} | sections))
    found = list(endpoints.check(settings, {"PROXY_AUTH": "u:p", "NO_COLON": "hush"}))
    return {f"{finding.verdict.value} {finding.subject}": finding for finding in found}


async def test_a_candidate_is_reached_through_its_egress_proxy() -> None:
    async with ScriptedProvider() as provider, ForwardProxy() as proxy:
        candidate = {
            "url": provider.url,
            "sample_rate": 1,
            "egress_proxy": proxy.url,
            "egress_proxy_auth_env": "PROXY_AUTH",
        }
        found = await asyncio.to_thread(endpoint_findings, candidates={"small": candidate})
        assert "ok candidate small" in found
        assert "Proxy-Authorization: Basic dTpw" in proxy.heads[0]


def test_an_egress_proxy_that_is_down_is_blamed_itself() -> None:
    through = {"url": "http://127.0.0.1:9", "egress_proxy": "http://127.0.0.1:1"}
    for url in ("http://127.0.0.1:9", "https://127.0.0.1:9"):
        finding = endpoint_findings(candidates={"small": through | {"url": url}})["warn candidate small"]
        assert finding.what.startswith("its egress proxy http://127.0.0.1:1: ")
        assert "egress_proxy" in finding.fix


@pytest.mark.parametrize("variable", ["NOT_SET", "NO_COLON"])
def test_credentials_for_an_egress_proxy_that_serving_would_miss_are_found(variable: str) -> None:
    candidate = {"egress_proxy": "http://127.0.0.1:1", "egress_proxy_auth_env": variable}
    assert variable in endpoint_findings(candidates={"small": candidate})["fail candidate small"].what


def test_rates_of_strata_count_as_rates() -> None:
    rare = {"rare": {"model": "o3*", "rates": {"small": 1.0}}}
    without = {"candidates": {"small": {"url": "http://127.0.0.1:9"}}}
    assert "warn candidates" in endpoint_findings(**without)
    assert "warn candidates" not in endpoint_findings(**without, mirror={"strata": rare})


def test_a_budget_of_what_nobody_knows_the_price_of_is_told() -> None:
    candidate = {"url": "http://127.0.0.1:9", "sample_rate": 1, "model": "own-model", "budgets": {"usd_per_day": 5}}
    (found,) = [
        finding
        for finding in endpoints.check(
            Settings(production={"url": "http://127.0.0.1:9"}, candidates={"small": candidate}), {}
        )
        if "budget" in finding.what
    ]
    assert "own-model" in found.what and "candidates.small.price" in found.fix


@pytest.mark.parametrize(
    ("candidate", "key", "cause"),
    [
        ({"budgets": {"tokens_total": 400}}, "tokens_total", "reserve_output_tokens"),
        ({"budgets": {"usd_per_hour": 0.04}, "price": {"gpu_hour_usd": 2}}, "usd_per_hour", "reserve_usd"),
        (
            {"budgets": {"usd_per_day": 0.001}, "price": {"input_per_mtok": 1, "output_per_mtok": 2}},
            "usd_per_day",
            "reserve_output_tokens",
        ),
        ({"budgets": {"tokens_total": 1500, "usd_per_day": 5}, "price": {"gpu_hour_usd": 2}}, None, None),
        ({"budgets": {"tokens_total": 400}, "parameters": {"max_tokens": 100}}, None, None),
    ],
)
def test_a_budget_without_room_for_one_call_is_told(
    candidate: dict[str, Any], key: str | None, cause: str | None
) -> None:
    candidate = {"url": "http://127.0.0.1:9", "sample_rate": 1} | candidate
    configured = Settings(production={"url": "http://127.0.0.1:9"}, candidates={"small": candidate})
    found = [finding for finding in endpoints.check(configured, {}) if "budget" in finding.what]
    if key is None:
        assert found == []
    else:
        (only,) = found
        assert only.what.startswith(f"budgets.{key} is ")
        assert only.fix == f"raise candidates.small.budgets.{key}, or lower budgets.{cause}"
