"""The exporter: copies of new pairs leave the machine on a schedule.

`shipment.py` decides what the next file holds (pure), `bookmark.py` keeps the place, `lock.py` lets one process at a time work
on it, `shipping.py` does one file, `__main__.py` is the process. It reads the log as any reader does and must not know the
other jobs.
"""
