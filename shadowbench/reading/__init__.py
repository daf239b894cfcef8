"""Pair logs as numpy arrays, for reports and notebooks: docs/python.md.

`shadowbench.read` begins here. This package chooses pairs, puts several logs together and hands over frames; the store reads.
It knows no formats of reports and no statistics. Texts are read pair by pair, never all.
"""
