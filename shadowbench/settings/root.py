"""All sections together."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict

from shadowbench.settings.endpoints import CandidateSettings, PriceSettings, ProductionSettings
from shadowbench.settings.front import AdminSettings, ControlSettings, ProxySettings
from shadowbench.settings.keeping import RedactionSettings, RuntimeSettings, StoreSettings
from shadowbench.settings.kinds import CandidateName
from shadowbench.settings.mirroring import MirrorSettings
from shadowbench.settings.scoring import ScoringSettings
from shadowbench.settings.telling import ReportSettings, TelemetrySettings


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix="SHADOWBENCH_",
        env_nested_delimiter="__",
        env_parse_none_str="null",
    )

    proxy: ProxySettings = ProxySettings()
    """Where clients connect."""
    admin: AdminSettings = AdminSettings()
    """Health and metrics."""
    control: ControlSettings = ControlSettings()
    """Lanes, rates, pause and the kill switch."""
    production: ProductionSettings
    """The endpoint whose answer the client gets."""
    candidates: dict[CandidateName, CandidateSettings] = {}
    """Endpoints under test by name; the name is the signal label and the report column."""
    mirror: MirrorSettings = MirrorSettings()
    """Which exchanges are copied."""
    prices: dict[str, PriceSettings] = {}
    """Prices by model (a glob), before genai-prices'."""
    redaction: RedactionSettings = RedactionSettings()
    """What is taken out before requests and answers are kept."""
    store: StoreSettings = StoreSettings()
    """The pair log."""
    scoring: ScoringSettings = ScoringSettings()
    """What is measured on pairs, and who judges them."""
    telemetry: TelemetrySettings = TelemetrySettings()
    """What /metrics tells."""
    report: ReportSettings = ReportSettings()
    """What reports and gates go by."""
    runtime: RuntimeSettings = RuntimeSettings()
    """What the processes share while they run."""
