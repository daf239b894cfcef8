"""Whether what is tested was compiled (docs/compiled.md), for the few tests that compiled code cannot be put to."""

import pytest

from shadowbench.compiling import IS_COMPILED

# Compiled code calls the methods that it was compiled with.
interpreted = pytest.mark.skipif(IS_COMPILED, reason="replaces methods, which compiled code does not look up")
