"""Policies from presets, files and inline; errors that say where and what, all at once."""

from pathlib import Path

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.policies.reading import faults_of, preset_names, read_policy
from shadowbench.report.policy import Against, Looks, Needs, Statistic, WhereAbsent

GATES = Path(__file__).parents[3] / "config" / "gates"


def problem(text: str, folder: Path) -> list[str]:
    file = folder / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_policy(str(file), "--policy")
    return str(caught.value).replace(f"{file}", "FILE").replace(f"{GATES}", "GATES").splitlines()


# ── presets ──


def test_the_presets_are_those_that_were_promised() -> None:
    assert set(preset_names()) == {"mvp", "migration", "fine-tuning", "critical", "cost"}


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_a_policy_that_decides(name: str) -> None:
    policy = read_policy(name, "--policy")
    assert policy.name == name
    assert policy.about.endswith(".")
    assert len(policy.primary) == 1
    measures = {claim.measure for claim in policy.claims}
    assert measures >= {"error_class", "refusal_flip", "latency", "cost"}
    assert all(claim.margin > 0 or claim.needs is Needs.BETTER or claim.bound is not None for claim in policy.claims)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_explains_itself(name: str) -> None:
    text = (GATES / f"{name}.yaml").read_text()
    assert text.startswith("# ")
    assert text.count("#") > 6


def test_presets_get_tighter_with_what_is_at_stake() -> None:
    by_name = {name: read_policy(name, "--policy") for name in ("mvp", "migration", "critical")}

    def margin(name: str, measure: str, statistic: Statistic = Statistic.MEAN) -> float:
        found = (
            c for c in by_name[name].claims if (c.measure, c.statistic) == (measure, statistic) and c.bound is None
        )
        return next(found).margin

    for measure, statistic in (("error_class", Statistic.MEAN), ("latency", Statistic.P95), ("cost", Statistic.TOTAL)):
        found = [margin(name, measure, statistic) for name in by_name]
        assert found == sorted(found, reverse=True)
        assert found[0] > found[-1]


def test_the_critical_preset_wants_people_a_lane_and_consistency_and_skips_nothing() -> None:
    critical = read_policy("critical", "--policy")
    requires = critical.requires
    assert requires.labels >= 200
    assert requires.labelled_twice > 0
    assert (requires.a_a_lane, requires.uncalibrated_judges) == (True, False)
    assert {"consistency", "json_schema", "ttft"} <= {claim.measure for claim in critical.guardrails}
    assert {claim.where_absent for claim in critical.claims} == {WhereAbsent.OPEN}


def test_fine_tuning_must_be_better_and_cost_cheaper() -> None:
    (tuned,), (cheaper,) = (read_policy(name, "--policy").primary for name in ("fine-tuning", "cost"))
    assert (tuned.measure, tuned.needs) == ("pairwise", Needs.BETTER)
    assert (cheaper.measure, cheaper.needs, cheaper.statistic) == ("cost", Needs.BETTER, Statistic.TOTAL)


def test_the_first_look_needs_no_judge_but_an_a_a_lane() -> None:
    mvp = read_policy("mvp", "--policy")
    assert mvp.primary[0].against is Against.AGAIN
    assert mvp.requires.a_a_lane


def test_watchers_may_look_at_any_time() -> None:
    assert {read_policy(name, "--policy").watching.looks for name in preset_names()} == {Looks.ANY}


# ── files ──


def test_a_file_is_laid_over_what_it_extends(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(
        "extends: migration\nguardrails:\n  latency_p95: {margin: 30%}\n  schema: null\nalpha: 0.01\n"
    )
    (tmp_path / "mine.yaml").write_text("extends: ours.yaml\nabout: Mine.\nprimary: {quality: {margin: 0.03}}\n")
    found, preset = read_policy(str(tmp_path / "mine.yaml"), "--policy"), read_policy("migration", "--policy")
    assert (found.name, found.about, found.alpha) == ("mine", "Mine.", 0.01)
    assert [claim.measure for claim in found.primary] == ["quality"]
    assert {c.measure for c in preset.guardrails} - {c.measure for c in found.guardrails} == {"json_schema"}
    assert next(c.margin for c in found.guardrails if c.measure == "latency") == 0.3
    assert found.requires == preset.requires


def test_what_a_file_extends_is_seen_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gates").mkdir()
    (tmp_path / "gates" / "base.yaml").write_text("primary: {x: {margin: 0.1}}\n")
    (tmp_path / "gates" / "mine.yaml").write_text("extends: base.yaml\n")
    monkeypatch.chdir(tmp_path)
    assert read_policy("gates/mine.yaml", "--policy").primary[0].measure == "x"


def test_all_that_is_wrong_is_told_at_once_by_file_and_line(tmp_path: Path) -> None:
    told = problem(
        "extends: migration\n"
        "primary:\n"
        "  quality: {}\n"
        "guardrails:\n"
        "  latency_p95:\n"
        "    margin: -1\n"
        "  shema: null\n"
        "  cost:\n"
        "    margin: 200 ms\n",
        tmp_path,
    )
    assert told == [
        "FILE:7: guardrails.shema: there is nothing of this name to strike out; did you mean 'schema'?",
        "FILE:3: primary.quality: says no margin: how much worse would still do, as in margin: 0.02; there is no default",
        "FILE:6: guardrails.latency_p95.margin: is below zero: a margin says how much worse would still do, whichever way "
        "is worse",
        "FILE:9: guardrails.cost.margin: is relative: it is a share of production's value, such as 0.1 or 10%, and has no "
        "unit",
    ]


def test_unknown_keys_and_wrong_kinds_are_told_at_once(tmp_path: Path) -> None:
    told = problem("primry: {}\nalpha: 2\nguardrails:\n  x: {margn: 1}\nrequires: 3\n", tmp_path)
    assert sorted(told) == [
        "FILE:1: primry: unknown key; did you mean 'primary'?",
        "FILE:2: alpha: should be less than or equal to 0.5",
        "FILE:4: guardrails.x.margn: unknown key; did you mean 'margin'?",
        "FILE:5: requires: must be a mapping of keys",
    ]


def test_a_problem_is_told_where_it_stands_not_where_it_is_extended(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("primary:\n  x: {margin: 0.1}\nguardrails:\n  y: {margin: -1}\n")
    (told,) = problem("extends: base.yaml\n", tmp_path)
    assert told.startswith(f"{tmp_path}/base.yaml:4: guardrails.y.margin: is below zero")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("extends: migratoin\n", "FILE:1: extends: there is no policy 'migratoin'; there are: cost, critical"),
        ("extends: other.yaml\n", "other.yaml: there is no such file"),
        ("extends: mine.yaml\n", "FILE:1: extends: mine.yaml extends itself"),
        ("extends: [migration]\n", "FILE:1: extends: must be the name of a policy, or a YAML file"),
        ("extends: 3\n", "FILE:1: extends: must be the name of a policy, or a YAML file"),
        ("alpha: 0.1\nalpha: 0.2\n", "FILE:2: alpha: given twice, first on line 1"),
        ("- 3\n", "a mapping of keys"),
        ("a: [\n", "not valid YAML"),
    ],
)
def test_files_that_cannot_be_read_are_told(text: str, said: str, tmp_path: Path) -> None:
    assert said in "\n".join(problem(text, tmp_path))


def test_bytes_that_are_not_utf_8_are_no_empty_policy(tmp_path: Path) -> None:
    for bytes_ in (b"\xff\xfe", "primary: {}".encode("utf-16"), b"about: f\xfcr alle"):
        (tmp_path / "bin.yaml").write_bytes(bytes_)
        with pytest.raises(
            ConfigurationError, match=r"^--policy: .*bin\.yaml: not UTF-8 at byte \d+: save it as UTF-8$"
        ):
            read_policy(str(tmp_path / "bin.yaml"), "--policy")


def test_a_circle_is_told(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("extends: mine.yaml\n")
    assert "mine.yaml extends itself" in problem("extends: other.yaml\n", tmp_path)[0]


def test_a_name_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match=r"^--policy: there is no policy 'mpv'; there are: cost, critical"):
        read_policy("mpv", "--policy")


# ── inline ──


def test_a_policy_may_be_written_inline() -> None:
    found = read_policy({"extends": "cost", "guardrails": {"pairwise": {"margin": 0.1}}}, "report.policy")
    assert found.name == "configured"
    assert next(c.margin for c in found.guardrails if c.measure == "pairwise") == 0.1


def test_inline_faults_are_placed_by_whoever_knows_the_lines() -> None:
    given = {"extends": "cost", "guardrails": {"pairwise": {"margin": -1}}, "nmae": "x"}
    told = faults_of(given, "report.policy", lambda keys: f"<{len(keys)}>")
    assert told == ["<3>: report.policy.nmae: unknown key; did you mean 'name'?"]
    del given["nmae"]
    (told_next,) = faults_of(given, "report.policy", lambda keys: f"<{len(keys)}>")
    assert told_next.startswith("<5>: report.policy.guardrails.pairwise.margin: is below zero")
    assert faults_of({"extends": "cost"}, "report.policy", str) == ()


def test_a_property_that_there_is_not_is_told_by_file_and_line(tmp_path: Path) -> None:
    told = problem("extends: mvp\nslices: [path, lenght]\n", tmp_path)
    assert told == ["FILE:2: slices: there is no property 'lenght' to slice by; did you mean 'length'?"]
    (told,) = problem("extends: mvp\nslices: [candidate_outcome]\n", tmp_path)
    assert "FILE:2: slices: there is no property 'candidate_outcome' to slice by; known here: stratum, path," in told


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_has_a_radar_of_what_it_claims(name: str) -> None:
    policy = read_policy(name, "--policy")
    assert len(policy.radar) >= 3
    assert set(policy.radar) <= {claim.measure for claim in policy.claims}
    bad = {measure for measure, axis in policy.radar.items() if axis.begin > axis.target}
    assert bad & set(policy.radar) == set(policy.radar) & {
        "error_class", "refusal_flip", "empty", "truncation", "repetition", "pii_leaked",
    }  # fmt: skip


def test_what_was_written_in_percent_is_remembered() -> None:
    policy = read_policy(
        {
            "primary": {"error_class": {"margin": "1%", "baseline_margin": 0.02}},
            "guardrails": {"flips": {"measure": "refusal_flip", "against": "bound", "bound": "2%"}},
        },
        "--policy",
    )
    assert [claim.in_percent for claim in policy.claims] == [("margin",), ("bound",)]
