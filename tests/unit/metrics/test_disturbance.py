import pytest

from shadowbench.metrics.disturbance import why_untimed
from shadowbench.records import Timing
from shadowbench.store.testing import an_observation


@pytest.mark.parametrize(
    ("timing", "why"),
    [
        (Timing(last_byte_s=2.0), None),
        (Timing(last_byte_s=2.0, paused_s=0.001), "paused"),
        (Timing(last_byte_s=2.0, loop_lag_s=0.009), None),
        (Timing(last_byte_s=2.0, loop_lag_s=0.09), None),
        (Timing(last_byte_s=2.0, loop_lag_s=0.11), "late"),
        (Timing(last_byte_s=2.0, first_content_s=0.3, loop_lag_s=0.09), "late"),
        (Timing(loop_lag_s=0.02), "late"),
    ],
)
def test_times_are_the_endpoint_s_unless_we_were_in_its_way(timing: Timing, why: str | None) -> None:
    assert why_untimed(an_observation(timing=timing)) == why
