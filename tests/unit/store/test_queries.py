"""Statements are found by their names."""

from shadowbench.store.queries import parse_statements, statements


def test_a_statement_goes_from_its_name_to_the_next() -> None:
    text = "-- A file.\n\n-- name: one\n-- Why.\nSELECT 1;\n\n-- name: two\nSELECT 2;\n"
    assert parse_statements(text) == {"one": "-- Why.\nSELECT 1;", "two": "SELECT 2;"}


def test_every_statement_of_the_pair_log_ends_with_a_semicolon() -> None:
    assert all(statement.endswith(";") for statement in statements("pair_log").values())
