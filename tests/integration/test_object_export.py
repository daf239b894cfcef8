"""Exports to an S3-compatible server over HTTP, and back: by the command and by the exporter's process."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shadowbench.cli.analysed import Asked, earlier_reports
from shadowbench.cli.export import run_export, told_options
from shadowbench.cli.import_log import ImportOptions, run_import
from shadowbench.cli.report import ReportOptions, run_report
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.exporter.options import ExporterOptions
from shadowbench.exporter.shipping import Shipper
from shadowbench.store.base import each_exchange
from shadowbench.store.exporting.objects import ObjectError, get_object, put_object
from shadowbench.store.exporting.places import try_out
from shadowbench.store.opening import open_log
from shadowbench.store.testing import an_exchange, invented_traffic
from shadowbench.worker import to_json

moto = pytest.importorskip("moto.server", reason="moto, the S3-compatible server of these tests, is not installed")
boto3 = pytest.importorskip("boto3")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    name = f"b{abs(hash(request.node.name))}"
    client(endpoint).create_bucket(Bucket=name)
    return name


def client(endpoint: str):  # type: ignore[no-untyped-def]
    return boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="secret"
    )


def objects(endpoint: str, bucket: str) -> dict[str, bytes]:
    s3 = client(endpoint)
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def a_log(folder: Path, count: int) -> str:
    url = f"sqlite:///{folder}/log.db"
    log = open_log(url, "write")
    log.append(list(invented_traffic(count)))
    log.close()
    return url


def export(url: str, output: str, *, force: bool = False) -> int:
    return run_export(
        told_options(log_url=url, format=None, output=output, since=None, until=None, now=0.0, force=force)
    )


@pytest.mark.parametrize("name", ["pairs.jsonl", "deep/er/pairs.jsonl.gz", "pairs.jsonl.zst"])
def test_an_export_comes_back_by_an_import(endpoint: str, bucket: str, tmp_path: Path, name: str) -> None:
    url = a_log(tmp_path, 40)
    assert export(url, f"s3://{bucket}/{name}") == 0
    assert list(objects(endpoint, bucket)) == [name]
    new = f"sqlite:///{tmp_path}/new.db"
    assert run_import(ImportOptions(log_url=new, sources=(f"s3://{bucket}/{name}",))) == 0
    log = open_log(new, "read")
    assert list(each_exchange(log)) == list(invented_traffic(40))
    log.close()


def test_an_object_that_exists_is_replaced_only_by_force(endpoint: str, bucket: str, tmp_path: Path) -> None:
    url = a_log(tmp_path, 3)
    export(url, f"s3://{bucket}/pairs.csv")
    with pytest.raises(ConfigurationError, match=r"pairs.csv exists; --force overwrites it"):
        export(url, f"s3://{bucket}/pairs.csv")
    export(url, f"s3://{bucket}/pairs.csv", force=True)
    assert len(objects(endpoint, bucket)) == 1


def test_a_large_object_goes_in_parts_and_comes_back(bucket: str, tmp_path: Path) -> None:
    content = os.urandom(1 << 20) * 12
    file = (tmp_path / "large").open("w+b")
    file.write(content)
    put_object(f"s3://{bucket}/large", file)
    file.close()
    with (tmp_path / "back").open("w+b") as back:
        get_object(f"s3://{bucket}/large", back)
        assert back.read() == content


def test_a_bucket_that_is_not_there_is_told(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(ObjectError, match=r"s3://none-such/x.csv: .*check the bucket") as refused:
        export(a_log(tmp_path, 3), "s3://none-such/x.csv", force=True)
    assert refused.value.reason in ("not_found", "other")
    assert isinstance(refused.value, UnavailableError)


def test_a_url_without_an_object_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="names no object"):
        export(a_log(tmp_path, 3), "s3://bucket", force=True)


def test_the_exporter_sends_what_is_new_once(endpoint: str, bucket: str, tmp_path: Path) -> None:
    url = a_log(tmp_path, 25)
    options = ExporterOptions(store_url=url, url=f"s3://{bucket}/logs", max_exchanges=10)
    shipper = Shipper(options, now=lambda: 1_760_000_000.0)
    while shipper.step() is not None:
        pass
    found = objects(endpoint, bucket)
    assert list(found) == [
        f"logs/pairs-20251009T085320Z-{first:012d}-{last:012d}.jsonl.gz"
        for first, last in ((1, 10), (11, 20), (21, 25))
    ]
    lines = [json.loads(line) for body in found.values() for line in gzip.decompress(body).splitlines()]
    assert [line["exchange"]["id"] for line in lines[::2]] == [exchange.id for exchange in invented_traffic(25)]


def test_the_process_exports_at_its_start_and_once_more_when_it_drains(
    endpoint: str, bucket: str, tmp_path: Path
) -> None:
    url = a_log(tmp_path, 2)
    options = ExporterOptions(store_url=url, url=f"s3://{bucket}/p", every_s=3600)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "shadowbench.exporter"], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(to_json(options)).encode())
    process.stdin.close()
    bookmark = tmp_path / "log.db.export.json"
    while not (bookmark.exists() and json.loads(bookmark.read_bytes())["pending"] is None):
        assert process.poll() is None
    log = open_log(url, "write")
    log.append([an_exchange(999)])
    log.close()
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (0, b"")
    assert [key.rpartition("Z-")[2] for key in objects(endpoint, bucket)] == [
        "000000000001-000000000002.jsonl.gz",
        "000000000003-000000000003.jsonl.gz",
    ]


def test_a_place_is_tried_out_and_left_as_it_was(endpoint: str, bucket: str) -> None:
    try_out(f"s3://{bucket}/pairs")
    assert objects(endpoint, bucket) == {}
    with pytest.raises(ObjectError):
        try_out("s3://there-is-none/pairs")


@pytest.mark.parametrize("url", ["s3://KEY:hush@b/x", "s3://b/x?secret=hush", "s3://b/x#hush"])
def test_credentials_in_a_url_are_refused_and_not_repeated(bucket: str, url: str) -> None:
    with pytest.raises(ConfigurationError, match="must not carry credentials") as caught:
        put_object(url, io.BytesIO(b"x"))
    assert "hush" not in str(caught.value)


def test_a_report_goes_to_an_object_and_a_later_one_goes_on_from_it(endpoint: str, bucket: str, tmp_path: Path) -> None:
    a_log(tmp_path, 40)
    asked = Asked(logs=(str(tmp_path / "log.db"),), again=frozenset({"again"}))
    first = ReportOptions(asked=asked, format="json", output=f"s3://{bucket}/reports/one.json")
    assert run_report(first, now=1_800_000_000.0) == 0
    with pytest.raises(ConfigurationError, match="--force overwrites it"):
        run_report(first, now=1_800_000_000.0)
    (earlier,) = earlier_reports([f"s3://{bucket}/reports/one.json"])
    assert earlier.totals.exchanges == 40
    html = ReportOptions(asked=replace(asked, earlier=(earlier,)), format="html", output=f"s3://{bucket}/one.html")
    assert run_report(html, now=1_800_000_000.0) == 0
    assert objects(endpoint, bucket)["one.html"].startswith(b"<!")
    head = client(endpoint).head_object(Bucket=bucket, Key="one.html")
    assert head["ContentType"] == "text/html; charset=utf-8"
