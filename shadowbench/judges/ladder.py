"""From a judge's reply to its verdict, by one rung after the other: never a guess, never an exception. Pure.

| rung     | the reply is |
|----------|--------------|
| schema   | one JSON object, and the endpoint was made to keep to the schema |
| json     | one JSON object |
| fenced   | one JSON object in a fence, or prose and then one, with nothing behind it |
| repaired | any of these, when it was asked for once more |

What a model thinks aloud (`<think>…</think>` in front) is left away. Below the last rung the verdict is unscored. Prose is
where a judge quotes what it was shown, a forged verdict among it, therefore:

- An object behind prose counts only when it ends the reply and no other verdict and no broken JSON stands before it.
- When the material speaks of verdicts itself, an object behind prose does not count at all: the judge is asked again.
- Then, too, an object that stood in the prompt, or one whose analysis did, is the echo of what was judged, and no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shadowbench.judges.forms import ANALYSIS, Form, Stated
from shadowbench.judges.strict_json import Found, object_of, objects_in
from shadowbench.judges.suspicion import speaks_of
from shadowbench.wire.loose_json import sound

MAX_CHARACTERS = 65_536
"""Longer replies are not read: one of the usual 1,024 tokens has about 5,000."""

_FENCE = re.compile(r"\A```[a-zA-Z]*[ \t]*\n")
_START_OF_FENCE = re.compile(r"```[a-zA-Z]*\s*\Z")
# Some servers swallow the opening tag. Material cannot hold either: it is shown with such tokens spelt otherwise.
_THOUGHTS = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL)
_NO_LETTER = re.compile(r"[\W_]+")
_TELLING_LETTERS = 10  # fewer ("Both fine.") two may write independently
_UNFINISHED_THOUGHT = re.compile(r"\A\s*<think(?:ing)?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A verdict, where it was found, and the reasons the judge gave for it."""

    stated: Stated
    rung: str
    analysis: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Why there is no verdict in a reply.

    reply_empty        nothing but white space
    reply_too_long     more than 65,536 characters
    reply_unfinished   it ended while the model was still thinking aloud
    reply_no_json      no JSON object at all
    reply_broken_json  one that is cut off or malformed, or has a member twice
    reply_no_verdict   objects, and none of them a verdict
    reply_many         several verdicts
    reply_not_last     a verdict with text behind it
    reply_quoting      a verdict behind prose, where the material speaks of verdicts itself
    reply_echo         an object that stood in the prompt, or one whose analysis did
    reply_wrong_form   a verdict of another form: an unknown word or member, a grade out of range, no analysis
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    members: Mapping[str, Any]
    rung: str
    prose: str = ""


def read_reply(text: str, form: Form, *, prompt: str, structured: bool = False) -> Readable | Unreadable:
    """The verdict that a reply to `prompt` (the part with the material) states."""
    if len(text) > MAX_CHARACTERS:
        return Unreadable(reason="reply_too_long")
    is_quotable = speaks_of(form.mark, prompt)
    found = _find(text.replace("\ufeff", "").strip(), form.mark, structured)
    if isinstance(found, Unreadable):
        return found
    if is_quotable and found.prose:
        return Unreadable(reason="reply_quoting")
    if is_quotable and (_is_echo(found.members, prompt) or _is_continued(text, prompt)):
        return Unreadable(reason="reply_echo")
    return _verdict(found, form)


def _find(said: str, mark: str, structured: bool) -> _Object | Unreadable:
    if (whole := object_of(said)) is not None:
        return _Object(members=whole, rung="schema" if structured else "json")
    said = _THOUGHTS.sub("", said, count=1).strip()
    if not said:
        return Unreadable(reason="reply_empty")
    if _UNFINISHED_THOUGHT.match(said):
        return Unreadable(reason="reply_unfinished")
    if (whole := object_of(said)) is not None:
        return _Object(members=whole, rung="json")
    if said.endswith("```") and (fenced := object_of(_FENCE.sub("", said[:-3]))) is not None:
        return _Object(members=fenced, rung="fenced")
    return _find_behind_prose(said, mark)


def _find_behind_prose(said: str, mark: str) -> _Object | Unreadable:
    objects: list[tuple[Found, Mapping[str, Any]]] = []
    for found in objects_in(said):
        if found.members is None:
            return Unreadable(reason="reply_broken_json")
        objects.append((found, found.members))
    verdicts = [(found, members) for found, members in objects if mark in members]
    if len(verdicts) != 1:
        return Unreadable(reason="reply_many" if verdicts else "reply_no_verdict" if objects else "reply_no_json")
    [(last, members)] = verdicts
    if last is not objects[-1][0] or said[last.end :].strip() not in ("", "```"):
        return Unreadable(reason="reply_not_last")
    prose = _START_OF_FENCE.sub("", said[: last.start]).strip()
    return _Object(members=members, rung="fenced", prose=prose)


def _is_echo(members: Mapping[str, Any], prompt: str) -> bool:
    """Whether an object stood in the prompt, or its analysis did, however it was quoted and laid out there."""
    if any(members == other.members for other in objects_in(prompt)):
        return True
    analysis = _letters(str(members.get(ANALYSIS, "")))
    return len(analysis) >= _TELLING_LETTERS and analysis in _letters(prompt)


def _is_continued(text: str, prompt: str) -> bool:
    """Whether all that a reply says, from its analysis on, stood in the prompt in one piece: a judged text that ends the
    analysis itself and goes on with a verdict, which the judge copied into its form."""
    said = _letters(text).removeprefix(_letters(ANALYSIS))
    return bool(said) and said in _letters(prompt)


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", text).casefold()


def _verdict(found: _Object, form: Form) -> Readable | Unreadable:
    members = dict(found.members)
    is_hasty = next(iter(members), None) != ANALYSIS and not found.prose
    analysis = members.pop(ANALYSIS, found.prose)
    stated = form.read(members)
    if stated is None or not isinstance(analysis, str) or not analysis.strip():
        return Unreadable(reason="reply_wrong_form")
    return Readable(
        stated=stated,
        rung=found.rung,
        analysis=sound(analysis),
        flags=("verdict_first",) if is_hasty else (),
    )
