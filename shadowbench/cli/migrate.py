"""`shadowbench migrate`: brings a log to the schema of this version, as the sidecar does when it opens one."""

from __future__ import annotations

import sys

from shadowbench.store.migrating import newest_version
from shadowbench.store.opening import open_log, path_of, version_of


def run_migrate(log_url: str) -> int:
    """Migrate and say what was done; the exit code."""
    before = version_of(log_url)
    open_log(log_url, "change").close()
    name, newest = path_of(log_url), newest_version()
    if before == newest:
        sys.stdout.write(f"{name} has schema version {newest} already\n")
    else:
        sys.stdout.write(f"{name}: schema version {before} → {newest}\n")
    return 0
