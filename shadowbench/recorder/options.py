"""What can be set about the recorder."""

from __future__ import annotations

from dataclasses import dataclass, field

from shadowbench.otlp.options import OtlpOptions
from shadowbench.pricing import PricingOptions
from shadowbench.recorder.edges import BucketOptions
from shadowbench.redaction.kinds import RedactionOptions
from shadowbench.store.retention import RetentionOptions

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetOptions:
    """An endpoint whose answers are counted by name, and what signals say of it. "": as the client asks for it."""

    name: str
    host: str = ""
    model: str = ""
    dialect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderOptions:
    """Options of the recorder process. Bounds are on bytes as they came, before content-decoding, unless said otherwise."""

    runtime_folder: str  # holds recorder.sock; made 0700
    store_url: str
    request_id_header: str | None = None  # the client's header that names a request; else production's x-request-id
    user_header: str | None = None  # of the mirror: their values are stored as placeholders
    tenant_header: str | None = None

    redaction: RedactionOptions = field(default_factory=RedactionOptions)
    # Credentials of the configuration, word for word: taken out always. Told by the parent through a file in memory that
    # only this process reads; never logged.
    known_secrets: tuple[str, ...] = field(default=(), repr=False)
    # The mirror's, so that equal values have equal placeholders after a restart; SHADOWBENCH_SECRET goes before it. Without
    # both a secret is made up for the process's life.
    secret_file: str | None = None
    pricing: PricingOptions = field(default_factory=PricingOptions)
    targets: tuple[TargetOptions, ...] = ()  # production, candidates, repeats of both
    buckets: BucketOptions = field(default_factory=BucketOptions)
    retention: RetentionOptions = field(default_factory=RetentionOptions)
    otlp: OtlpOptions | None = None  # None: nothing is exported

    # Long chats with images reach a few MB; above this a body says nothing that a pair is judged by.
    max_body_bytes: int = 8 * MIB  # captured per side, and again kept of it after content-decoding
    max_decoded_bytes: int = (
        32 * MIB
    )  # per response: what streams past the kept part is still read; text compresses 4:1
    max_held_bytes: int = 128 * MIB  # over all open exchanges and those that wait for the store

    # A transaction of this size takes about 20 ms, so that readers and the WAL never wait for a giant one.
    max_batch_exchanges: int = 256
    max_batch_bytes: int = (
        8 * MIB
    )  # as they came, and again after content-decoding: compressed bodies may unpack to much

    drain_s: float = 20.0  # after SIGTERM: how long mirrors may take to say goodbye
    flush_s: float = 5.0  # after that: how long a failing store is tried once more

    @property
    def socket_path(self) -> str:
        """Where mirrors connect."""
        return f"{self.runtime_folder}/recorder.sock"
