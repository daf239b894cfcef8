"""The pair log: where exchanges and their pairs are kept.

`base.py` says what a log promises, `opening.py` opens one by URL, one file per implementation does it. The schema is in
`migrations/` (numbered SQL), the statements in `sql/`, the translation between our nouns and rows in `rows.py` (pure).
It must not know the jobs: it takes `records.Exchange` and gives it back as it was.
"""
