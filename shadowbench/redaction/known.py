"""Secrets that are known word for word: the credentials of the configuration. Found by themselves, whatever their shape.

An endpoint may repeat the key it was called with (in a 401's message, in a stream), and a key of one's own gateway looks like
nothing in particular. These are taken out always, also where redaction is off.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence

from shadowbench.redaction.kind import Kind, Pattern

NAME = "known_secret"
SHORTEST = 8  # characters: what is shorter stands in texts by chance, and would be cut out of them
_OPAQUE = re.compile(r"(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=[^0-9]*[0-9])[!-~]{12,}|[0-9a-fA-F]{20,}")


def header_secrets(name_is_credential: bool, value: str) -> Iterator[str]:
    """The secrets in a header that the configuration sets. Of a scheme and a credential (`Bearer …`) the credential is one.

    Under a harmless name a value is one when it looks like nothing else: at least 12 characters with large letters, small
    letters and digits, or at least 20 hexadecimal digits. URLs and names of features stay.
    """
    value = value.strip()
    if name_is_credential:
        yield value.rpartition(" ")[2]
        if " " in value:
            yield value
    elif "://" not in value and _OPAQUE.fullmatch(value):
        yield value


def login_secrets(login: str) -> Iterator[str]:
    """Those of USER:PASSWORD: the whole, the password, and the form that Basic authentication gives it (RFC 7617)."""
    yield login
    yield login.partition(":")[2]
    yield base64.b64encode(login.encode("utf-8", "surrogateescape")).decode()


def known_kind(secrets: Iterable[str]) -> Kind | None:
    """The kind that these are of; None when there are none. Those that are too short are left out."""
    # The longest first: one may begin as another does.
    wanted = sorted({each for each in secrets if len(each) >= SHORTEST}, key=lambda each: (-len(each), each))
    if not wanted:
        return None
    cue = "|".join(_pattern(each, as_bytes=True) for each in wanted)
    rule = re.compile("|".join(_pattern(each, as_bytes=False) for each in wanted))
    return Kind(name=NAME, cue=cue, rules=(Pattern(rule),), floor=cue)


def too_short(secrets: Sequence[str]) -> int:
    """How many of these are too short to be looked for."""
    return sum(0 < len(each) < SHORTEST for each in secrets)


def _pattern(secret: str, *, as_bytes: bool) -> str:
    return "".join(_character(each, as_bytes) for each in secret)


def _character(character: str, as_bytes: bool) -> str:
    """One character, in plain text and in JSON's escaped forms of it."""
    if character.isascii() and character.isalnum():
        return character
    in_utf8 = character.encode("utf-8", "surrogateescape").decode("latin-1")
    forms = {in_utf8} if as_bytes else {character, in_utf8}
    # Before what JSON escapes, and again where JSON stands in a string of JSON, there are backslashes.
    plain = "|".join(r"\\{0,4}" + re.escape(form) for form in sorted(forms))
    return rf"(?:{plain}|\\{{1,4}}u(?i:{ord(character):04x}))"
