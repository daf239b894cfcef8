"""The demo's configuration file. Pure: ports and paths in, text out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CANDIDATES = ("again", "hot", "short")

_TEMPLATE = """\
# Written by `shadowbench demo`. Change it and run `shadowbench serve -c` with it: it is an ordinary configuration.
proxy: {{listen: "127.0.0.1:{proxy_port}"}}
admin: {{listen: "127.0.0.1:{admin_port}"}}
control: {{listen: null}}

production:
  url: "{model_url}"
  # This model's server closes connections after a stream although it promised to keep them. Normally connections are used
  # again; here each is used once, so that no request meets one that is just being closed.
  pool_max_age_s: 0.2

candidates:
  again:                # production once more (A/A): what differs here is noise
    sample_rate: 1      # every request; nothing is mirrored until asked
  hot:                  # the same model, much more random
    sample_rate: 1
    parameters: {{temperature: 1.5}}
  short:                # the same model, cut off early
    sample_rate: 1
    parameters: {{max_tokens: 8}}

# An invented price, so that there are costs to see: a machine for a dollar an hour that answers four requests at a time.
prices: {{"*": {{gpu_hour_usd: 1.0, gpu_concurrency: 4}}}}
store: {{url: "sqlite:///{log}"}}

report:
  policy:               # what must be shown before traffic may move, declared beforehand (docs/gate.md)
    name: demo
    about: Do the candidates answer like production? Likeness is not quality, but it is what a demo can measure.
    watching: {{looks: once}}     # the demo looks a single time, at its end
    primary:
      rouge_l: {{against: again, margin: 0.1}}    # no more unlike production than production is unlike itself, but for this
    guardrails:
      errors: {{measure: error_class, margin: 10%}}
    radar:              # for the eye, in HTML: an axis is empty at its beginning and full at its target
      rouge_l: {{begin: 0, target: 1}}
      error_class: {{begin: 0.2, target: 0}}
      truncation: {{begin: 1, target: 0}}
      latency: {{begin: 10, target: 1}}
    requires: {{pairs: 30, clusters: 30, a_a_lane: true}}

runtime: {{folder: "{runtime}"}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where everything of one demo run is."""

    folder: Path
    runtime: Path
    model_port: int
    proxy_port: int
    admin_port: int

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "shadowbench.yaml"

    @property
    def log(self) -> Path:
        """The pair log."""
        return self.folder / "pairs.db"

    @property
    def store_url(self) -> str:
        """The pair log as the configuration names it."""
        return f"sqlite:///{self.log}"

    @property
    def model_url(self) -> str:
        """Production, and the candidates too."""
        return f"http://127.0.0.1:{self.model_port}"

    @property
    def proxy_url(self) -> str:
        """What a client is pointed at."""
        return f"http://127.0.0.1:{self.proxy_port}"


def write(places: Places) -> str:
    """The configuration as YAML. `places.folder` is absolute."""
    return _TEMPLATE.format(
        proxy_port=places.proxy_port,
        admin_port=places.admin_port,
        model_url=places.model_url,
        log=places.log,
        runtime=places.runtime,
    )
