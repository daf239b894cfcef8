"""What requests cost, and how long answers are."""

from __future__ import annotations

from dashboards.kinds import lines
from dashboards.panels import Query, Section
from dashboards.promql import TARGETS, mean, or_zero, quantile, rate

SECTION = Section(
    title="Cost and length",
    panels=[
        lines(
            "Cost of a request",
            "Mean cost of a request with all of its attempts, where the price is known.",
            Query(expression=mean("request_cost_usd", TARGETS, by="target"), legend="{{target}}"),
            unit="currencyUSD",
            nothing="no prices",
            defaults={"decimals": 6},
        ),
        lines(
            "Cost of a request, p95",
            "What 95 of 100 requests cost at most. Far above the mean: a few dear requests make most of the bill.",
            Query(expression=quantile(0.95, "request_cost_usd", TARGETS, by="target"), legend="{{target}}"),
            unit="currencyUSD",
            nothing="no prices",
            defaults={"decimals": 6},
        ),
        lines(
            "Calls of unknown price",
            "Answers in the log whose cost nobody knows, by reason: unknown_model asks for an entry in prices, "
            "no_usage for an endpoint that reports its usage. They are in no sum of costs.",
            Query(
                expression=or_zero(rate("recorder_unpriced_total", TARGETS, by="target, reason"), reason="none so far"),
                legend="{{target}} {{reason}}",
            ),
            unit="reqps",
            overrides=[],
        ),
        lines(
            "Output tokens",
            "Mean output tokens of an answer, reasoning included, as providers report them. Makers count by "
            "tokenizers of their own.",
            Query(expression=mean("request_output_tokens", TARGETS, by="target"), legend="{{target}}"),
            unit="short",
            nothing="no usage is reported",
        ),
        lines(
            "Input tokens",
            "Mean input tokens of a request, cached ones included. Far apart on the same requests: other tokenizers, "
            "or another system prompt.",
            Query(expression=mean("request_input_tokens", TARGETS, by="target"), legend="{{target}}"),
            unit="short",
            nothing="no usage is reported",
        ),
        lines(
            "Cached, written and thought",
            "Share of all tokens that were read from a cache, written into one, or spent on reasoning.",
            Query(
                expression=or_zero(
                    f"{rate('token_parts_total', TARGETS, by='target, part')}"
                    f" / on (target) group_left () ({rate('tokens_total', TARGETS, by='target')} > 0)",
                    part="none so far",
                ),
                legend="{{target}} {{part}}",
            ),
            unit="percentunit",
            overrides=[],
            nothing="no usage is reported",
        ),
    ],
)
