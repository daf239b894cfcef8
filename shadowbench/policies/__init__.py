"""Policy files: what a user declares, as keys with bounds, and the nouns of `report.policy` that become of it.

amounts     margins as they are written: 0.02, 2%, 200 ms
fields      the keys
checking    what is sound alone and not together
extending   one file laid over another
making      the policy

Files are read, and errors get their file and line, in `configuration.py`.
"""
