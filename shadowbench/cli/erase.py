"""`shadowbench erase`: takes all exchanges of one user, tenant or cluster out of a log, and every trace of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_from_bytes

from shadowbench import configuration, keyed, wiring
from shadowbench.cli.progress import tracked
from shadowbench.cli.prune import KEPT_BY_READERS
from shadowbench.cli.quantities import counted
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.secret import SECRET_ENV, load_or_create, read_secret
from shadowbench.store.base import Owner, PairLog
from shadowbench.store.erasing import Clocks, erase, found, leave_no_trace
from shadowbench.store.opening import open_log, path_of

_HASH = re.compile(r"(?:\[[a-z]+:|hash:)?([0-9a-f]{24})\]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Whose exchanges, as somebody says it. Exactly one is given."""

    user: str | None = None  # as the request or the user header names them
    tenant: str | None = None  # the tenant header's value
    credential: str | None = None  # a credential as a header or the query carries it, where it tells tenants
    cluster: str | None = None  # the cluster header's value
    key: str | None = None  # a hash, as the log shows it

    def check(self) -> None:
        """Raises ConfigurationError unless exactly one is given."""
        given = [name for name in Named.__slots__ if getattr(self, name)]
        if len(given) != 1:
            raise ConfigurationError("whose? Give one of --user, --tenant, --credential, --cluster and --key")

    def owner(self, salt: bytes) -> Owner:
        """Their keys under the mirror's secret, made as the mirror makes them."""
        if self.user is not None:
            key = keyed.user_key(salt, _bytes(self.user))
            return Owner(user_keys=(key,), marks=(f"[user:{key}]",))
        if self.tenant is not None:
            key = keyed.tenant_key(salt, _bytes(self.tenant))
            return Owner(tenant_keys=(key,), marks=(f"[tenant:{key}]",))
        if self.cluster is not None:
            return Owner(cluster_keys=(keyed.cluster_key(salt, _bytes(self.cluster)),))
        if self.credential is not None:
            return _of_credential(salt, _bytes(self.credential))
        key = _hash_of(self.key or "")
        marks = (f"[user:{key}]", f"[tenant:{key}]", f"hash:{key}")
        return Owner(user_keys=(key,), tenant_keys=(key,), cluster_keys=(key,), marks=marks)


def _hash_of(text: str) -> str:
    """The 24 hexadecimal digits, also of a whole placeholder. Raises ConfigurationError."""
    match = _HASH.fullmatch(text.strip().lower())
    if match is None:
        raise ConfigurationError(
            "--key: give the 24 hexadecimal digits of a user_key, tenant_key or cluster_key as the log shows it; "
            "for a name or a credential there are --user, --tenant, --credential and --cluster"
        )
    return match[1]


def _of_credential(salt: bytes, value: bytes) -> Owner:
    """A key is known by itself, people forget the scheme before it, and a request may carry it with and without, in a header
    or in the query; where credentials tell clusters it is there too."""
    bare = value.rpartition(b" ")[2]
    in_query = quote_from_bytes(bare, safe="").encode()  # hashed as it stands there
    ways = dict.fromkeys((value, bare, b"Bearer " + bare, b"bearer " + bare, in_query))
    seen = [keyed.placeholder(salt, each) for each in ways]
    callers = [*seen, *(each.removeprefix(b"hash:") for each in seen)]  # of the query a mirror takes the digits alone
    return Owner(
        marks=tuple(each.decode() for each in seen),
        tenant_keys=tuple(keyed.tenant_key(salt, each) for each in callers),
        cluster_keys=tuple(keyed.cluster_key(salt, each) for each in seen),
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseOptions:
    """`secret_file`: what keys the hashes; not read for a `key`. `rewrite`: None is when something was erased."""

    log_url: str
    whose: Named
    secret_file: Path
    dry_run: bool = False
    rewrite: bool | None = None
    progress: bool | None = None  # None: when stderr is a terminal


def run_erase(options: EraseOptions, environ: Mapping[str, str], clocks: Clocks) -> int:
    """Erase and say how much went; the exit code."""
    options.whose.check()
    salt = b"" if options.whose.key is not None else read_salt(options.secret_file, environ)
    owner = options.whose.owner(salt)
    log = open_log(options.log_url, "read" if options.dry_run else "change")
    try:
        if options.dry_run:
            count = _count(log, ((passed, len(numbers)) for passed, numbers in found(log, owner, clocks)), options)
            sys.stdout.write(f"{counted(count, 'exchange')} would be erased\n")
            _tell_nobody(count)
            return 0
        count = _count(log, erase(log, owner, clocks), options)
        # Told before the rewriting, which may fail for want of space: the exchanges are gone by now.
        sys.stdout.write(f"{counted(count, 'exchange')} erased\n")
        sys.stdout.flush()
        _tell_nobody(count)
        rewrite = bool(count) if options.rewrite is None else options.rewrite
        if not leave_no_trace(log.upkeep, clocks, rewrite=rewrite):
            sys.stderr.write(KEPT_BY_READERS)
    finally:
        log.close()
    return 0


def _tell_nobody(count: int) -> None:
    if not count:
        sys.stderr.write("No exchange matched: the log holds nothing of them under this name, or has another secret.\n")


def _count(log: PairLog, steps: Iterator[tuple[int, int]], options: EraseOptions) -> int:
    """Run through the steps, with a bar over the numbers that are passed."""
    counts: list[int] = []

    def numbers() -> Iterator[None]:
        for passed, count in steps:
            counts.append(count)
            yield from [None] * passed

    for _ in tracked(numbers(), total=log.newest(), label="Looking", wanted=options.progress):
        pass
    return sum(counts)


def read_salt(file: Path, environ: Mapping[str, str]) -> bytes:
    """The mirror's secret. Never made here: a new one would find nobody."""
    if given := environ.get(SECRET_ENV):
        return read_secret(given)
    if not file.exists():
        raise UnavailableError(
            f"there is no secret file {file}, so what the log's hashes stand for cannot be told; name the configuration "
            f"with -c, set {SECRET_ENV}, or give the hash itself with --key"
        )
    return load_or_create(file)


def secret_file_of(config: Path | None, log: str | None, log_url: str, environ: Mapping[str, str]) -> Path:
    """Where the secret of the log is: the configuration's, or beside a log that was named by itself."""
    if log is None or config is not None:
        settings = configuration.load(config, environ=environ)
        return wiring.secret_file(settings)
    path = path_of(log_url)
    return path.with_name(f"{path.name}.secret").absolute()
