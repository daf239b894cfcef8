"""How this interpreter was built. `PYTHON benchmarks/interpreter.py` prints it; exit code 0 when it is an optimised build.

Without profile-guided optimisation our code, and aiohttp's alike, takes 25 to 30 % longer. Python tells it only in part:
--enable-optimizations is in its configure arguments, but Debian and Ubuntu build with `make profile-opt` instead, and are known
by where their packages keep wheels. Needs nothing but the standard library of Python 3.
"""

import sys
import sysconfig

_DEBIAN = "--with-wheel-pkg-dir=/usr/share/python-wheels"


def how_optimised(configure: str) -> str:
    """From the configure arguments: what says that it was optimised; "" when nothing does."""
    if "--enable-optimizations" in configure:
        return "--enable-optimizations"
    return "Debian's build, make profile-opt" if _DEBIAN in configure else ""


def describe() -> str:
    """Version and build of the running one."""
    how = how_optimised(str(sysconfig.get_config_var("CONFIG_ARGS") or ""))
    version = ".".join(map(str, sys.version_info[:3]))
    return f"Python {version}, " + (f"optimised ({how})" if how else "NOT built with profile-guided optimisation")


if __name__ == "__main__":
    print(describe())
    import ensurepip  # noqa: F401  # what venv needs; Debian has it in a package of its own

    suits = sys.version_info >= (3, 11) and how_optimised(str(sysconfig.get_config_var("CONFIG_ARGS") or ""))
    sys.exit(0 if suits else 1)
