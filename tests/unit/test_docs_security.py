"""docs/security.md: what it says holds is held by files that are there, and its names and numbers are the code's."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from shadowbench import serving, wiring
from shadowbench.live import _LIVE
from shadowbench.redaction.kinds import DEFAULT_KINDS
from shadowbench.settings import Settings
from shadowbench.store.migrating import migrate
from shadowbench.telemetry.declaring import PREFIX
from shadowbench.telemetry.meanings import MEANINGS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text("utf-8")
CODE = re.findall(r"`([^`\n]+)`", TEXT)


def section(name: str) -> str:
    return TEXT.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("path", sorted({each for each in CODE if re.fullmatch(r"\.?[\w-]+(/[\w.-]+)+", each)}))
def test_the_files_that_it_names_are_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_pages_that_it_points_to_are_there() -> None:
    for page, anchor in re.findall(r"\]\(([\w-]+\.md)(?:#([\w-]+))?\)", TEXT):
        headings = re.findall(r"^#+ (.*)$", (ROOT / "docs" / page).read_text("utf-8"), re.M)
        anchors = {re.sub(r"[^\w -]", "", each.lower()).strip().replace(" ", "-") for each in headings}
        assert not anchor or anchor in anchors, (page, anchor)


def test_every_table_of_the_log_is_told_about() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, now="2026-01-01")
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    told = set(re.findall(r"`(\w+)`", section("What is stored")))
    assert {table for table in tables if not table.startswith(("sqlite_", "_"))} - told == set()


def test_what_is_looked_for_by_default_is_told() -> None:
    words = {
        "private_key": "private keys",
        "api_key": "API keys",
        "jwt": "JWTs",
        "secret": "secrets",
        "email": "e-mail addresses",
        "card": "payment cards",
        "phone": "phone numbers",
    }
    assert set(DEFAULT_KINDS) == words.keys()
    assert [word for word in words.values() if word not in section("Redaction")] == []


def test_ports_and_bounds_are_the_codes() -> None:
    settings = Settings(production={"url": "http://p"})  # type: ignore[arg-type]
    for key, address in (
        ("proxy.listen", settings.proxy.listen),
        ("admin.listen", settings.admin.listen),
        ("control.listen", settings.control.listen),
    ):
        assert f"| {str(address).rpartition(':')[2]} `{key}` |" in TEXT
        assert str(address).startswith("127.0.0.1:")
    assert f"at most {serving.MOST_CONNECTIONS} connections" in TEXT
    assert f"{wiring.LEAST_TOKEN_CHARS} characters or more" in TEXT


def test_settings_that_it_names_are_there() -> None:
    sections = set(Settings.model_fields)
    named = {
        each for each in CODE if re.fullmatch(r"[a-z_]+(\.[a-z_*]+)+", each) and each.partition(".")[0] in sections
    }
    assert len(named) > 10
    for name in named:
        model: object = Settings
        for key in name.split("."):
            if key == "*":
                continue
            fields = getattr(model, "model_fields", None)
            assert fields is not None and key in fields, name
            annotation = fields[key].annotation
            models = [
                each for each in (annotation, *getattr(annotation, "__args__", ())) if hasattr(each, "model_fields")
            ]
            model = models[0] if models else None


def test_signals_that_it_names_are_counted() -> None:
    named = {each for each in CODE if each.startswith(PREFIX)}
    assert named and {each.removeprefix(PREFIX) for each in named} <= set(MEANINGS)


def test_credentials_are_read_at_the_start_alone_as_it_says_of_rotation() -> None:
    assert not [keys for keys in _LIVE if keys[-1].endswith(("_env", "_file"))]
