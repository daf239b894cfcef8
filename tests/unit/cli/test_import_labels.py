"""`import --labels` and `--references`: good rows are put, bad ones named, whatever the others are."""

import gzip
from contextlib import closing
from pathlib import Path

import pytest

from shadowbench.cli.import_labels import KnowledgeOptions, run_import_knowledge
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.records import again
from shadowbench.scores import Label, Preferred, Score
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import a_measure, an_exchange, an_observation

ID = "0199c2b0-0000-7000-8000-{:012x}"


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/log.db"
    both = (an_observation(endpoint="small"), an_observation(endpoint="large"))
    repeated = (an_observation(endpoint="small"), an_observation(endpoint=again("small")))
    with closing(open_log(url, "write")) as log:
        log.append([an_exchange(1), an_exchange(2, *both), an_exchange(3, *repeated)])
    return url


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def labels_in(url: str) -> list[Label]:
    with closing(open_score_log(url, "read")) as scores:
        return list(scores.labels())


def imported(url: str, *files: Path, skip_bad: bool = False) -> int:
    return run_import_knowledge(KnowledgeOptions(log_url=url, labels=files, skip_bad=skip_bad), now=5.0)


def test_labels_find_their_pairs_by_any_key(url: str, tmp_path: Path) -> None:
    lines = [
        f'{{"exchange_id": "{ID.format(1)}", "preferred": "candidate"}}',
        '{"request_id": "client-2", "candidate": "large", "preferred": "tie", "labeller": "bob"}',
        '{"exchange_number": 3, "question": "tone", "value": 4}',
    ]
    assert imported(url, written(tmp_path, "l.jsonl", "\n".join(lines))) == 0
    found = sorted(labels_in(url), key=lambda label: label.pair)
    assert [tuple(label.pair) for label in found] == [(1, 1), (2, 2), (3, 1)]
    assert [(label.preferred, label.value) for label in found] == [
        (Preferred.CANDIDATE, None), (Preferred.TIE, None), (None, 4.0),
    ]  # fmt: skip
    assert {(label.source, label.labelled_at) for label in found} == {("import", 5.0)}


def test_bad_lines_are_named_and_the_good_ones_are_there(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(
        tmp_path,
        "l.csv",
        f"exchange_id,candidate,preferred\n{ID.format(1)},,tie\n{ID.format(9)},,tie\n{ID.format(2)},,tie\n"
        f"{ID.format(2)},huge,tie\n{ID.format(1)},,better\n",
    )
    assert imported(url, file) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"{file}:3: no exchange of the log has exchange_id {ID.format(9)}"
    assert said[1] == f"{file}:4: the exchange has several candidates: add candidate (small, large)"
    assert said[2] == f"{file}:5: the exchange has no such candidate; it has: small, large"
    assert said[3] == f"{file}:6: preferred is production, candidate, tie or the candidate's name, not 'better'"
    assert said[4] == f"{file}: 1 label imported, 4 bad lines: mend and import again, nothing is doubled"
    assert len(labels_in(url)) == 1
    assert imported(url, file, skip_bad=True) == 0


def test_the_name_of_the_only_candidate_is_preferred_like_the_candidate(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(
        tmp_path,
        "l.csv",
        "exchange_number,side,preferred\n1,,small\n2,,small\n2,2,large\n2,1,large\n3,,small\n",
    )
    assert imported(url, file) == 2
    found = sorted((*label.pair, label.preferred) for label in labels_in(url))
    assert found == [(1, 1, "candidate"), (2, 2, "candidate"), (3, 1, "candidate")]
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"{file}:3: the exchange has several candidates: add candidate (small, large)"
    assert said[1] == f"{file}:5: preferred is production, candidate, tie or the candidate's name, not 'large'"


@pytest.mark.parametrize(("name", "text"), [("l.jsonl", ""), ("l.jsonl", "\n\n"), ("l.csv", "request_id,preferred\n")])
def test_a_file_without_rows_is_told(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    file = written(tmp_path, name, text)
    assert imported(url, file) == 0
    assert capsys.readouterr().err.splitlines() == [f"{file}: there are no rows in it", f"{file}: 0 labels imported"]


def test_importing_twice_doubles_nothing(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "l.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"exchange_number": 1, "preferred": "tie"}\n'))
    imported(url, file)
    imported(url, file)
    assert capsys.readouterr().err.splitlines()[1] == f"{file}: 0 labels imported, 1 replaced"
    assert len(labels_in(url)) == 1


def test_references_are_put_by_exchange(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, "r.csv", "request_id,expected\nclient-1,Riga\nclient-7,Oslo\n")
    more = written(
        tmp_path, "r.jsonl", '{"exchange_number": 2, "reference": "97"}\n{"exchange_number": 8, "reference": "x"}'
    )
    assert run_import_knowledge(KnowledgeOptions(log_url=url, references=(file, more)), now=0.0) == 2
    with closing(open_score_log(url, "read")) as scores:
        assert scores.references(after=0, upto=9) == {1: "Riga", 2: "97"}
    said = capsys.readouterr().err
    assert f"{file}:3: no exchange of the log has request_id client-7" in said
    assert f"{more}:2: no exchange of the log has exchange_number 8" in said


def test_references_that_are_replaced_are_counted_and_judges_that_saw_them_are_named(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(open_score_log(url, "change")) as scores:
        facts = a_measure("facts", kind="judge", about='{"kind":"factuality"}')
        numbers = scores.register([facts, a_measure("quality", kind="judge", about='{"kind":"pairwise"}')])
        scores.put_scores([Score(exchange, 1, each, 1.0, None) for exchange in (1, 2, 3) for each in numbers])
        scores.put_references({1: "Riga", 2: "97"}, source="import")
    rows = [
        f'{{"exchange_number": {number}, "reference": "{text}"}}' for number, text in ((1, "Riga"), (2, "98"), (3, "x"))
    ]
    file = written(tmp_path, "r.jsonl", "\n".join(rows))
    assert run_import_knowledge(KnowledgeOptions(log_url=url, references=(file,)), now=0.0) == 0
    said = capsys.readouterr().err.replace(f"{file}: ", "").splitlines()
    assert said[0] == "2 references imported, 1 replaced"
    assert said[1].startswith("metrics that compare with what was replaced score it again")
    assert said[2].startswith("facts has compared 1 pair with what was replaced; its word stands")
    assert len(said) == 3
    assert run_import_knowledge(KnowledgeOptions(log_url=url, references=(file,)), now=0.0) == 0
    assert capsys.readouterr().err == f"{file}: 3 references imported\n"


def test_what_is_no_such_file_is_told(url: str, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"cannot read .*none.csv: No such file"):
        imported(url, tmp_path / "none.csv")
    with pytest.raises(ConfigurationError, match="labels and references come as"):
        imported(url, written(tmp_path, "l.xlsx", ""))
    (tmp_path / "l.csv.gz").write_bytes(gzip.compress(b"exchange_number,preferred")[:-9])
    with pytest.raises(UnavailableError, match="is damaged"):
        imported(url, tmp_path / "l.csv.gz")
    with pytest.raises(ConfigurationError, match="--labeller"):
        run_import_knowledge(KnowledgeOptions(log_url=url, labeller=" "), now=0.0)


def test_many_bad_lines_are_counted_behind_the_first(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(url, written(tmp_path, "l.jsonl", "what?\n" * 60))
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 52 and said[50].endswith("… and 10 more") and "60 bad lines" in said[51]


UNKEEPABLE = [
    b'{"exchange_number": 1e20, "preferred": "tie"}',
    b'{"exchange_number": 1%s, "preferred": "tie"}' % (b"0" * 400),
    b'{"exchange_number": 1, "preferred": "tie", "round": 1e22}',
    b'{"exchange_number": 1, "preferred": "tie", "note": "a\\u0000b"}',
    b'{"exchange_number": 1, "preferred": "tie", "note": "\\ud83d"}',
    b'{"exchange_id": "\\ud83d", "preferred": "tie"}',
    b'{"exchange_number": 1, "preferred": "tie", "labelled_at": 1e300}',
    b'{"exchange_number": 1, "question": "tone", "value": 9}',
    b'{"exchange_number": 1, "preferred": "tie", "labeller": ""}',
    b'{"exchange_number": 1, "preferred": "tie", "labeller": ["ann"]}',
    b'{"exchange_number": 1, "preferred": "tie", "note": "\xff"}',
]
"""Each would have taken the whole file with it, or been kept as what nobody said."""


def test_what_no_log_can_keep_is_named_and_takes_nothing_with_it(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = b'{"exchange_number": %d, "side": 1, "preferred": "tie"}'
    file = tmp_path / "l.jsonl"
    file.write_bytes(b"\n".join([good % 1, *UNKEEPABLE, good % 2]) + b"\n")
    assert imported(url, file) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[0] for line in said[:-1]] == [f"{file}:{n}" for n in range(2, len(UNKEEPABLE) + 2)]
    assert [tuple(label.pair) for label in labels_in(url)] == [(1, 1), (2, 1)]


def test_references_that_no_log_can_keep_are_named_and_take_nothing_with_them(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = [f'{{"exchange_number": 1, "reference": "{each}"}}' for each in ("", " ", "\\u0000", "\\udc00")]
    file = written(tmp_path, "r.jsonl", "\n".join([*bad, '{"exchange_number": 2, "reference": "97"}']))
    assert run_import_knowledge(KnowledgeOptions(log_url=url, references=(file,)), now=0.0) == 2
    assert [line.split(": ")[0] for line in capsys.readouterr().err.splitlines()[:-1]] == [
        f"{file}:{n}" for n in (1, 2, 3, 4)
    ]
    with closing(open_score_log(url, "read")) as scores:
        assert scores.references(after=0, upto=9) == {2: "97"}


def test_a_line_that_is_not_utf_8_is_one_bad_line_and_a_header_all_of_them(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "l.csv"
    file.write_bytes("\ufeffexchange_number,preferred,note\n1,tie,\xfc\n".encode() + b"1,tie,\xfc\n3,tie,\n")
    assert imported(url, file) == 2
    assert capsys.readouterr().err.splitlines()[0] == f"{file}:3: not UTF-8"
    assert [(label.pair.number, label.note) for label in labels_in(url)] == [(1, "\xfc"), (3, None)]
    file.write_bytes("exchange_number,preferred\n1,tie\n".encode("utf-16"))
    assert imported(url, file) == 2
    assert f"{file}:1: not UTF-8" in capsys.readouterr().err
