"""The report as one HTML file, which the person who signs the migration reads, mails and prints.

Each section has a module that says what is in it, in plain nouns (summary, choices, matrix, latencies, costing, changes,
slices, judges, examples, traffic, methods), a template that sets it, and, where the extra `charts` is installed, charts
(figures). `page` puts them together. Sentences and forms of numbers are `report.words`.
"""

from shadowbench.report.html.page import render

__all__ = ["render"]
