"""For all tests: how many examples hypothesis tries, and when the garbage collector works.

A property that names no number is tried with 50 examples, as `make test` runs on every change; SHADOWBENCH_EXAMPLES says
otherwise, and `make soak` wants many. No example has a deadline: machines are slow when they are busy.
"""

import gc
import os
import signal
from collections.abc import Generator

import pytest
from hypothesis import settings

settings.register_profile(
    "here", settings(), max_examples=int(os.environ.get("SHADOWBENCH_EXAMPLES", "50")), deadline=None
)
settings.load_profile("here")

# Who is started with hang-ups ignored, as by nohup, goes on ignoring them, and so would the sidecars that tests hang up. What
# is handled here is at its default again in processes that are started.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda number, frame: None)

# Who wants to test compiled modules is not to test the sources beside them without knowing.
if os.environ.get("SHADOWBENCH_TESTS_EXPECT") == "compiled":
    from shadowbench.compiling import IS_COMPILED

    assert IS_COMPILED, "shadowbench is imported from its sources"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end: the collector, which would find nothing, is not to walk it all the time.

    That is a quarter of the time of collecting, and a tenth of that of the tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
