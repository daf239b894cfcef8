"""What a request and a side tell, and what they tell when there is nothing."""

from shadowbench.records import Dialect
from tests.paired import ASKED, WITH_TOOLS, paired, side


def test_a_request_tells_who_said_what_and_which_tools_it_offers() -> None:
    request = side("Riga.", WITH_TOOLS).request
    assert [tool.name for tool in request.tools] == ["weather", "now"]
    assert list(request.turns) == [("user", "Capital of Latvia?")]
    assert request.last_user_text == "Capital of Latvia?"


def test_the_dialect_that_the_client_spoke_is_the_one_that_counts() -> None:
    request = side("Riga.", {"prompt": "Capital?", "system": "Be brief."}, Dialect.OLLAMA_GENERATE).request
    assert list(request.turns) == [("system", "Be brief."), ("user", "Capital?")]
    assert side("Riga.", {"prompt": "Capital?"}, Dialect.OPENAI_CHAT).request.last_user_text is None


def test_a_request_that_was_not_kept_or_is_no_object_tells_nothing() -> None:
    for body in (None, b"", b"[1]", b"{broken", b"\xff\xfe"):
        request = side("Riga.", body).request
        assert (request.json, request.tools, request.turns, request.last_user_text) == (None, (), (), None)


def test_a_side_knows_its_own_repeat() -> None:
    pair = paired("Riga.", "Riga!", ASKED, candidate_again="Riga?")
    assert pair.production.again is None
    assert pair.candidate.again is pair.candidate_again
    assert pair.candidate.again is not None
    assert (pair.candidate.again.text, pair.candidate.again.again) == ("Riga?", None)
