"""What the next file holds: everything once, whatever crashes between the steps."""

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.exporter.shipment import Bookmark, Shipment, name_of, next_shipment, retry_delay_s

NOON = 1_760_011_200.0  # 2025-10-09T12:00:00Z


def following(bookmark: Bookmark, newest: int, *, at: float = NOON, format: str = "jsonl") -> Shipment | None:
    return next_shipment(bookmark, newest, at=at, format=format, max_exchanges=100)


def test_the_first_file_begins_at_the_start_and_is_bounded() -> None:
    assert following(Bookmark(), 250) == Shipment(
        after=0, upto=100, name="pairs-20251009T120000Z-000000000001-000000000100.jsonl.gz"
    )
    assert following(Bookmark(after=200), 250) == Shipment(
        after=200, upto=250, name="pairs-20251009T120000Z-000000000201-000000000250.jsonl.gz"
    )


def test_nothing_new_is_no_file() -> None:
    assert following(Bookmark(), 0) is None
    assert following(Bookmark(after=250), 250) is None


def test_a_file_that_was_on_its_way_keeps_its_name_and_range() -> None:
    begun = following(Bookmark(), 30)
    assert following(Bookmark(pending=begun), 80, at=NOON + 3600) == begun


def test_a_file_of_another_format_is_begun_anew() -> None:
    begun = following(Bookmark(), 30)
    again = following(Bookmark(pending=begun), 80, format="parquet")
    assert again is not None
    assert again.name.endswith("-000000000001-000000000080.parquet")


def test_another_log_in_the_same_place_is_sent_from_its_start() -> None:
    found = following(Bookmark(after=5000, pending=Shipment(after=5000, upto=5100, name="x.jsonl.gz")), 7)
    assert found is not None
    assert (found.after, found.upto) == (0, 7)


def test_names_sort_by_time_then_number() -> None:
    names = [
        name_of(0, 9, at=NOON, format="csv"),
        name_of(9, 100, at=NOON, format="csv"),
        name_of(100, 101, at=NOON + 1, format="csv"),
        name_of(10**9, 10**10, at=NOON + 1, format="csv"),
    ]
    assert names == sorted(names)


@given(st.lists(st.tuples(st.integers(0, 300), st.booleans()), max_size=20))
def test_every_number_is_in_exactly_one_file_whatever_crashes(steps: list[tuple[int, bool]]) -> None:
    bookmark, newest, stored = Bookmark(), 0, dict[str, range]()
    for clock, (new, crashes) in enumerate([*steps, *[(0, False)] * 70]):
        newest += new
        shipment = following(bookmark, newest, at=NOON + clock)
        if shipment is None:
            continue
        bookmark = Bookmark(after=shipment.after, pending=shipment)
        stored[shipment.name] = range(shipment.after + 1, shipment.upto + 1)  # a name is written over itself
        if not crashes:
            bookmark = Bookmark(after=shipment.upto)
    assert sorted(number for numbers in stored.values() for number in numbers) == list(range(1, newest + 1))


def test_tries_come_slower_and_never_slower_than_the_schedule() -> None:
    assert [retry_delay_s(failures, 60.0) for failures in (1, 2, 3, 4, 5, 500)] == [5, 10, 20, 40, 60, 60]
