"""The wire formats that the scripted provider speaks, one file each: what a request wants, and how its answer is written.

All are pure and have one shape, `base.Format`. They share nothing with `wire`, which reads what they write: what checks a
reader must not be that reader.
"""
