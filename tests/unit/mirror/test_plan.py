"""The planner: what is copied, to whom, how likely that was, and a documented reason for everything that is not."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench import keyed
from shadowbench.errors import ConfigurationError
from shadowbench.handoff import OpenPayload
from shadowbench.mirror import plan as plan_module
from shadowbench.mirror.eligibility import REASONS
from shadowbench.mirror.head import RequestHead, parse_head
from shadowbench.mirror.intake import ABORT_REASONS
from shadowbench.mirror.options import CandidateOptions, MirrorOptions, RuleOptions, StratumOptions
from shadowbench.mirror.plan import Admission, Plan, Planner, Skip, Terms
from shadowbench.records import Dialect

SALT = bytes(32)
CHAT = b'{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}'
PATH = "/v1/chat/completions"
START = 100.0


def options(*rates: float, candidates: tuple[CandidateOptions, ...] = (), **changes: Any) -> MirrorOptions:
    candidates = candidates or tuple(
        CandidateOptions(name=f"c{i}", url="http://c", sample_rate=rate) for i, rate in enumerate(rates or (1.0,))
    )
    return MirrorOptions(runtime_folder="run", secret_file="s", candidates=candidates, **changes)


def planner(*rates: float, **changes: Any) -> Planner:
    return Planner(Terms.of(options(*rates, **changes), SALT, 5))


def head(path: str = PATH, *lines: str, method: str = "POST") -> RequestHead:
    return parse_head("\r\n".join([f"{method} {path} HTTP/1.1", *lines, ""]).encode())


def admit(
    by: Planner, of: RequestHead, *, version: int = 5, admitted: float = 1.0, sequence: int = 7, at: float = START
) -> Admission | Skip:
    return by.admit(of, OpenPayload(1, version, b"", admitted), "epoch", sequence, at)


def ask(
    by: Planner, body: bytes = CHAT, of: RequestHead | None = None, *, at: float = START, **given: Any
) -> Plan | Skip:
    of = of or head()
    admission = admit(by, of, at=at, **given)
    return admission if isinstance(admission, Skip) else by.plan(admission, of, body, at)


def planned(by: Planner, body: bytes = CHAT, of: RequestHead | None = None, **given: Any) -> Plan:
    found = ask(by, body, of, **given)
    assert isinstance(found, Plan), found
    return found


def said(**members: Any) -> bytes:
    return json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}], **members}).encode()


def user(text: str) -> bytes:
    return said(messages=[{"role": "user", "content": text}])


# ── what proxies are told ──


def test_what_proxies_are_told_is_the_largest_rate() -> None:
    policy = planner(0.2, 0.5, sample_key="header:x-user").terms.policy()
    assert (policy.version, policy.rate, policy.key) == (5, 0.5, "header:x-user")
    assert policy.endpoints[0] == ("POST", "/chat/completions")
    assert Terms.of(MirrorOptions(runtime_folder="run", secret_file="s"), SALT, 1).policy().rate == 0.0


def test_strata_raise_what_proxies_are_told() -> None:
    rare = StratumOptions(name="rare", models=("o1*",), sample_rate=0.9)
    assert planner(0.2, strata=(rare,)).terms.policy().rate == 0.9
    assert planner(0.0, strata=(rare,)).terms.policy().rate == 0.0


def test_by_conversation_proxies_hand_everything_off_while_anything_is_sampled() -> None:
    assert (told := planner(0.1, sample_key="conversation").terms.policy()).rate == 1.0 and told.key == "request"
    assert planner(0.0, sample_key="conversation").terms.policy().rate == 0.0


# ── what is copied ──


def test_a_plan_says_what_the_log_needs() -> None:
    by = planner(0.5, sample_key="header:x-user", request_id_header="X-Id")
    users = [head("/v1/messages", f"X-User: {n}", f"x-id: {'é' * 300}") for n in range(20)]
    plans = [p for n, each in enumerate(users) if isinstance(p := ask(by, user(str(n)), each), Plan)]
    assert 0 < len(plans) < 20
    first = plans[0]
    assert first.admission.dialect is Dialect.ANTHROPIC_MESSAGES and first.admission.endpoint == "/v1/messages"
    assert first.probabilities == {0: 0.5} and first.withheld == {} and first.stratum is None
    assert first.admission.request_id == "é" * 128  # 256 bytes
    assert len({each.cluster_key for each in plans}) == len(plans)


def test_a_body_is_decoded_and_read() -> None:
    found = planned(planner(), gzip.compress(CHAT), head(PATH, "Content-Encoding: gzip"))
    assert found.request.body == CHAT and found.request.facts.stream


def test_strata_are_chosen_by_path_tenant_and_model_and_the_first_counts() -> None:
    strata = (
        StratumOptions(name="tenant", tenants=("acme*",), sample_rate=0.25),
        StratumOptions(name="model", models=("o1*",), rates={"c0": 0.75}),
        StratumOptions(name="route", paths=("/eu/*",), sample_rate=0.0),
    )
    by = planner(0.5, 0.0, strata=strata, tenant_header="x-tenant", duplicate_window_s=0.0)
    found: dict[str | None, set[float]] = {}
    for sequence in range(60):
        for path in (PATH, "/eu" + PATH):
            for model in ("o1", "m"):
                for tenant in ("acme-1", "b"):
                    plan = ask(by, said(model=model), head(path, f"x-tenant: {tenant}"), sequence=sequence)
                    if isinstance(plan, Plan):
                        found.setdefault(plan.stratum, set()).update(plan.probabilities.values())
                        assert plan.probabilities.keys() == {0}, (
                            "a candidate that samples nothing is in no stratum by itself"
                        )
    assert found == {"tenant": {0.25}, "model": {0.75}, None: {0.5}}


# ── probabilities ──


def test_by_request_the_lower_of_both_bounds_counts_and_by_conversation_both() -> None:
    for key, expected in (("request", 0.25), ("conversation", 0.125)):
        by = planner(0.5, sample_key=key, duplicate_window_s=0.0)
        plans = [ask(by, user(str(n)), sequence=n, admitted=0.25) for n in range(40)]
        drawn = {p for plan in plans if isinstance(plan, Plan) for p in plan.probabilities.values()}
        assert drawn == {expected}


def test_turns_of_a_conversation_are_sampled_together() -> None:
    by = planner(0.5, sample_key="conversation")
    for n in range(20):
        turns = [
            said(messages=[{"role": "user", "content": f"q{n}"}] + [{"role": "assistant", "content": "a"}] * t)
            for t in range(3)
        ]
        found = [ask(by, turn, sequence=10 * n + t) for t, turn in enumerate(turns)]
        assert len({type(each) for each in found}) == 1
        assert len({each.cluster_key for each in found if isinstance(each, Plan)}) <= 1


def test_requests_without_a_user_message_draw_for_themselves() -> None:
    by = planner(0.5, sample_key="conversation", duplicate_window_s=0.0)
    assert len({type(ask(by, said(messages=[{"role": "system", "content": "s"}]), sequence=n)) for n in range(20)}) == 2


def test_a_cap_lowers_the_probability_of_the_next_second() -> None:
    capped = CandidateOptions(name="c", url="http://c", sample_rate=1.0, max_per_second=5.0)
    by = planner(candidates=(capped,), duplicate_window_s=0.0)
    assert ask(by, sequence=0, at=100.9) == Skip(stage="unsampled", reason="warming_up")
    for n in range(20):
        assert ask(by, sequence=n, at=101.0 + n / 20) == Skip(stage="unsampled", reason="warming_up")
    found = [ask(by, sequence=n, at=102.0 + n / 400) for n in range(400)]
    assert {p for plan in found if isinstance(plan, Plan) for p in plan.probabilities.values()} == {0.25}
    assert {plan.reason for plan in found if isinstance(plan, Skip)} == {"thinned"}
    assert {
        p
        for n in range(800)
        if isinstance(plan := ask(by, sequence=n, at=103.0), Plan)
        for p in plan.probabilities.values()
    } == {5 / 400}


def test_strain_thins_with_the_head_and_only_from_the_next_second() -> None:
    by = planner(duplicate_window_s=0.0)
    assert planned(by).probabilities == {0: 1.0}
    by.thinning.strain()
    assert planned(by).probabilities == {0: 1.0}
    heads = [admit(by, head(), sequence=n, at=101.0) for n in range(40)]
    assert {each for each in heads if isinstance(each, Skip)} == {Skip(stage="unsampled", reason="thinned")}
    plans = [ask(by, sequence=n, at=101.0) for n in range(40)]
    assert {p for plan in plans if isinstance(plan, Plan) for p in plan.probabilities.values()} == {0.5}


def test_what_was_thinned_with_the_head_is_not_thinned_again() -> None:
    by = planner(duplicate_window_s=0.0)
    by.thinning.advance(START)
    by.thinning.strain()
    kept = next(a for n in range(40) if isinstance(a := admit(by, head(), sequence=n, at=101.0), Admission))
    for second in (102.0, 150.0):  # the share has grown meanwhile: what the head was judged by still counts
        found = by.plan(kept, head(), CHAT, second)
        assert isinstance(found, Plan) and found.probabilities == {0: 0.5}


def test_what_was_thinned_with_the_head_counts_in_full_for_caps() -> None:
    by = planner(duplicate_window_s=0.0)
    by.thinning.advance(START)
    by.thinning.strain()
    came: list[float] = []
    by.thinning.came = lambda index, weight: came.append(weight)  # type: ignore[method-assign]
    plans = [each for n in range(40) if isinstance(each := ask(by, sequence=n, at=101.0), Plan)]
    assert came == [2.0] * len(plans)


# ── whose it is ──


def test_the_cluster_is_the_header_s_else_the_conversation_s_else_the_request_s() -> None:
    def cluster(by: Planner, text: str, *lines: str, sequence: int = 1) -> str:
        return planned(by, user(text), head(PATH, *lines), sequence=sequence).cluster_key

    by = planner(cluster_header="X-Session", sample_key="header:x-user", duplicate_window_s=0.0)
    assert cluster(by, "a", "x-user: 1", "x-session: s") == cluster(by, "b", "x-user: 2", "x-session: s")
    by = planner(sample_key="header:x-user", duplicate_window_s=0.0)
    assert cluster(by, "a", "x-user: 1") == cluster(by, "b", "x-user: 1") != cluster(by, "b", "x-user: 2")
    by = planner(duplicate_window_s=0.0)
    assert cluster(by, "a", sequence=1) == cluster(by, "a", sequence=2) != cluster(by, "b")
    assert cluster(by, "a") != cluster(by, "a", "authorization: hash:1")
    assert cluster(by, "", sequence=1) != cluster(by, "", sequence=2)


def test_tenant_and_user_are_keyed_hashes() -> None:
    by = planner(tenant_header="x-tenant", user_header="x-end-user", duplicate_window_s=0.0)
    found = planned(by, said(user="body"), head(PATH, "x-tenant: acme", "X-End-User: jo", "authorization: hash:1"))
    assert found.tenant_key == keyed.tenant_key(SALT, b"acme") and found.user_key == keyed.user_key(SALT, b"jo")
    found = planned(by, said(user="body"), head(PATH, "X-Api-Key: hash:2"))
    assert found.tenant_key == keyed.tenant_key(SALT, b"hash:2") and found.user_key == keyed.user_key(SALT, b"body")
    found = planned(by)
    assert found.tenant_key is None and found.user_key is None


# ── the provider's own tools (CT-84) ──

SEARCH = said(tools=[{"type": "web_search"}])


def test_the_provider_s_tools_are_not_run_twice_unless_a_candidate_gets_the_request_without() -> None:
    assert ask(planner(), SEARCH) == Skip(stage="ineligible", reason="server_tools")
    keeps = CandidateOptions(name="a", url="http://c", sample_rate=1.0)
    strips = CandidateOptions(name="b", url="http://c", sample_rate=1.0, server_tools="strip")
    found = planned(planner(candidates=(keeps, strips)), SEARCH)
    assert found.probabilities == {0: 1.0, 1: 1.0} and found.withheld == {0: "server_tools"}
    assert planned(planner(candidates=(keeps, strips))).withheld == {}
    rarely = CandidateOptions(name="b", url="http://c", sample_rate=0.0, server_tools="strip")
    assert ask(planner(candidates=(keeps, rarely)), SEARCH) == Skip(stage="ineligible", reason="server_tools")


# ── live changes ──


def test_a_change_comes_under_a_version_that_was_never_told() -> None:
    by = planner(0.5)
    versions = [by.change(options(0.5), at).version for at in (0.0, 0.0, 1000.9, 3.0)]
    assert versions == [6, 7, 1000, 1001] and by.terms.version == 1001


def test_rates_of_today_judge_what_was_opened_before_and_what_the_proxy_let_pass_still_bounds_them() -> None:
    by = planner(1.0, duplicate_window_s=0.0)
    by.change(options(0.5, duplicate_window_s=0.0), START)
    plans = [ask(by, version=5, admitted=1.0, sequence=n) for n in range(40)]
    assert {p for plan in plans if isinstance(plan, Plan) for p in plan.probabilities.values()} == {0.5}
    by.change(options(1.0, duplicate_window_s=0.0), START)
    plans = [ask(by, version=100, admitted=0.5, sequence=n) for n in range(40)]
    assert {p for plan in plans if isinstance(plan, Plan) for p in plan.probabilities.values()} == {0.5}


def test_the_key_of_its_own_version_draws_an_exchange() -> None:
    by = planner(0.5, sample_key="header:x-user", duplicate_window_s=0.0)
    of = head(PATH, "x-user: jo")
    before = {type(ask(by, of=of, sequence=n)) for n in range(20)}
    by.change(options(0.5, duplicate_window_s=0.0), START)
    assert {type(ask(by, of=of, sequence=n)) for n in range(20)} == before and len(before) == 1
    assert len({type(ask(by, of=of, sequence=n, version=100)) for n in range(20)}) == 2


def test_versions_are_remembered_and_bounded() -> None:
    by = planner()
    for _ in range(200):
        by.change(options(), 0.0)
    assert len(by._keys) <= 64
    unknown = Skip(stage="ineligible", reason="unknown_policy")
    assert ask(by, version=5) == unknown and ask(by, version=206) == unknown
    assert isinstance(ask(by, version=205), Plan)


def test_a_pause_stops_what_comes_and_what_is_under_way() -> None:
    by = planner()
    begun = admit(by, head())
    assert isinstance(begun, Admission)
    assert by.change(options(enabled=False), START).policy().rate == 0.0
    paused = Skip(stage="unsampled", reason="paused")
    assert by.plan(begun, head(), CHAT, START) == paused and ask(by) == paused
    by.change(options(), START)
    assert isinstance(ask(by, said(n=1), version=5), Plan)


def test_what_changes_answers_changes_with_a_restart() -> None:
    by = planner()
    other = CandidateOptions(name="c0", url="http://c", sample_rate=1.0, server_tools="strip")
    with pytest.raises(ConfigurationError, match="restart"):
        by.change(options(candidates=(other,)), START)
    with pytest.raises(ConfigurationError, match="restart"):
        by.change(options(1.0, 1.0), START)
    assert by.terms.version == 5


def test_paths_are_judged_anew_after_a_change_and_few_are_kept() -> None:
    by = planner()
    for n in range(3000):
        ask(by, of=head(f"/v1/{n}"))
    assert len(by._paths) <= 1024
    by.change(options(endpoints=(("POST", "/v1/responses"),)), START)
    assert ask(by) == Skip(stage="ineligible", reason="method_path")


# ── every verdict is documented, and every documented verdict happens ──

BY_PLANNER: dict[str, tuple[bytes, RequestHead, dict[str, Any]]] = {
    "method_path": (CHAT, head("/v1/files"), {}),
    "stateful_path": (CHAT, head("/v1/threads/t/completions"), {}),
    "own_marker": (CHAT, head(PATH, f"x-shadowbench-mirrored: {keyed.make_marker(SALT, START).decode()}"), {}),
    "opted_out": (CHAT, head(PATH, "x-no: 1"), {"opt_out_header": "X-No"}),
    "retry": (CHAT, head(PATH, "x-stainless-retry-count: 1"), {}),
    "not_json": (b"", head(), {}),
    "unsupported_encoding": (CHAT, head(PATH, "content-encoding: compress"), {}),
    "over_bound": (gzip.compress(b" " * 5000), head(PATH, "content-encoding: gzip"), {"max_request_bytes": 4000}),
    "bad_encoding": (gzip.compress(CHAT, mtime=0)[:-4], head(PATH, "content-encoding: gzip"), {}),
    "not_an_object": (b"[]", head(), {}),
    "no_messages": (b"{}", head(), {}),
    "no_input": (b"{}", head("/v1/embeddings"), {}),
    "dialect_unknown": (b"{}", head("/v1/score"), {"endpoints": (("POST", "/score"),)}),
    "stateful_previous_response": (b'{"input":"x","previous_response_id":"r"}', head("/v1/responses"), {}),
    "stateful_conversation": (b'{"input":"x","conversation":"c"}', head("/v1/responses"), {}),
    "stateful_prompt_id": (b'{"input":"x","prompt":{"id":"p"}}', head("/v1/responses"), {}),
    "stateful_background": (b'{"input":"x","background":true}', head("/v1/responses"), {}),
    "stateful_file_reference": (b'{"input":[{"type":"item_reference","id":"i"}]}', head("/v1/responses"), {}),
    "stateful_encrypted_reasoning": (
        b'{"input":[{"type":"reasoning","summary":[],"content":[],"encrypted_content":"e"}]}',
        head("/v1/responses"),
        {},
    ),
    "stateful_thinking_signature": (
        said(messages=[{"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"}]}]),
        head("/v1/messages"),
        {},
    ),
    "stateful_signed_url": (
        said(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/?sig=1"}}]}]),
        head(),
        {},
    ),
    "server_tools": (SEARCH, head(), {}),
    "not_included": (CHAT, head(), {"include": (RuleOptions(name="a", models=("x",)),)}),
    "excluded_a": (CHAT, head(), {"exclude": (RuleOptions(name="a", models=("m",)),)}),
    "paused": (CHAT, head(), {"enabled": False}),
    "": (CHAT, head(), {"candidates": (CandidateOptions(name="c", url="http://c", sample_rate=0.0),)}),
}
ELSEWHERE = {"unknown_policy", "duplicate", "thinned", "warming_up"}  # tested by themselves, above and below
BY_INTAKE = {"memory_full", "early_answer", "request_incomplete", "aborted", "shutdown", "proxy_lost"}


@pytest.mark.parametrize("reason", BY_PLANNER)
def test_what_is_skipped_has_its_reason_ct_80_to_84(reason: str) -> None:
    body, of, changes = BY_PLANNER[reason]
    found = ask(planner(**changes), body, of)
    assert isinstance(found, Skip) and found.reason == reason
    assert found.stage == ("unsampled" if reason in ("", "paused") else "ineligible")


def test_every_documented_reason_happens_and_no_other() -> None:
    told = {reason for reason in BY_PLANNER if reason and not reason.startswith("excluded_")}
    assert told | ELSEWHERE | BY_INTAKE == REASONS.keys()
    assert REASONS.keys().isdisjoint(ABORT_REASONS - {"early_answer", "shutdown"})


def test_the_codes_of_the_sources_are_documented() -> None:
    """What `wire` may answer is what its documentation lists."""
    wire = Path(plan_module.__file__).parents[1] / "wire"
    state = re.findall(r"^    ([a-z_]+)  +\S", (wire / "request_state.py").read_text(), re.MULTILINE)
    assert {f"stateful_{code}" for code in state} == {
        reason for reason in REASONS if reason.startswith("stateful_")
    } - {"stateful_path"}
    unreadable = re.search(r"reason: str  # (.*)", (wire / "requests.py").read_text())
    assert unreadable is not None and set(unreadable[1].split(" | ")) <= REASONS.keys()


def test_the_same_body_by_the_same_caller_is_a_retry_within_the_window_ct_88() -> None:
    by = planner(duplicates="always", duplicate_window_s=10.0)
    jo = head(PATH, "authorization: hash:jo")
    duplicate = Skip(stage="ineligible", reason="duplicate")
    assert isinstance(ask(by, of=jo, at=100.0, sequence=1), Plan)
    assert ask(by, of=jo, at=109.0, sequence=2) == duplicate
    assert isinstance(ask(by, of=head(PATH, "authorization: hash:jill"), at=109.0), Plan)
    assert isinstance(ask(by, user("other"), jo, at=109.0), Plan)
    assert isinstance(ask(by, of=jo, at=110.0), Plan), "the window begins with the first"
    by.change(options(duplicate_window_s=0.0), 110.0)
    assert isinstance(ask(by, of=jo, at=110.0), Plan)


def test_an_idempotency_key_says_which_requests_are_one_ct_88() -> None:
    by = planner(duplicate_window_s=10.0)
    jo = head(PATH, "authorization: hash:jo", "idempotency-key: k1")
    assert isinstance(ask(by, of=jo, at=100.0), Plan)
    assert ask(by, user("another body"), jo, at=109.0) == Skip(stage="ineligible", reason="duplicate")
    assert isinstance(ask(by, of=head(PATH, "authorization: hash:jill", "idempotency-key: k1"), at=109.0), Plan)
    assert isinstance(ask(by, of=head(PATH, "authorization: hash:jo", "idempotency-key: k2"), at=109.0), Plan)
    for _ in range(2):
        assert isinstance(ask(by, of=head(PATH, "authorization: hash:jo", "idempotency-key: "), at=109.0), Plan)
    assert isinstance(ask(by, of=jo, at=110.0), Plan), "the window begins with the first"


@pytest.mark.parametrize("path", [PATH, "/v1/messages", "/api/chat"])
def test_an_empty_list_of_messages_asks_nothing(path: str) -> None:
    assert ask(planner(), said(messages=[]), head(path)) == Skip(stage="ineligible", reason="no_messages")


def test_what_was_not_eligible_does_not_make_its_repetition_a_retry() -> None:
    by = planner()
    assert ask(by, b"[]") == ask(by, b"[]")


LINE = st.tuples(
    st.sampled_from(
        [
            "content-type",
            "content-encoding",
            "content-length",
            "x-stainless-retry-count",
            "x-no",
            "authorization",
            "x-t",
        ]
    ),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=12)
    | st.sampled_from(["gzip", "br", "zstd"]),
)
EVERY_KIND = planner(
    0.9,
    0.3,
    sample_key="conversation",
    opt_out_header="x-no",
    tenant_header="x-t",
    user_header="x-t",
    max_request_bytes=10_000,
    include=(RuleOptions(name="a", models=("m*", ""), headers={"x-t": ("*",)}), RuleOptions(name="b", paths=("*",))),
    exclude=(RuleOptions(name="c", fields={"messages.0.role": ("sys*",), "n": ("2",)}),),
    strata=(StratumOptions(name="s", models=("m",), tenants=("*",), sample_rate=0.5),),
)
BODIES = st.binary(max_size=60) | st.builds(
    lambda document: json.dumps(document).encode(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["messages", "input", "model", "tools", "role", "content", "type", "user", "n"]), inner
            )
        ),
        max_leaves=12,
    ),
)


@given(
    path=st.sampled_from([PATH, "/v1/responses", "/v1/messages", "/v1/embeddings", "/v1/completions", "/api/generate"]),
    lines=st.lists(LINE, max_size=4),
    body=BODIES,
    sequence=st.integers(0, 2**60),
    admitted=st.floats(1e-9, 1),
    at=st.floats(0, 4e9),
)
def test_whatever_comes_has_a_plan_or_a_documented_reason(
    path: str, lines: list[tuple[str, str]], body: bytes, sequence: int, admitted: float, at: float
) -> None:
    of = parse_head(
        "\r\n".join([f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in lines)]).encode("latin-1")
    )
    found = ask(EVERY_KIND, body, of, sequence=sequence, admitted=admitted, at=at)
    if isinstance(found, Plan):
        assert found.probabilities and all(0 < p <= 1 for p in found.probabilities.values())
        assert found.withheld.keys() < found.probabilities.keys()
    else:
        assert found.reason in {"", "excluded_c", *REASONS}
