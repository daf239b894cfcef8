"""Reading page by page, over a log made of a list."""

from shadowbench.records import Exchange
from shadowbench.store.base import LogError, Page, each_exchange, pairs_of
from shadowbench.store.testing import an_exchange, an_observation


class ListLog:
    """Just enough of a log to be read; it notes what it was asked."""

    def __init__(self, exchanges: list[Exchange]) -> None:
        self._exchanges = exchanges
        self.asked: list[tuple[int, int]] = []

    def newest(self) -> int:
        return len(self._exchanges)

    def page(self, *, after: int, upto: int, size: int = 2, with_bodies: bool = True) -> Page:
        self.asked.append((after, upto))
        last = min(after + 2, upto)
        numbers = tuple(range(after + 1, last + 1))
        return Page(exchanges=tuple(self._exchanges[after:last]), numbers=numbers, last=last, at_end=last == upto)


def test_pages_are_asked_for_up_to_one_fixed_number() -> None:
    log = ListLog([an_exchange(number) for number in range(5)])
    assert [exchange.sequence for exchange in each_exchange(log)] == [0, 1, 2, 3, 4]  # type: ignore[arg-type]
    assert log.asked == [(0, 5), (2, 5), (4, 5)]


def test_a_page_is_fetched_only_when_it_is_needed() -> None:
    log = ListLog([an_exchange(number) for number in range(5)])
    next(each_exchange(log))  # type: ignore[arg-type]
    assert log.asked == [(0, 5)]


def test_pairs_are_in_the_order_of_the_candidates() -> None:
    exchange = an_exchange(1, an_observation(endpoint="b"), an_observation(endpoint="a"))
    assert [pair.candidate.observation.endpoint for pair in pairs_of(exchange)] == ["b", "a"]


def test_a_log_error_ends_a_command_with_exit_code_4() -> None:
    assert LogError("disk_full", "full").exit_code == 4
