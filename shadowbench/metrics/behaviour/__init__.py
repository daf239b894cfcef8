"""How an endpoint behaves, whatever it was asked: whether it refuses, stops short, changes the language, leaks, loops.

None of it needs a right answer. Most is told of each side by itself, so that the difference between the sides is the finding.
"""

from shadowbench.metrics.base import Metric
from shadowbench.metrics.behaviour.ending import empty, truncation
from shadowbench.metrics.behaviour.form import format_drift, length, length_words
from shadowbench.metrics.behaviour.grades import readability
from shadowbench.metrics.behaviour.languages import language, language_agreement
from shadowbench.metrics.behaviour.loops import repetition
from shadowbench.metrics.behaviour.pii import pii_leaked
from shadowbench.metrics.behaviour.refusals import refusal, refusal_flip, refusal_flip_inverse

METRICS: tuple[Metric, ...] = (
    refusal,
    refusal_flip,
    refusal_flip_inverse,
    truncation,
    empty,
    language,
    language_agreement,
    pii_leaked,
    repetition,
    format_drift,
    length,
    length_words,
    readability,
)
