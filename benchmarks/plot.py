"""docs/benchmarks.svg: what a peer answers, what it takes, what it adds, as bars."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams.update(
    {"svg.hashsalt": "shadowbench", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
)

from matplotlib.axes import Axes  # noqa: E402  # the backend comes first
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.patches import Patch  # noqa: E402
from matplotlib.ticker import MaxNLocator  # noqa: E402

from benchmarks.bodies import SMALL  # noqa: E402
from benchmarks.output import has_process  # noqa: E402
from benchmarks.quantiles import median  # noqa: E402
from benchmarks.report import Report  # noqa: E402
from benchmarks.rounds import PeerResult  # noqa: E402

_STREAMS = 500
_OURS, _MIRRORS, _PLAIN = "#1f6feb", "#d29922", "#8c959f"
_INK = "#24292f"
_NAME_WIDTH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One row of bars; `worst` is drawn as a thin line behind the bar."""

    title: str
    value: Callable[[PeerResult], float]
    worst: Callable[[PeerResult], float] = lambda peer: math.nan
    logarithmic: bool = False


def panels(streams: int) -> list[Panel]:
    """What is shown."""

    def chunks(name: str) -> Callable[[PeerResult], float]:
        return lambda peer: median(getattr(window, name) for window in peer.streams.get(streams, []))

    return [
        Panel(
            title="requests/s, more is better",
            value=lambda peer: median(window.per_second for window in peer.throughput.get(SMALL, [])),
        ),
        Panel(
            title="CPU µs per request, less is better (log)",
            value=lambda peer: median(window.cpu_us for window in peer.throughput.get(SMALL, [])),
            logarithmic=True,
        ),
        Panel(title=f"CPU µs per chunk, {streams} streams", value=chunks("cpu_us_per_chunk")),
        Panel(
            title=f"chunk delay µs, {streams} streams, median – p99",  # of the middle second
            value=chunks("delay_p50_us"),
            worst=chunks("delay_typical_p99_us"),
            logarithmic=True,
        ),
    ]


def draw(report: Report, path: Path) -> None:
    """As the kind of picture that the path's name says; white behind, for pages are dark at times."""
    streams = _STREAMS if any(_STREAMS in peer.streams for peer in report.peers) else 0
    peers = [peer for peer in report.peers if has_process(peer)]
    figure = Figure(figsize=(11, 7.2), layout="constrained", facecolor="white")
    for axes, panel in zip(figure.subplots(2, 2).flat, panels(streams), strict=True):
        _draw(axes, panel, peers)
    legend = {"shadowbench": _OURS, "mirrors too": _MIRRORS, "does not mirror": _PLAIN}
    handles = [Patch(color=colour, label=label) for label, colour in legend.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    figure.suptitle("One worker on one core, bodies of 300 B", fontsize=10, color=_INK)
    metadata = {"Date": None} if path.suffix == ".svg" else None  # the same numbers make the same file
    figure.savefig(path, metadata=metadata)


def _draw(axes: Axes, panel: Panel, peers: Sequence[PeerResult]) -> None:
    shown = [peer for peer in peers if not math.isnan(panel.value(peer))]
    values = [panel.value(peer) for peer in shown]
    axes.set_title(panel.title, loc="left", fontsize=9, fontweight="bold", color=_INK)
    axes.barh(range(len(shown)), values, color=[_colour(peer) for peer in shown], height=0.7)
    for at, (peer, value) in enumerate(zip(shown, values, strict=True)):
        worst = panel.worst(peer)
        known = not math.isnan(worst)
        if known:
            axes.plot([value, worst], [at, at], color=_INK, linewidth=1.2, marker="|", markevery=[1])
        label = f"{value:,.0f} – {worst:,.0f}" if known else f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"
        axes.annotate(
            label,
            (worst if known else value, at),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=_INK,
        )
    # Long names would leave the titles no room.
    names = [textwrap.fill(peer.name.replace("`", ""), _NAME_WIDTH, break_on_hyphens=False) for peer in shown]
    axes.set_yticks(range(len(shown)), names)
    axes.invert_yaxis()
    if panel.logarithmic and values:
        axes.set_xscale("log")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xmargin(0.3)
    axes.autoscale_view()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _colour(peer: PeerResult) -> str:
    if peer.key.startswith("shadowbench"):
        return _OURS
    return _MIRRORS if "mirror" in peer.key else _PLAIN
