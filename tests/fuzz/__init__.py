"""Targets that arbitrary bytes are thrown at, each a function `one(data)` that raises when the code under it does wrong.

Hypothesis (`make test`), the kept inputs in `corpus/` (`make test`) and atheris (`make soak`) call the same functions. What
right means is written in each target: see docs/fuzzing.md.
"""
