from __future__ import annotations

from benchmarks.interpreter import describe, how_optimised


def test_configure_arguments_tell_an_optimised_build() -> None:
    assert how_optimised("'--enable-shared' '--enable-optimizations' '--with-lto'") == "--enable-optimizations"


def test_debians_build_is_known_by_its_wheels() -> None:
    assert how_optimised("'--with-wheel-pkg-dir=/usr/share/python-wheels/'").startswith("Debian")


def test_a_plain_build_is_not_optimised() -> None:
    assert how_optimised("'--prefix=/root/.pyenv/versions/3.11.7'") == ""
    assert describe().startswith("Python 3.")
