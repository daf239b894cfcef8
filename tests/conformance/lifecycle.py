from tests.conformance.judging import Section

SECTION = Section()
