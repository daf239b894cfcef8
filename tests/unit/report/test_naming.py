"""A name that there is not, and those that there are."""

from shadowbench.report.naming import not_there


def test_the_nearest_is_named_and_all_that_there_are() -> None:
    assert not_there("--again agian", "no pairs", ["again", "small"]) == (
        "--again agian: no pairs; did you mean 'again'? There are: again, small"
    )


def test_where_none_is_near_all_are_named() -> None:
    assert not_there("--again x", "no pairs", ["again"]) == "--again x: no pairs. There are: again"
    assert not_there("--again x", "no pairs", []) == "--again x: no pairs. There are: none"


def test_of_very_many_some_are_named() -> None:
    assert not_there("--again x", "no pairs", [str(k) for k in range(14)]).endswith("9, 10, 11 and 2 more")
