"""What a report says, as frozen nouns: analysis makes them, renderers show them, a gate obeys them.

The document is the report's JSON, too (`shadowbench.report`, version 1): renaming a field is a new version. Estimates and
evidence are those of `shadowbench.stats`; whatever is absent has a reason. Nothing here computes.
"""
