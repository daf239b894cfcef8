"""What the pair log says, for people: a pure summary, then one file per way to show it.

It reads a log through `store/base.py` and must not know the jobs that filled it. Same log in, same bytes out.
"""
