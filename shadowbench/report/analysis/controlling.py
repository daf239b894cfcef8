"""What is left of a judge's preference where both answers are as long and look alike.

Length is in characters (metric `length`), else words, else output tokens, which count hidden reasoning, too, and
differ between makers. Densities of headings, lists and bold go in where measures of these names were scored on both sides.
"""

from __future__ import annotations

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.values import Paired
from shadowbench.report.document.comparisons import Controlled


def controlled(
    log: ReadLog, arm: Arm, paired: Paired, *, level: float = 0.95, seed: int = 0
) -> tuple[Controlled | None, str | None]:
    """Of a preference (`values.is_preference`), over pairs where both sides answered; of anything else (None, None).

    Without lengths it is None, with the reason `no_lengths`. A refusal of the method is in `rate.reason`, and told as the
    reason beside it.
    """
    raise NotImplementedError
