"""How many threads numpy's libraries take. No numpy here: it reads this when it is loaded."""

from __future__ import annotations

from collections.abc import MutableMapping

_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def one_thread(environ: MutableMapping[str, str]) -> None:
    """One, unless the environment says otherwise: reports are no matrix products, and a pool of threads costs more memory and
    time than it saves."""
    for name in _VARIABLES:
        environ.setdefault(name, "1")
