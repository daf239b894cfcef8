"""Kinds of values that several sections have."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from shadowbench.settings.checking import (
    as_globs,
    check_address,
    check_addresses,
    check_candidate_name,
    check_edges,
    check_finite,
    check_form,
    check_header_name,
    check_name_path,
    check_rule_name,
    check_url,
    check_variable_name,
)

NamePath = Annotated[str, AfterValidator(check_name_path)]
CandidateName = Annotated[str, AfterValidator(check_candidate_name)]
RuleName = Annotated[str, AfterValidator(check_rule_name)]
VariableName = Annotated[str, AfterValidator(check_variable_name)]
Url = Annotated[str, AfterValidator(check_url)]
ListenAddress = Annotated[str, BeforeValidator(check_form), AfterValidator(check_address)]
ListenAddresses = Annotated[str | list[str], BeforeValidator(check_form), AfterValidator(check_addresses)]
HeaderName = Annotated[str, AfterValidator(check_header_name)]
Finite = Annotated[float, AfterValidator(check_finite)]
Positive = Annotated[float, AfterValidator(check_finite), Field(gt=0)]
Share = Annotated[float, AfterValidator(check_finite), Field(ge=0, le=1)]
Seconds = Annotated[float, AfterValidator(check_finite), Field(gt=0, le=86_400)]
SecondsOrZero = Annotated[float, AfterValidator(check_finite), Field(ge=0, le=86_400)]
Globs = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], BeforeValidator(as_globs)]
Usd = Annotated[float, AfterValidator(check_finite), Field(ge=0)]
EndpointDialect = Literal[
    "openai.chat",
    "openai.responses",
    "openai.completions",
    "openai.embeddings",
    "anthropic.messages",
    "ollama.chat",
    "ollama.generate",
    "ollama.embed",
    "gemini.generate_content",
]
BucketEdges = Annotated[tuple[float, ...], AfterValidator(check_edges)]
