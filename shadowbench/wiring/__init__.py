"""From settings to what runs: the options of each worker, and the plan of a parent.

roles       what a parent can be, and how long its workers are waited for
places      where files and sockets of a sidecar lie
prices      where prices come from
proxying    a proxy worker's options
mirroring   the mirror's options
recording   the recorder's and the exporter's options
scoring     a scoring worker's options
objections  what no key alone shows to be wrong: a sentence for each
planning    what a parent runs
"""

from shadowbench.wiring.mirroring import mirror_options
from shadowbench.wiring.places import runtime_folder, secret_file
from shadowbench.wiring.planning import LEAST_TOKEN_CHARS, listen_addresses, plan, scoring_specs
from shadowbench.wiring.prices import pricing_options
from shadowbench.wiring.proxying import access_log_options, proxy_options
from shadowbench.wiring.recording import (
    exporter_options,
    known_secrets,
    otlp_options,
    recorder_options,
    redaction_options,
    targets,
)
from shadowbench.wiring.roles import Role
from shadowbench.wiring.scoring import production_again, scoring_options

__all__ = [
    "LEAST_TOKEN_CHARS",
    "Role",
    "access_log_options",
    "exporter_options",
    "known_secrets",
    "listen_addresses",
    "mirror_options",
    "otlp_options",
    "plan",
    "pricing_options",
    "production_again",
    "proxy_options",
    "recorder_options",
    "redaction_options",
    "runtime_folder",
    "scoring_options",
    "scoring_specs",
    "secret_file",
    "targets",
]
