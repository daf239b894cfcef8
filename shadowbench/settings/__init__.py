"""The configuration: every key, its meaning, its default and its bounds.

checking    what a single value must be
kinds       kinds of values that several sections have
section     what all sections have in common
front       where clients and operators connect
endpoints   production, and the endpoints under test
mirroring   which exchanges are copied
keeping     what is kept of them
scoring     what is measured on pairs, and who judges them
telling     what is told: signals, reports
root        all sections together
conflicts   what is sound alone and not together

Keys come from `SHADOWBENCH_SECTION__KEY` environment variables and the YAML file (`configuration.py` reads both and words
the errors). Unknown keys are errors. What the keys do is the business of the options classes that `wiring/` fills
from here.
"""

from shadowbench.settings.checking import as_list
from shadowbench.settings.conflicts import conflicts
from shadowbench.settings.endpoints import (
    BreakerSettings,
    BudgetSettings,
    CandidateSettings,
    ClientTlsSettings,
    PriceSettings,
    ProductionSettings,
    RangeSettings,
    RetrySettings,
)
from shadowbench.settings.front import (
    AccessLogSettings,
    AdminSettings,
    ControlSettings,
    ProxySettings,
    ServerTlsSettings,
)
from shadowbench.settings.keeping import (
    ExportSettings,
    RedactionSettings,
    RetentionSettings,
    RuntimeSettings,
    StoreSettings,
)
from shadowbench.settings.mirroring import MirrorSettings, RepeatSettings, RuleSettings, StratumSettings
from shadowbench.settings.root import Settings
from shadowbench.settings.scoring import (
    DEFAULT_METRICS,
    JudgeEndpointSettings,
    JudgeSettings,
    MetricSettings,
    ScoringSettings,
)
from shadowbench.settings.telling import BucketSettings, OtlpSettings, ReportSettings, TelemetrySettings

__all__ = [
    "DEFAULT_METRICS",
    "AccessLogSettings",
    "AdminSettings",
    "BreakerSettings",
    "BucketSettings",
    "BudgetSettings",
    "CandidateSettings",
    "ClientTlsSettings",
    "ControlSettings",
    "ExportSettings",
    "JudgeEndpointSettings",
    "JudgeSettings",
    "MetricSettings",
    "MirrorSettings",
    "OtlpSettings",
    "PriceSettings",
    "ProductionSettings",
    "ProxySettings",
    "RangeSettings",
    "RedactionSettings",
    "RepeatSettings",
    "ReportSettings",
    "RetentionSettings",
    "RetrySettings",
    "RuleSettings",
    "RuntimeSettings",
    "ScoringSettings",
    "ServerTlsSettings",
    "Settings",
    "StoreSettings",
    "StratumSettings",
    "TelemetrySettings",
    "as_list",
    "conflicts",
]
