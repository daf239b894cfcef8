"""The scorer: pairs of the log get their scores, behind everything that has to do with traffic.

`__main__.py` is the process: it claims pairs, has them scored and settles. Metrics, which are other people's code too, run in a
process of their own (`runner.py`, started and watched by `running.py`): one that hangs or crashes costs a score and no more.
Judges are asked from the worker's own loop (`judge_lane.py`). It reads and writes the log and must not know the other jobs.
"""
