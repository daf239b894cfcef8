"""Keyed hashes: fixed values that other processes must agree on, and what nobody can do without the salt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench import keyed
from shadowbench.handoff import Policy

SALT = b"0123456789abcdef"
NOW = 1_700_000_000.5
salts = st.binary(min_size=1, max_size=64)


def test_points_placeholders_and_markers_stay_what_they_are():
    """They are in logs and on the wire between releases."""
    assert keyed.sample_point(SALT, b"key") == 3769048579564968609
    assert keyed.placeholder(SALT, b"Bearer sk-1") == b"hash:946d5292b23fbf995ef33355"
    assert keyed.make_marker(SALT, NOW) == b"v1.1700000000.3770d219daa2a098d831c8c58945be12"
    assert keyed.user_key(SALT, b"ada") == "90de7bf356a66ea99363b987"
    assert keyed.request_key("proxy-0-abc", 7) == b"proxy-0-abc:7"


@given(st.floats(0, 1))
def test_a_threshold_admits_its_share_of_points(rate):
    bound = keyed.threshold(rate)
    assert 0 <= bound <= keyed.POINTS
    assert abs(bound / keyed.POINTS - rate) < 1e-9


def test_the_ends_of_the_scale_are_nothing_and_everything():
    assert keyed.threshold(0.0) == 0 and keyed.threshold(1.0) == keyed.POINTS
    assert keyed.threshold(-0.0) == 0 and keyed.threshold(1.0000001) == keyed.POINTS


def test_points_are_spread_evenly_and_rates_nest():
    points = [keyed.sample_point(SALT, b"%d" % n) for n in range(20_000)]
    for rate in (0.01, 0.1, 0.5, 0.9):
        assert abs(sum(point < keyed.threshold(rate) for point in points) / 20_000 - rate) < 0.015


@given(salts, salts, st.binary(min_size=1))
def test_another_salt_is_another_point_placeholder_and_marker(salt, other, value):
    if salt.ljust(64, b"\0") != other.ljust(64, b"\0"):  # BLAKE2 pads its key with zeros, and counts its length
        assert keyed.sample_point(salt, value) != keyed.sample_point(other, value)
        assert keyed.placeholder(salt, value) != keyed.placeholder(other, value)
        assert not keyed.is_own_marker(other, keyed.make_marker(salt, NOW), NOW)


@given(salts, st.binary())
def test_placeholders_are_equal_for_equal_values_and_hold_none_of_it(salt, value):
    found = keyed.placeholder(salt, value)
    assert found == keyed.placeholder(salt, value)
    assert found.startswith(b"hash:") and len(found) == 29
    assert len(value) < 6 or value not in found


@given(salts, st.integers(0, 10**11), st.floats(-899, 899))
def test_our_marker_is_known_for_fifteen_minutes(salt, issued, passed):
    assert keyed.is_own_marker(salt, keyed.make_marker(salt, issued), issued + passed)


@pytest.mark.parametrize("passed", [901.0, -902.0, 1e9])
def test_an_old_marker_or_one_from_the_future_is_a_strangers(passed):
    assert not keyed.is_own_marker(SALT, keyed.make_marker(SALT, NOW), NOW + passed)


@given(st.binary(max_size=80))
def test_anything_else_is_a_strangers_header(value):
    assert not keyed.is_own_marker(SALT, value, NOW)


@given(st.integers(0, 45), st.integers(0, 255))
def test_a_marker_with_one_changed_byte_is_a_strangers(at, byte):
    marker = bytearray(keyed.make_marker(SALT, NOW))
    at %= len(marker)
    if marker[at] != byte:
        marker[at] = byte
        assert not keyed.is_own_marker(SALT, bytes(marker), NOW)


def test_a_marker_is_not_a_placeholder_nor_a_point():
    mac = keyed.make_marker(SALT, NOW).rpartition(b".")[2]
    assert mac[:24] != keyed.placeholder(SALT, b"1700000000")[5:]


def test_the_longest_salt_a_policy_allows_works_everywhere():
    salt = Policy.from_json(Policy(version=1, salt=b"x" * 64, rate=1.0).to_json()).salt
    keyed.sample_point(salt, b"a")
    keyed.placeholder(salt, b"a")
    keyed.make_marker(salt, NOW)


def test_credential_headers_are_lower_case_and_hold_what_providers_use():
    assert all(name == name.lower() for name in keyed.CREDENTIAL_HEADERS)
    assert {
        b"authorization",
        b"x-api-key",
        b"api-key",
        b"x-goog-api-key",
        b"cookie",
        b"set-cookie",
    } <= keyed.CREDENTIAL_HEADERS


@pytest.mark.parametrize(
    "name", [b"x-litellm-api-key", b"helicone-auth", b"ocp-apim-subscription-key", b"x-csrf-token"]
)
def test_ct_78_what_sounds_like_a_credential_is_one(name):
    assert keyed.is_credential(name)


@pytest.mark.parametrize(
    "name", [b"idempotency-key", b"x-session-id", b"content-type", b"x-tenant", b"www-authenticate"]
)
def test_other_names_are_left_alone(name):
    assert not keyed.is_credential(name)
