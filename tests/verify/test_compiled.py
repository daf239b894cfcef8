"""The compiled proxy (docs/compiled.md) passes what the interpreted one passes. Needs a C compiler and Python's headers."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

REPOSITORY = Path(__file__).parents[2]
HEADERS = Path(sysconfig.get_path("include")) / "Python.h"

pytestmark = [
    pytest.mark.verify,
    pytest.mark.skipif(not HEADERS.exists(), reason=f"{HEADERS} is not installed"),
]

# All that has to do with proxies: by bytes, over wires, as processes, and with parsers under random input.
SUITES = [
    "tests/conformance",
    "tests/fuzz",
    "tests/integration",
    "tests/unit/http1",
    "tests/unit/mirror",
    "tests/unit/proxy",
    "tests/unit/recorder",
    "tests/unit/test_handoff.py",
    "tests/unit/test_keyed.py",
    "tests/unit/test_links.py",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the compiled wheel's packages, to come first on Python's path."""
    folder = tmp_path_factory.mktemp("compiled")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    environ = os.environ | {"SHADOWBENCH_COMPILE": "1"}
    wheel = [*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder / "wheel"), "."]
    made = subprocess.run(wheel, cwd=REPOSITORY, env=environ, capture_output=True, text=True, timeout=600, check=False)
    assert made.returncode == 0, made.stderr[-3000:]
    (file,) = (folder / "wheel").iterdir()
    assert not file.name.endswith("-any.whl"), "it runs on this machine alone, and says so"
    install = [*pip, "install", "--quiet", "--no-deps", "--target", str(folder / "site"), str(file)]
    subprocess.run(install, check=True, timeout=300)
    return folder / "site"


def environ(site: Path) -> dict[str, str]:
    """Of this process, with the compiled packages first: also in the processes that are started."""
    return os.environ | {"PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"}


def test_every_module_named_is_compiled_and_has_its_source_beside_it(site: Path) -> None:
    say = "import sys, importlib; print(*(importlib.import_module(m).__file__ for m in sys.argv[1:]), sep='\\n')"
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    named = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["modules"]
    modules = [Path(file).with_suffix("").as_posix().replace("/", ".") for file in named]
    command = [sys.executable, "-c", say, *modules]
    files = subprocess.run(command, env=environ(site), capture_output=True, text=True, timeout=60, check=True).stdout
    assert [Path(file).name.partition(".")[0] for file in files.split()] == [
        each.rpartition(".")[2] for each in modules
    ]
    for file in files.split():
        assert file.startswith(str(site)) and file.endswith(".so")
        assert (Path(file).parent / Path(file).name.partition(".")[0]).with_suffix(".py").exists()


@pytest.mark.timeout(900)
def test_the_compiled_proxy_passes_what_the_interpreted_one_passes(site: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    options = ["-q", "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider", "-m", "not soak and not verify"]
    paths = ["-o", f"pythonpath={site} .", "--junitxml", str(report)]
    command = [sys.executable, "-m", "pytest", *options, *paths, *SUITES]
    expects = environ(site) | {"SHADOWBENCH_TESTS_EXPECT": "compiled"}
    ran = subprocess.run(command, cwd=REPOSITORY, env=expects, capture_output=True, text=True, timeout=900, check=False)
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-1000:]
    suite = next(iter(ElementTree.parse(report).getroot()))
    assert int(suite.attrib["tests"]) - int(suite.attrib["skipped"]) > 3000
    reasons = [skipped.get("message") for skipped in suite.iter("skipped")]
    assert 0 < reasons.count("replaces methods, which compiled code does not look up") < 20
