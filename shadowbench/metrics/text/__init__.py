"""What two texts have in common, word for word or letter for letter, and what an answer says. docs/metrics-catalogue.md
has them all."""

from __future__ import annotations

from shadowbench.metrics.agreement import agreement
from shadowbench.metrics.base import Metric
from shadowbench.metrics.text.choices import choice
from shadowbench.metrics.text.containing import contains, contains_all, contains_any, ends_with, starts_with
from shadowbench.metrics.text.distances import jaro_winkler, levenshtein_similarity, token_set_ratio
from shadowbench.metrics.text.exact import exact_match
from shadowbench.metrics.text.numbers import numeric_close, numeric_diff
from shadowbench.metrics.text.patterns import regex
from shadowbench.metrics.text.results import math_equiv
from shadowbench.metrics.text.rouge import rouge1, rouge2, rouge_l
from shadowbench.metrics.text.squad import token_f1
from shadowbench.metrics.text.translation import bleu, chrf, gleu, ter

_COMPARED = (
    exact_match,
    levenshtein_similarity,
    jaro_winkler,
    token_set_ratio,
    bleu,
    chrf,
    ter,
    gleu,
    rouge1,
    rouge2,
    rouge_l,
    token_f1,
    numeric_diff,
    numeric_close,
    choice,
    math_equiv,
)
_SAID = (contains, contains_any, contains_all, starts_with, ends_with, regex)

METRICS: tuple[Metric, ...] = (
    *(metric for both in _COMPARED for metric in both),
    *(metric for said in _SAID for metric in (said, agreement(said))),
)
