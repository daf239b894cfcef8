"""The installation's secret: 32 random bytes that key every hash (sampling, placeholders, loop marker).

Mirror and recorder share it: whichever comes first makes it. It outlives the process, so that equal credentials have equal
placeholders and a header key falls on the same sampling point after a restart.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from shadowbench.errors import ConfigurationError, UnavailableError

SECRET_BYTES = 32
SECRET_ENV = "SHADOWBENCH_SECRET"  # hex, for sidecars that must agree


def secret_of(file: Path, environ: Mapping[str, str]) -> bytes:
    """The secret that the environment gives, else the one in `file`, made when there is none."""
    given = environ.get(SECRET_ENV)
    return read_secret(given) if given else load_or_create(file)


def read_secret(given: str) -> bytes:
    """A secret given as hex text. Raises ConfigurationError, without repeating it."""
    try:
        secret = bytes.fromhex(given.strip())
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise ConfigurationError(
            f"{SECRET_ENV} must be {SECRET_BYTES * 2} hexadecimal digits, as `openssl rand -hex {SECRET_BYTES}` prints them"
        )
    return secret


def load_or_create(path: Path) -> bytes:
    """The secret in the file `path`; a new one when there is none. Of several that create at once, all get the same."""
    try:
        if not path.exists():
            _create(path)
        secret = path.read_bytes()
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise UnavailableError(f"cannot use the secret file {path}: {error.strerror}") from None
    if len(secret) != SECRET_BYTES:
        raise UnavailableError(f"{path} does not hold {SECRET_BYTES} bytes: move it away and a new one is made")
    return secret


def _create(path: Path) -> None:
    # Written beside and linked: a reader sees no file or a whole one, and the first of several creators wins.
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)
    except FileExistsError:
        pass  # another one was first: theirs is read
    finally:
        fresh.unlink()
