"""Whether somebody who reads /metrics every second is noticed by those who read token streams.

`python -m benchmarks.scraping`: 500 streams through all of `shadowbench serve`, in windows with and without a scrape a second.
"""
