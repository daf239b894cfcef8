"""From the proxy to the mirror, and from there to the recorder."""

from __future__ import annotations

from dashboards.kinds import YES_IS_GOOD, lines, states
from dashboards.panels import Query, Section
from dashboards.promql import grown, least, or_none, or_zero, rate, series, total

SECTION = Section(
    title="The handoff from proxy to mirror",
    panels=[
        states(
            "Connected to the mirror",
            "Whether each proxy process hands copies to a mirror. No: requests are served, and counted as "
            "mirror_away; look at the mirror.",
            Query(
                expression=least(series("handoff_connected"), by="instance, role, worker"),
                legend="{{role}} {{worker}} {{instance}}",
            ),
            names=YES_IS_GOOD,
            nothing="not scraped",
        ),
        lines(
            "Share that is handed off",
            "Share of what the rates want that is handed off. Below 1 the mirror did not keep up, and the proxy "
            "copies less by a share that the log knows. It comes back by a tenth in a second.",
            Query(expression=least(series("handoff_admitted_ratio"), by="instance"), legend="{{instance}}"),
            unit="percentunit",
            defaults={"max": 1},
            nothing="not scraped",
        ),
        lines(
            "What the proxies decided about copies",
            "Requests by what the proxy decided about their copy; each is counted once. sampled: handed off; "
            "not_sampled: your rates; endpoint: no request to a model; mirror_away and handoff_full: wanted, and not "
            "copied.",
            Query(expression=rate("handoff_exchanges_total", by="decision"), legend="{{decision}}"),
            unit="reqps",
            stacked=True,
            nothing="not scraped",
        ),
        lines(
            "Lost and cut short",
            "Copies that were handed off and went with a mirror that died (lost), that were given up halfway because "
            "it did not keep up, or that it had no use for (normal: an exchange that may not be copied).",
            Query(expression=or_none(rate("handoff_lost_total", by="reason")), legend="lost: {{reason}}"),
            Query(expression=or_zero(rate("handoff_cut_short_total")), legend="cut short"),
            Query(expression=or_zero(rate("handoff_unwanted_total")), legend="unwanted"),
            unit="reqps",
        ),
        lines(
            "Connections between processes that ended",
            "Ended, given up because the other side stopped reading, or refused (another user's socket, or not our "
            "protocol). Some around a restart are normal.",
            Query(
                expression=or_zero(grown("handoff_disconnects_total", by="role"), role="any"), legend="{{role}}: ended"
            ),
            Query(
                expression=or_zero(grown("handoff_hangups_total", by="role"), role="any"), legend="{{role}}: given up"
            ),
            Query(expression=or_none(grown("handoff_refusals_total", by="reason")), legend="refused: {{reason}}"),
            Query(
                expression=or_none(grown("mirror_refusals_total", by="reason")),
                legend="refused by the mirror: {{reason}}",
            ),
            Query(
                expression=or_none(grown("recorder_refusals_total", by="reason")),
                legend="refused by the recorder: {{reason}}",
            ),
            Query(expression=or_zero(grown("mirror_proxies_lost_total")), legend="proxies that left without a goodbye"),
            unit="short",
            bars=True,
        ),
        lines(
            "Not settled yet",
            "Exchanges that were handed off and are neither in the log nor counted as discarded. It follows the "
            "traffic; it must fall to 0 when there is none.",
            Query(expression=total(series("handoff_unsettled")), legend="at the proxies"),
            Query(expression=total(series("mirror_unsettled_exchanges")), legend="at the mirror"),
            Query(expression=total(series("recorder_open_exchanges")), legend="at the recorder"),
            unit="short",
            nothing="not scraped",
        ),
    ],
)
