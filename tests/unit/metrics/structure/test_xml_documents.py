import pytest

from shadowbench.metrics.structure.xml_documents import xml_valid
from tests.compared import pair, value

LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a><b x='1'/>text</a>", 1),
        ("\n<?xml version='1.0' encoding='UTF-16'?>\n<ä>ö</ä>\n", 1),
        ("<!DOCTYPE html><html/>", 1),
        ("<a><b></a></b>", 0),
        ("<a>", 0),
        ("<a/><b/>", 0),
        ("<a>\ud800</a>", 0),
        ("<a>\x00</a>", 0),
        ("no markup", 0),
        ("```xml\n<a/>\n```", 0),
        (LAUGHS, "declares_entities"),
        ("<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'><a/>", 1),  # which is not fetched
        ("<a>" * 33_000, 0),
        ("<a>" * 34_000, "too_long"),
    ],
)
def test_a_text_is_well_formed_or_not(text: str, expected: float | str) -> None:
    assert value(xml_valid, pair("", text).candidate) == expected


def test_a_fence_may_be_allowed() -> None:
    assert value(xml_valid, pair("", "```xml\n<a/>\n```").candidate, fenced=True) == 1
