"""From the content of a prompt's file to a prompt, or to a sentence that names the key that is wrong. Pure.

name: tone
version: "1"
kind: custom
about: for people            # not in the hash
system: |                    # who the judge is; the rules about material and the reply's form are added
  You are an editor.
template: |
  {request}
  {answer}                   # one answer at a time; or {production} and {candidate}: both, asked in both orders
  {reference}                # then pairs without a right answer are not judged
  Is the response polite?
reply:
  key: polite                # the member that counts
  words: {yes: 1, no: 0}     # what each word is worth; or `low` and `high` for a number
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shadowbench.errors import ConfigurationError
from shadowbench.judges.forms import ANALYSIS, Form, NumberForm, Stated, WordForm
from shadowbench.judges.rubric_files import Entry
from shadowbench.judges.rubrics import canonical_hash

PLACEHOLDERS = ("request", "answer", "production", "candidate", "reference")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_LINE_OF_ITS_OWN = re.compile(rf"[ \t]*\n?[ \t]*{_PLACEHOLDER.pattern}[ \t]*\n?")
_KEYS = ("name", "version", "kind", "about", "system", "template", "reply")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt's file. `words` are empty for a reply that is a number."""

    name: str
    version: str
    system: str
    template: str
    key: str
    words: tuple[tuple[str, float], ...]
    low: float
    high: float

    @property
    def hash(self) -> str:
        """Of the content: it changes when a judge could judge otherwise."""
        return canonical_hash(asdict(self))

    @property
    def placeholders(self) -> frozenset[str]:
        """What the template shows."""
        return frozenset(_PLACEHOLDER.findall(self.template))

    @property
    def shows_both(self) -> bool:
        """Whether the judge sees both answers at once."""
        return "answer" not in self.placeholders

    @property
    def form(self) -> Form:
        """The form of its replies."""
        if self.words:
            return WordForm(mark=self.key, words=tuple(word for word, _ in self.words))
        return NumberForm(mark=self.key, low=self.low, high=self.high)

    def value(self, stated: Stated) -> float:
        """What a reply is worth."""
        return dict(self.words)[stated.word] if stated.word is not None else stated.numbers[0][1]

    def fill(self, material: Mapping[str, str]) -> str:
        """The template with material in place, on lines of its own. A placeholder within material stays as it is."""
        return _LINE_OF_ITS_OWN.sub(lambda found: f"\n{material.get(found[1], '')}\n", self.template).strip("\n")


def read_prompt(content: Mapping[str, Any], where: str = "prompt") -> Prompt:
    """The prompt that a file holds. Raises ConfigurationError; `where` is how the message calls the file."""
    head = Entry(content, where, _KEYS)
    head.one_of("kind", ("custom",))
    reply = Entry(head.mapping("reply"), f"{where}.reply", ("key", "words", "low", "high"))
    words = _words(reply) if reply.has("words") else ()
    values = [value for _, value in words]
    prompt = Prompt(
        name=head.text("name"),
        version=head.version(),
        system=head.text("system", ""),
        template=head.text("template"),
        key=_key(reply),
        words=words,
        low=min(values) if words else reply.number("low"),
        high=max(values) if words else reply.number("high"),
    )
    _check(prompt, reply, where)
    return prompt


def _key(reply: Entry) -> str:
    key = reply.text("key")
    if key == ANALYSIS:
        raise ConfigurationError(f"{reply.where}.key is not {ANALYSIS!r}: that is where the judge gives its reasons")
    return key


def _words(reply: Entry) -> tuple[tuple[str, float], ...]:
    given = reply.mapping("words")
    # Without quotes YAML reads yes and no as true and false.
    named = {{True: "yes", False: "no"}.get(word, word): value for word, value in given.items()}
    entry = Entry(named, f"{reply.where}.words", tuple(map(str, named)))
    return tuple((str(word), entry.number(word)) for word in named)


def _check(prompt: Prompt, reply: Entry, where: str) -> None:
    shown = prompt.placeholders
    if unknown := sorted(shown - set(PLACEHOLDERS)):
        there_are = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise ConfigurationError(f"{where}.template: there is no {{{unknown[0]}}}; there are: {there_are}")
    if shown & {"answer", "production", "candidate"} not in ({"answer"}, {"production", "candidate"}):
        raise ConfigurationError(f"{where}.template shows either {{answer}} or both {{production}} and {{candidate}}")
    if prompt.words and (reply.has("low") or reply.has("high")):
        raise ConfigurationError(f"{where}.reply has either words, or low and high")
    if not prompt.low < prompt.high:
        raise ConfigurationError(f"{where}.reply: there have to be two different values")
