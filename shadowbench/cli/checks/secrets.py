"""The secret that the environment may give instead of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shadowbench import environment
from shadowbench.cli.checks import Finding, fail, ok
from shadowbench.secret import SECRET_ENV


def check(environ: Mapping[str, str]) -> Iterator[Finding]:
    """A finding where there is such a secret, which is not repeated."""
    if problems := environment.secret_problems(environ):
        yield from (fail("secret", each, "mend it, or unset it: then a file keeps one") for each in problems)
    elif environ.get(SECRET_ENV):
        yield ok("secret", f"comes from {SECRET_ENV}")
