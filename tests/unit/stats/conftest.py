from __future__ import annotations

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Matrices here are small: threads that wait for each other cost many times what they save on a busy machine."""
    with threadpool_limits(1):
        yield
