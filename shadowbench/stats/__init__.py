"""Statistics for paired, clustered, weighted data, looked at while it grows. Pure: numbers in, numbers out.

Columns come in as arrays and are checked at the door (columns); what is independent is told by clusters.Clusters; chance is
a Generator that is given. Out comes an estimates.Estimate with its interval, or an estimates.Evidence with its p; or why
there is none. Each module is one question; methods.ABOUT has what each method answers, and docs/statistics.md examples.
Nothing here knows of pairs, metrics, judges or reports.
"""
