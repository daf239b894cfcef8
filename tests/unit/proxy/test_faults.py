"""What the client is told when production fails."""

import pytest

from shadowbench.http1.heads import REASONS
from shadowbench.proxy import faults

CONNECT = ["refused", "reset", "dns", "tls", "timed_out_connect", "unreachable"]
RESPONSE = ["reset", "truncated", "stale", "bad_response"]
ALL = [
    *map(faults.of_connect, CONNECT),
    *map(faults.of_response, RESPONSE),
    faults.FIRST_BYTE,
    faults.UPLOAD,
    faults.IDLE,
]


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.code)
def test_every_fault_has_a_gateway_status_a_code_and_a_sentence(fault):
    assert fault.status in (502, 504) and fault.status in REASONS
    assert (fault.status == 504) == ("timed_out" in fault.code)
    assert fault.code.startswith("production_") and fault.code.isascii() and fault.code.islower()
    assert "production" in fault.message and not fault.message.endswith(".")


def test_each_cause_has_a_code_of_its_own_except_resets():
    codes = [fault.code for fault in ALL]
    assert sorted({code for code in codes if codes.count(code) > 1}) == ["production_reset"]


def test_causes_that_nobody_foresaw_are_told_in_general_terms():
    assert faults.of_connect("new").code == "production_unreachable"
    assert faults.of_response("new").code == "production_reset"
