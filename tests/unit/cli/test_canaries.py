"""`judges freeze` and `judges check` over a log, with a judge that answers over HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shadowbench.cli.canaries import FreezeOptions, run_check, run_freeze
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.records import Answer, Choice
from shadowbench.scores import PairRef, Score
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import an_exchange, an_observation
from tests.unit.scoring.calibration.judged import C, P, judge, label


class Model(ThreadingHTTPServer):
    """Prefers the answer `Oslo.`, or once it has turned the other one. Counts what it was asked."""

    turned = False
    mute = 0  # it has no verdict from so many questions on
    asked = 0


class _Answers(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked += 1
        is_mute = self.server.mute and self.server.asked > self.server.mute
        page = body["messages"][-1]["content"]
        oslo_first = page.index("Oslo.") < page.index("Riga.")
        said = json.dumps({"analysis": "x", "verdict": "A" if oslo_first is not self.server.turned else "B"})
        said = "Well …" if is_mute else said
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        reply = {
            "model": "m",
            "choices": [{"index": 0, "message": {"content": said}, "finish_reason": "stop"}],
            "usage": usage,
        }
        data = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def model() -> Iterator[Model]:
    server = Model(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Twelve pairs; people prefer the candidate in nine of them."""
    url = f"sqlite:///{tmp_path}/log.db"
    oslo = an_observation(endpoint="small", answer=Answer(choices=(Choice(text="Oslo."),)))
    with closing(open_log(url, "write")) as log, closing(open_score_log(url, "change")) as scores:
        log.append([an_exchange(n, oslo) for n in range(1, 13)])
        scores.put_labels([label(n, C if n <= 9 else P) for n in range(1, 13)])
    return url


@pytest.fixture
def config(tmp_path: Path, model: Model) -> Path:
    file = tmp_path / "c.yaml"
    endpoint = {"url": f"http://127.0.0.1:{model.server_port}/v1", "model": "m"}
    judges = {"strict": {"kind": "pairwise", "endpoint": endpoint}}
    file.write_text(json.dumps({"production": {"url": "http://127.0.0.1:1"}, "scoring": {"judges": judges}}))
    return file


def frozen(url: str, **changes: object) -> int:
    return run_freeze(FreezeOptions(**{"log_url": url, "name": "gold", **changes}))  # type: ignore[arg-type]


def test_a_set_is_frozen_and_asked_and_a_judge_that_turned_is_found_out(
    url: str, config: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frozen(url) == 0
    assert "12 pairs frozen" in capsys.readouterr().err
    assert run_check(config, url, "gold", None, {}) == 0
    assert "strict: 12 of 12 answered" in capsys.readouterr().out
    assert run_check(config, url, "gold", "strict", {}) == 0
    assert model.asked == 48  # no answer came from the cache
    model.turned = True
    assert run_check(config, url, "gold", None, {}) == 1
    assert "DRIFTED" in capsys.readouterr().out
    with closing(open_score_log(url, "read")) as scores:
        assert [run.drifted for run in scores.canary_runs("gold")] == [False, False, True]
        assert scores.spending("strict").calls == 72


def test_a_frozen_set_stays_as_it_is(url: str) -> None:
    frozen(url)
    with pytest.raises(ConfigurationError, match="already"):
        frozen(url)
    with closing(open_score_log(url, "read")) as scores:
        assert {each.source for each in scores.canaries("gold")} == {"human"}


def test_a_judges_own_word_may_be_frozen(url: str) -> None:
    with pytest.raises(ConfigurationError, match="which judge"):
        frozen(url, source="judge")
    with closing(open_score_log(url, "change")) as scores:
        [number] = scores.register([judge("strict").measure])
        with pytest.raises(ConfigurationError, match="has judged no pair yet"):
            frozen(url, source="judge")
        scores.put_scores([Score(n, 1, number, n % 2, None) for n in range(1, 13)])
    assert frozen(url, source="judge", size=5) == 0
    with closing(open_score_log(url, "read")) as scores:
        found = {each.pair: each.expected for each in scores.canaries("gold")}
    assert len(found) == 5
    assert all(said == ("candidate" if pair.number % 2 else "production") for pair, said in found.items())
    assert all(isinstance(pair, PairRef) for pair in found)


def test_what_cannot_be_frozen_or_asked_says_what_to_do(url: str, config: Path, tmp_path: Path) -> None:
    empty = f"sqlite:///{tmp_path}/empty.db"
    open_log(empty, "write").close()
    with pytest.raises(ConfigurationError, match="nobody has labelled a pair with preference"):
        frozen(empty)
    with pytest.raises(ConfigurationError, match="no frozen set 'gold'; there are: none"):
        run_check(config, url, "gold", None, {})
    with pytest.raises(ConfigurationError, match="no judge nobody"):
        run_check(config, url, "gold", "nobody", {})


def test_who_names_no_judge_of_the_log_is_told_which_there_are(url: str) -> None:
    with closing(open_score_log(url, "change")) as scores:
        scores.register([judge("strict").measure, judge("mild").measure])
    with pytest.raises(ConfigurationError, match=r"no judge 'nope' in this log; there are: mild, strict$"):
        frozen(url, source="judge", judge="nope")
    with pytest.raises(ConfigurationError, match="Name it with --judge; there are: mild, strict"):
        frozen(url, source="judge")


@pytest.mark.parametrize("named", [None, "nope", "strict"])
def test_a_question_without_labels_is_told_at_once(url: str, named: str | None) -> None:
    """Whichever judge is named, and before one is asked for."""
    with pytest.raises(
        ConfigurationError, match=r"nobody has labelled a pair with task \(there are labels of: preference\)"
    ):
        frozen(url, question="task", judge=named)


def test_ratings_need_a_judge_with_a_range(url: str) -> None:
    with closing(open_score_log(url, "change")) as scores:
        scores.put_labels([label(1, None, question="task", value=4.0)])
        scores.register([replace(judge("strict").measure, low=None)])
    with pytest.raises(ConfigurationError, match="strict has no range to put ratings into"):
        frozen(url, question="task", judge="strict")
    with pytest.raises(ConfigurationError, match="no judge 'nope' in this log; there are: strict"):
        frozen(url, question="task", judge="nope")


def test_an_endpoint_that_is_down_makes_no_run(url: str, tmp_path: Path) -> None:
    frozen(url)
    file = tmp_path / "down.yaml"
    endpoint = {"url": "http://127.0.0.1:9/v1", "model": "m", "tries": 1}
    judges = {"strict": {"kind": "pairwise", "endpoint": endpoint}}
    file.write_text(json.dumps({"production": {"url": "http://127.0.0.1:1"}, "scoring": {"judges": judges}}))
    with pytest.raises(UnavailableError):
        run_check(file, url, "gold", None, {})
    with closing(open_score_log(url, "read")) as scores:
        assert list(scores.canary_runs("gold")) == []


def test_a_judge_that_stops_to_give_readable_verdicts_is_no_pass(
    url: str, config: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen(url)
    assert run_check(config, url, "gold", None, {}) == 0
    model.mute = model.asked
    assert run_check(config, url, "gold", None, {}) == 1
    said = capsys.readouterr().out
    assert "strict: 0 of 12 answered" in said and "DRIFTED: fewer answers than in its first run (12)" in said
    assert "12 × reply_no_json" in said


def test_a_first_run_with_too_few_answers_is_not_taken_as_the_measure(
    url: str, config: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen(url)
    model.mute = 18  # of 24 questions: at least three pairs are without
    assert run_check(config, url, "gold", None, {}) == 4
    assert "NO MEASURE: too few answers to measure later runs by" in capsys.readouterr().out
    model.mute = 0
    assert run_check(config, url, "gold", None, {}) == 0
    assert "12 of 12 answered" in capsys.readouterr().out
