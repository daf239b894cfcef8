"""A look at the whole log for those who watch: what the report would say of what was declared, as numbers.

A scoring worker runs it as a process of its own, with the lowest priority, and reads what it prints.
"""
