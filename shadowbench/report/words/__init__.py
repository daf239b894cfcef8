"""What a report says, in words: the one place for its sentences and the forms of its numbers, shared by all renderers.

numbers      values with their units, intervals, p, times
codes        what the short codes of reasons, roles, statistics and requirements mean
conclusions  verdicts, conditions, effects
sentences    notes, by their codes

Plain text without markup: whoever renders it escapes it. Names that come from a log are told as they are.
"""

from shadowbench.report.words.codes import (
    alarm,
    blocker_title,
    goal,
    measure_title,
    reason,
    role,
    standing,
    statistic,
)
from shadowbench.report.words.conclusions import (
    TIES,
    amount,
    because,
    beside,
    blocker,
    claim,
    condition,
    decision,
    effect,
    met,
    needed,
    on_scale,
    outcomes,
    outlook,
    scaled,
    sizes,
)
from shadowbench.report.words.numbers import (
    ABSENT,
    between,
    count,
    duration,
    interval,
    moment,
    number,
    p_value,
    rough,
    share,
    shares,
    waiting,
)
from shadowbench.report.words.sentences import sentence

__all__ = [
    "ABSENT",
    "TIES",
    "alarm",
    "amount",
    "because",
    "beside",
    "between",
    "blocker",
    "blocker_title",
    "claim",
    "condition",
    "count",
    "decision",
    "duration",
    "effect",
    "goal",
    "interval",
    "measure_title",
    "met",
    "moment",
    "needed",
    "number",
    "on_scale",
    "outcomes",
    "outlook",
    "p_value",
    "reason",
    "role",
    "rough",
    "scaled",
    "sentence",
    "share",
    "shares",
    "sizes",
    "standing",
    "statistic",
    "waiting",
]
