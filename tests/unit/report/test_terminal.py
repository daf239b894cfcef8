"""The tables are read on terminals of any width, with and without colour."""

import io

import pytest
from rich.console import Console

from shadowbench.records import Cost, FunnelCount, Outcome, Timing, Usage, UsageSource
from shadowbench.report.summary import Summary, summarise
from shadowbench.report.terminal import LIMITS, show
from shadowbench.store.testing import an_exchange, an_observation, invented_traffic


def shown(summary: Summary, width: int = 80, colour: bool = False) -> str:
    out = io.StringIO()
    show(summary, Console(file=out, width=width, force_terminal=colour, color_system="truecolor" if colour else None))
    return out.getvalue()


@pytest.fixture(scope="module")
def mixed() -> Summary:
    return summarise(invented_traffic(300), frozenset({"again"}))


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(mixed: Summary, width: int) -> None:
    text = shown(mixed, width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text
    for label in (
        "answered",
        "latency p50",
        "latency p95",
        "TTFT p50",
        "TTFT p95",
        "output tokens, mean",
        "same answer",
    ):
        assert text.count(f"\n{label} ") == 2


def test_without_colour_there_is_no_escape(mixed: Summary) -> None:
    assert "\x1b" not in shown(mixed)
    assert "\x1b[" in shown(mixed, colour=True)


def test_the_a_a_lane_is_recognisable_without_colour(mixed: Summary) -> None:
    text = shown(mixed)
    assert "again  A/A: production against itself." in text
    assert text.index("A/A") < text.index("small  small-2025-09-01")


def test_it_ends_with_what_it_cannot_say(mixed: Summary) -> None:
    assert " ".join(shown(mixed).split()).endswith(LIMITS)


def test_numbers_are_as_one_would_write_them() -> None:
    lines = {
        line.strip().split("  ")[0]: line.split()
        for line in shown(summarise([an_exchange(n) for n in range(30)])).splitlines()
    }
    assert lines["answered"] == ["answered", "100.0", "%", "100.0", "%", "+0.0", "points", "30"]
    assert lines["latency p50"] == ["latency", "p50", "500", "ms", "500", "ms", "+0", "%", "30"]
    assert lines["TTFT p50"] == ["TTFT", "p50", "–", "–", "0"]
    assert lines["same answer"] == ["same", "answer", "100.0", "%", "30"]


def test_too_few_pairs_show_a_dash_and_why() -> None:
    text = shown(summarise([an_exchange(n) for n in range(3)]))
    assert "too few pairs for that number (a p95 takes 20)" in text


def test_what_was_not_sent_and_left_out_is_said() -> None:
    unsent = an_observation(endpoint="small", outcome=Outcome.NOT_SENT, reason="not_sent:stale", answer=None)
    slow = an_exchange(2, production=an_observation(timing=Timing(last_byte_s=1.0, paused_s=0.5)))
    text = shown(summarise([an_exchange(1, unsent), slow]))
    assert "not sent: stale" in text
    assert "Left out of latency and TTFT: 1 pair read slowly for a slow client." in text


def test_words_of_a_provider_cannot_steer_the_terminal() -> None:
    evil = an_observation(
        endpoint="small",
        outcome=Outcome.STREAM_ERROR,
        reason="[red]\x1b[2J",
        reported_model="m\x1b]0;x\x07",
        answer=None,
    )
    text = shown(summarise([an_exchange(1, evil)]), colour=False)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[red]" in text


def test_agreement_stands_beside_productions_with_itself() -> None:
    other = an_observation("Vilnius.", endpoint="small")
    exchanges = [an_exchange(n, an_observation(endpoint="again"), other) for n in range(30)]
    text = shown(summarise(exchanges, frozenset({"again"})))
    lines = [" ".join(line.split()) for line in text.splitlines() if line.startswith("same answer")]
    assert lines == ["same answer 100.0 % 30", "same answer 100.0 % 0.0 % −100.0 points 30"]
    assert text.count("Agreement in the column production is production's with itself, from again.") == 1


def test_long_names_are_folded_and_nothing_is_lost() -> None:
    reason = "overloaded_" * 6
    candidate = an_observation(endpoint="n" * 64, outcome=Outcome.STREAM_ERROR, reason=reason, answer=None)
    text = shown(summarise([an_exchange(n, candidate) for n in range(30)]), width=60)
    assert max(len(line) for line in text.splitlines()) <= 60
    assert "n" * 60 in text
    assert "".join(text.split()).count("overloaded_") == 6


def test_costs_and_what_is_not_known_of_them_are_shown() -> None:
    cheap = an_observation(endpoint="small", cost=Cost(usd=0.0002, reason=None))
    unknown = an_observation(endpoint="small", cost=Cost(usd=None, reason="unknown_model"))
    dear = an_observation(cost=Cost(usd=0.001, reason=None))
    text = shown(summarise([an_exchange(1, cheap, production=dear), an_exchange(2, unknown, production=dear)]))
    lines = {line.split("  ")[0]: line.split() for line in text.splitlines()}
    assert lines["cost per 1,000 answers"][4:] == ["1.00", "USD", "0.2000", "USD", "−80", "%", "1"]
    assert lines["spent, same pairs"][3:] == ["0.0010", "USD", "0.0002", "USD", "−80", "%", "1"]
    assert "All known costs of production's calls: 0.0020 USD in 2 pairs." in text
    assert "All known costs of the candidate's" not in text
    assert "Cost not known of the candidate's 1 pair of a model without a known price." in text


def test_absurd_numbers_do_not_break_the_table() -> None:
    absurd = an_observation(
        endpoint="small",
        cost=Cost(usd=1e24, reason=None),
        usage=Usage(source=UsageSource.REPORTED, input_tokens=1, output_tokens=2**62),
        timing=Timing(first_content_s=1e9, last_byte_s=1e12),
        reported_model="m" * 100_000,
    )
    dear = an_observation(cost=Cost(usd=0.001, reason=None))
    text = shown(summarise([an_exchange(n, absurd, production=dear) for n in range(30)]))
    assert max(len(line) for line in text.splitlines()) <= 80
    lines = {line.split("  ")[0]: " ".join(line.split()) for line in text.splitlines()}
    assert lines["spent, same pairs"] == "spent, same pairs 0.0300 USD 3.00e+25 USD × 1.00e+27 30"
    assert f"small  {'m' * 60}…\n" in text


def test_the_report_begins_with_what_the_pairs_are_a_part_of() -> None:
    counts = [
        FunnelCount(epoch="e", candidate="", stage=stage, reason=reason, count=count)
        for stage, reason, count in (
            ("seen", "handed_off", 2000),
            ("seen", "not_sampled", 500),
            ("ineligible", "retry", 20),
            ("unsampled", "", 36),
            ("unsampled", "thinned", 741),
            ("unsampled", "warming_up", 0),
            ("sampled", "", 1500),
            ("recorded", "", 1499),
            ("discarded", "recorder_full", 1),
            ("lost", "lost_with_mirror", 3),
        )
    ]
    text = shown(summarise([an_exchange(1)], funnel=counts))
    assert "of 2,500 requests seen, 1,500 drawn, 1,499 recorded" in text
    for line in (
        "not offered: 500 not_sampled",
        "may not be copied: 20 retry",
        "not drawn: 741 thinned, 36 by the draw",
        "lost with a mirror: 3",
    ):
        assert f"  {line}\n" in text
