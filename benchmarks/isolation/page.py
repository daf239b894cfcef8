"""docs/isolation.md."""

from __future__ import annotations

from benchmarks.isolation.output import (
    PROMISED,
    PROMISED_OF,
    WORDS,
    Report,
    copy_rows,
    instrument,
    latency_rows,
    shortfalls,
    table,
    verdict_rows,
)
from benchmarks.isolation.rounds import MEASURES

_PAGE = """# Isolation: what clients notice of mirroring

Production's latency and bytes while everything behind the proxy goes wrong, beside the same load with mirroring off. Run it
yourself: `make bench-isolation` (Linux, two cores, root for priorities and a small disk; exit code 1 when a promise is not
kept; this run took {minutes:.0f} minutes). `make bench-isolation ARGS="{flags}"` wrote this page on {at}, with the
proxy's hot path {compiled}.
The same faults as facts without times are tests: `tests/integration/test_isolation*.py`, `tests/e2e/test_losses.py`.

## What is promised, and what came of it

In every scenario: no error, every answer production's, byte for byte; and against the same load without mirroring, the 95 %
interval of the ratio ends below 1.05 at p50 and below 1.10 at p90, or, where noise alone is wider, below where mirroring off
against itself ends. Production thinks 20 ms before its first byte, which is short for a model: one millisecond more
breaks the promise. What is added by the microsecond is in the
[last table](#latency-whole-answer-of-a-production-that-answers-at-once); of such a production nothing is promised as a ratio.

{verdicts}

{shortfalls}

## Method

- **One sidecar goes on for a whole scenario**: `shadowbench serve` with one proxy worker, mirror, recorder, SQLite. Mirroring
  is switched at its control port (`resume`, `kill`), so that processes, connections and caches are the same in both arms and
  only mirroring differs. Before an arm without, mirror, recorder and candidate have come to rest.
- **Rounds**: off, on, on, off, {half:g} s each. The first and second halves of a round have the same arrivals in both arms.
  What drifts evenly within a round hits both alike. {rounds} rounds, and five more at a time, {most_rounds} at most, while
  an interval is so wide that it could not end below its promise even around 1: noise decides how long it takes, and not
  what comes out.
- **Load**: open loop, Poisson arrivals, {rate:g} requests/s; a fifth are streams of 8 tokens, 5 ms apart, all others whole
  answers of 1.3 KB; prompts have 4 KiB. Production thinks 20 ms before its first byte; half of the whole answers it gives at
  once, where nothing hides what the proxy adds. Times count from the *intended* send time; a request that finds no idle
  connection opens one. Every answer is compared with the script after its window.
- **Cores**: the proxy worker has core 0 {shielded}.
  {placement}
  Load and production are the instrument and run before all else on core 1 (SCHED_FIFO), for in the field they are other
  machines: what is measured is the proxy, not a load generator that starves. Candidate, mirror and recorder get what is
  left. The product's own niceness (mirror 5, recorder 10) stays as it is.
  {awake}
- **Statistics**: quantiles of each arm in each round; their ratio on ÷ off by round; of their logarithms Hodges and
  Lehmann's shift with the interval of Wilcoxon's signed ranks ([statistics.md](statistics.md)), which single rounds in which
  other machines took the processor do not move. Cells of µs are medians over rounds. *(a)* is mirroring off in both arms:
  what this machine does by itself. p99 is shown, nothing is promised of it. Of {tests} intervals one in forty lies wholly
  above the true ratio by chance. "Yes": all intervals end within the promise; "NO": one begins beyond it, or there was an
  error; "not shown": one begins within and ends beyond, for noise is too wide.
- **Faults** are in force in the arm with mirroring only; the candidate's breaker is off, so that it goes on being called.
  *(c)* reads and never answers. *(d)* thinks 200 ms and takes 50 ms a token. *(e)* sends bytes without end, as
  fast as they are taken. *(h)* `BEGIN EXCLUSIVE` by another process. *(i)* a tmpfs of 256 MiB that is filled to the last byte,
  or where none can be mounted `RLIMIT_FSIZE` on the recorder. *(j)* 20 MB up, a second later 20 MB down, and so on. *(k)* four
  clients that take one byte a second of streams without end. In *(j)*, *(k)* and *(l)* the arm without mirroring has that
  load too, begun anew half a second before every window.

{instrument}.

## Machine

{machine}

{latencies}

## What became of the copies

Evidence that the faults were there. "Offered" are requests to endpoints that are mirrored, while mirroring was on; "killed" and
"paused" are what the switch ended between the arms.

{copies}

## To keep in mind

- Loopback, no TLS, one worker. Production that thinks for seconds, as large models do, makes every ratio smaller.
- Handing off costs the worker CPU ("proxy CPU" above), after the client has its bytes: it can delay only what
  arrives in that moment. Near a worker's full load that is no longer little; [benchmarks.md](benchmarks.md) shows what it takes
  of the peak.
- With two cores, candidate, mirror and recorder share one with load and production, and a kernel that is not preemptible lets
  these in only when a system call of those has ended. *(f)* is without that: the proxy hands off all the same, and the mirror
  stands still. What other scenarios show beyond *(f)* is that core, and not the proxy.
- A proxy that shares its core with mirror and recorder is another measurement: `--together`.
- On a machine that is busy otherwise use `--shield`; the noise of *(a)* tells whether a run is worth anything.
"""


def markdown(report: Report) -> str:
    """The page."""
    course = report.course
    return _PAGE.format(
        minutes=report.minutes,
        at=f"{report.at:%Y-%m-%d}",
        flags=report.flags,
        compiled="compiled" if report.compiled else "interpreted",
        verdicts=table(verdict_rows(report)),
        shortfalls=_shortfalls(report),
        half=course.seconds / 2,
        rounds=course.rounds,
        most_rounds=course.most_rounds,
        rate=course.rate,
        shielded="and goes before strangers there" if course.shield else "to itself",
        placement=(
            "All else is on core 1, as if the mirror were a container of its own."
            if course.apart
            else "Mirror and recorder share it; all else is on core 1."
        ),
        awake=(
            "A process of the idle class keeps each core awake: to wake one takes tens of microseconds, and one that mirrors\n"
            "  sleeps less, so that mirroring would look faster than it is (`--asleep` is without)."
            if course.awake
            else "Cores fall asleep between requests; one that mirrors sleeps less, and looks faster for it."
        ),
        tests=len(PROMISED_OF) * len(PROMISED) * (len(report.results) - 1),
        instrument=instrument(report).capitalize(),
        machine=_machine(report),
        latencies="\n\n".join(f"## Latency: {WORDS[each]}\n\n{table(latency_rows(report, each))}" for each in MEASURES),
        copies=table(copy_rows(report)),
    )


def _shortfalls(report: Report) -> str:
    found = shortfalls(report)
    if not found:
        return "Every promise was kept in this run."
    return "**Not kept in this run:**\n\n" + "\n".join(f"- {line}" for line in found)


def _machine(report: Report) -> str:
    machine = report.machine
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:g} GiB, Linux {machine.kernel}; {machine.python}, "
        f"uvloop {machine.uvloop}. Load average before: {machine.load_average:.1f}."
    )
