"""Expressions as all panels have them: of the sidecars that are chosen above the panels. Pure.

    rate, quantile    over `$__rate_interval`, the shortest time that has enough samples for the resolution on the screen
    increase          over `$__range`, the whole time that is shown

What was never counted has no series, and so no value. For most counts of what goes wrong that reads as "no data", which could
also mean that nothing is scraped. `or_zero` puts a 0 there, but only while a sidecar is scraped: absent is not zero.
"""

from __future__ import annotations

PREFIX = "shadowbench_"
CHOSEN = 'job=~"$job", instance=~"$instance"'
TARGETS = 'target=~"production|$target"'
"""Production is always there to compare with; the variable chooses who is compared with it."""
CANDIDATES = 'candidate=~"$target"'
NONE = "none so far"
_WINDOW = "[$__rate_interval]"
_PERIOD = "[$__range]"


def series(name: str, *matchers: str) -> str:
    """A signal's series, of the chosen sidecars."""
    return f"{PREFIX}{name}{{{', '.join((CHOSEN, *matchers))}}}"


def total(expression: str, by: str = "") -> str:
    """The sum over processes and pods, apart by the labels of `by`."""
    return _aggregate("sum", expression, by)


def most(expression: str, by: str = "") -> str:
    """The largest, apart by the labels of `by`."""
    return _aggregate("max", expression, by)


def least(expression: str, by: str = "") -> str:
    """The smallest, apart by the labels of `by`."""
    return _aggregate("min", expression, by)


def rate(name: str, *matchers: str, by: str = "") -> str:
    """How much a counter grows in a second."""
    return total(f"rate({series(name, *matchers)}{_WINDOW})", by)


def hourly(name: str, *matchers: str, by: str = "") -> str:
    """How much a counter grows in an hour at this pace."""
    return f"3600 * {rate(name, *matchers, by=by)}"


def grown(name: str, *matchers: str, by: str = "") -> str:
    """How much a counter has grown from one point on the screen to the next."""
    return total(f"increase({series(name, *matchers)}{_WINDOW})", by)


def increase(name: str, *matchers: str, by: str = "") -> str:
    """How much a counter has grown in the time that is shown."""
    return total(f"increase({series(name, *matchers)}{_PERIOD})", by)


def last_hour(name: str, *matchers: str, by: str = "") -> str:
    """How much a counter has grown within an hour, its first count included: of what should never happen the first is the one
    that matters, and to Prometheus a series that comes with a 1 has not grown."""
    counter = series(name, *matchers)
    return total(f"({counter} unless {counter} offset 1h) or increase({counter}[1h])", by)


def quantile(level: float, name: str, *matchers: str, by: str = "") -> str:
    """Of a histogram. `name`: without _bucket."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({level:g}, {rate(f'{name}_bucket', *matchers, by=labels)})"


def mean(name: str, *matchers: str, by: str = "") -> str:
    """Of a histogram or summary, by its sum and count."""
    count = rate(f"{name}_count", *matchers, by=by)
    return f"{rate(f'{name}_sum', *matchers, by=by)} / ({count} > 0)"


def period_mean(name: str, *matchers: str, by: str = "") -> str:
    """The same of the whole time that is shown."""
    count = increase(f"{name}_count", *matchers, by=by)
    return f"{increase(f'{name}_sum', *matchers, by=by)} / ({count} > 0)"


def share(part: str, whole: str) -> str:
    """What part of the whole it is; 0 where there is none of it, and nothing where there is no whole."""
    return f"({part} or 0 * {whole}) / ({whole} > 0)"


def of_one_log(expression: str) -> str:
    """What all processes that share a log tell of it: the largest, so that it counts once."""
    return f"max without (role, worker) ({expression})"


def or_zero(expression: str, **labels: str) -> str:
    """The expression or, where it has nothing while a sidecar is scraped, 0 with these labels."""
    zero = f"0 * count({series('build_info')})"
    if not labels:
        return f"{expression} or {zero}"
    for name, value in labels.items():
        zero = f'label_replace({zero}, "{name}", "{value}", "", "")'
    return f"{expression} or on () {zero}"


def or_none(expression: str, label: str = "reason") -> str:
    """A count by reason or, where there is none, 0 under a name that says so."""
    return or_zero(expression, **{label: NONE})


def _aggregate(operator: str, expression: str, by: str) -> str:
    return f"{operator} by ({by}) ({expression})" if by else f"{operator}({expression})"
