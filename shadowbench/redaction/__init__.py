"""What must not be kept of texts and bodies: found, and replaced by typed keyed hashes. Pure.

`kinds` says what is looked for (`credentials`, `known`, `personal`, `own`), `finder` where it stands, `json_strings` and
`streams` what a body consists of, `redactor` puts it together. The package knows nothing of exchanges: texts and bytes only.
"""
