"""Personal data that has a form: what is, and what must survive."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.redaction.finder import Finder, apply
from shadowbench.redaction.kind import Kind
from shadowbench.redaction.personal import CARD, EMAIL, IBAN, IP_ADDRESS, PHONE, US_SSN, is_phone_member
from shadowbench.redaction.placeholders import PLACEHOLDER

ALL = (EMAIL, CARD, PHONE, IBAN, US_SSN, IP_ADDRESS)
BY_DEFAULT = (EMAIL, CARD, PHONE)


def found(text: str, *kinds: Kind) -> list[str]:
    """What is taken out, in order; the cue is asked first, as always."""
    finder = Finder(kinds or BY_DEFAULT, (), b"salt")
    edits = finder.edits(text)
    assert not edits or finder.is_suspicious(text.encode())
    return [text[edit.start : edit.end] for edit in edits]


AROUND = ["{}", "it is {}.", "({})", "a\n{}\nb", '"{}"', "<{}>", "x: {}, y"]


@pytest.mark.parametrize(
    "address",
    ["joe@example.com", "j.o+tag@mail.example.co.uk", "a@b.co", "josé@exämple.fr", "x_1%y-z@a-b.example", "o@o.museum"],
)
@pytest.mark.parametrize("around", AROUND)
def test_addresses(address: str, around: str) -> None:
    assert found(around.format(address), EMAIL) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "joe@localhost",
        "@decorator.cached",
        "npm i react@18.2.0 @types/node@20",
        "git@github.com:owner/name.git",
        "a @ b.com, x@, @y",
        "v1@sha256:0123",
    ],
)
def test_what_is_no_address(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "card",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "5555.5555.5555.4444",
        "378282246310005",
        "3782 822463 10005",
        "3056 930902 5904",
        "6011111111111117",
        "4222222222222",
        "2223003122003222",
        "4111\u00a01111\u00a01111\u00a01111",
        "4111\u202f1111\u202f1111\u202f1111",
    ],
)
@pytest.mark.parametrize("around", [*AROUND, ".{}", "卡号{}谢谢", "\u30ab\u30fc\u30c9{}"])
def test_cards(card: str, around: str) -> None:
    assert found(around.format(card), CARD) == [card]


@pytest.mark.parametrize("card", ["4111 1111 1111 1111", "5555-5555-5555-4444", "3782 822463 10005", "378282246310005"])
@pytest.mark.parametrize(
    "around",
    [
        "{} 123",  # its security code
        "{}-123",
        "{} 123 12/26",
        "{} 000",
        "{} 1 2 3",
        "2026 {}",  # a year
        "12/2026 {}",
        "3411 2345 {}",
        "ref 4001 1234 {} 12",
        "4111 1111 1111 1112 {}",  # a number that is no card
        "{} 4111 1111 1111 1112",
    ],
)
def test_cards_beside_other_numbers(card: str, around: str) -> None:
    assert found(around.format(card), CARD) == [card]


GROUPS = st.lists(st.from_regex("[02-9]{1,5}", fullmatch=True), max_size=6)


@given(GROUPS, GROUPS)
def test_whatever_numbers_stand_around_a_card_it_goes(before: list[str], after: list[str]) -> None:
    text = " ".join([*before, "4111 1111 1111 1111", *after])
    kept = PLACEHOLDER.sub("", apply(text, Finder((CARD,), (), b"salt").edits(text)))
    assert "1" not in kept


@given(GROUPS, GROUPS)
def test_whatever_words_stand_around_an_account_number_it_goes(before: list[str], after: list[str]) -> None:
    text = " ".join(["AB02", *before, "DE07 1704 0044 0532 0130 00", *after])
    kept = PLACEHOLDER.sub("", apply(text, Finder((IBAN,), (), b"salt").edits(text)))
    assert "1" not in kept


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112 4111-1111-1111-1112",  # check digit
        "order 4000123412341235, 5000000000000000",
        "1763640366123 1763640366123456 1763640366123456789",  # ms, µs, ns
        "0.4111111111111111 -12.4111111111111111",
        "4111111111111111.5",
        "id4111111111111111 4111111111111111abc",
        "41111111111111111111",  # twenty digits
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        *(" ".join(str(year) for year in range(first, first + 12)) for first in (1989, 2001, 2016, 2024)),
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_order_numbers_and_timestamps_are_no_cards(text: str) -> None:
    assert found(text) == []


PHONES = [
    "+15551234567",
    "+1 (555) 123-4567",
    "+44 20 7946 0958",
    "+49 (0)711 123456",
    "+49-711-123456",
    "+33 6 12 34 56 78",
    "+1.555.123.4567",
    "0049 711 123456",
    "555-123-4567",
    "(555) 123-4567",
    "(888)426-4435",
    "555.123.4567",
    "1-800-555-1234",
    "020 7946 0958",
    "07700 900123",
    "030/1234567",
    "0711-123456",
    "(0711) 123 4567",
    "06 12 34 56 78",
]


@pytest.mark.parametrize("phone", PHONES)
@pytest.mark.parametrize("around", ["{}", "call {} now", "Tel.: {}.", "a\n{}\nb", '"{}"', "{}, thanks"])
def test_phones(phone: str, around: str) -> None:
    assert found(around.format(phone), PHONE) == [phone]


@pytest.mark.parametrize("text", ["phone: 5551234567", "Phone number is 5551234567", "tel=5551234567"])
def test_a_bare_number_is_a_phone_where_something_says_so(text: str) -> None:
    assert found(text) == ["5551234567"]


@pytest.mark.parametrize(
    "text",
    [
        "1763640366 1763640366.123 5551234567",
        "2024-07-18T12:30:45.123+02:00 2024-07-18 12:30:45 18.07.2024 07/18/2024 +2024-07-18",
        "192.168.100.100 10.0.0.1:8080 255.255.255.255",
        "3.14159265358979 1,234,567.89 +1.23456789 -0.45323452",
        "gpt-4o-2024-07-18 claude-3-5-sonnet-20241022 v1.109.1",
        "550e8400-e29b-41d4-a716-446655440000 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "100-200 1000-2000 12-34 555-1234",
        "a[100] = 200 * 300 + 4000",
        "1 2 3 4 5 6 7 8 9 10 11 12",
        "SKU 123-45-678, ISO 8601-1:2019, RFC 7231",
    ],
)
def test_timestamps_versions_and_decimals_are_no_phones(text: str) -> None:
    assert found(text) == []


def test_a_json_member_is_a_phone_by_its_name() -> None:
    assert is_phone_member("phone", "5551234567") and is_phone_member("mobile_number", "0711 123456")
    assert not is_phone_member("phone", "none") and not is_phone_member("total", "5551234567")


def test_kinds_that_are_off_by_default() -> None:
    text = "DE89 3704 0044 0532 0130 00 AND 123-45-6789 from 192.168.1.1 or 2001:db8::8a2e:370:7334"
    everything = ["DE89 3704 0044 0532 0130 00", "123-45-6789", "192.168.1.1", "2001:db8::8a2e:370:7334"]
    assert found(text, *ALL) == everything
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["DE88 3704 0044 0532 0130 00", "000-12-3456", "999.1.1.1", "std::vector 12:30:45 a::b"]
)
def test_what_has_the_form_and_not_the_sense(text: str) -> None:
    assert found(text, *ALL) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Tel:\u00a05551234567", "5551234567"),
        ("Tel:\u30005551234567", "5551234567"),
        ("Tel:\n5551234567", "5551234567"),
        ("Tel:\x0b5551234567", "5551234567"),
        ("联系+8613812345678谢谢", "+8613812345678"),
        ("電話5551234567号 phone 5551234567号", "5551234567"),
    ],
)
def test_phones_in_any_script_and_behind_any_blank(text: str, number: str) -> None:
    assert found(text, PHONE) == [number]


@pytest.mark.parametrize(
    "text",
    ["Tel:\n5551234567", "Tel:\t5551234567", "Tel:\u00a05551234567", "x\u202f4111\u202f1111\u202f1111\u202f1111"],
)
@pytest.mark.parametrize("is_ascii", [True, False])
def test_a_body_in_json_is_suspected_of_what_its_text_holds(text: str, is_ascii: bool) -> None:
    finder = Finder(BY_DEFAULT, (), b"salt")
    assert finder.edits(text)
    assert finder.is_suspicious(json.dumps({"a": text}, ensure_ascii=is_ascii).encode())


@pytest.mark.parametrize(
    "account",
    [
        "DE89 3704 0044 0532 0130 00",
        "GB82WEST12345698765432",
        "NO93 8601 1117 947",
        "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
    ],
)
@pytest.mark.parametrize("around", ["{}", "AB12 {}", "{} DE12", "IBAN {} BIC COBADEFF", "DE89 3704 {} AT61 1904"])
def test_account_numbers_beside_other_codes(account: str, around: str) -> None:
    assert found(around.format(account), IBAN) == [account]


@pytest.mark.parametrize(
    "text", ["ZZ89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 01", "DE89 3704 0044 0532 0130 0"]
)
def test_what_is_no_account_number(text: str) -> None:
    assert found(text, IBAN) == []
