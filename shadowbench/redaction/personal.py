"""Personal data that has a form: addresses and numbers. Names and streets have none, and are not found.

What must survive: timestamps, ids, order numbers, decimal numbers, versions, IP addresses (unless asked for).
"""

from __future__ import annotations

import ipaddress
import re

from shadowbench.redaction.checksums import passes_luhn, passes_mod97
from shadowbench.redaction.kind import Kind, Place, Rule

# In Python's patterns over text, and as bytes in cues: blank, dot, hyphen; no-break blank and the typographic hyphens.
_GAP = r"[ .\-\u00a0\u2010-\u2013]"
_GAP_BYTES = r"(?:[ .\-]|\xc2\xa0|\xe2\x80[\x90-\x93])"
_LOOSE_GAP = r"[ .\-/()\u00a0\u2010-\u2013]"
_LOOSE_GAP_BYTES = r"(?:[ .\-/()]|\xc2\xa0|\xe2\x80[\x90-\x93])"

# ── e-mail ──

# Not checked against RFC 5321: whatever people take for an address. The domain may be written in any script.
_EMAIL = re.compile(r"(?<![\w.%+\-])[\w.%+\-]++@(?:[\w\-]{1,63}+\.){1,8}[^\W\d_]{2,24}")


def _email(match: re.Match[str]) -> Place | None:
    return None if match[0].startswith("git@") else match.span()  # git@github.com:owner/name is nobody's mailbox


EMAIL = Kind(
    name="email",
    cue=r"[A-Za-z0-9_.%+\-\x80-\xff]@(?:[A-Za-z0-9_\-\\\x80-\xff]+\.){1,8}[A-Za-z\\\x80-\xff]",
    rules=(Rule(_EMAIL, _email),),
)

# ── payment cards ──

# 13 to 19 digits beginning as the card schemes' do (ISO/IEC 7812: 3 to 6; Mastercard also 22 to 27), which keeps timestamps
# in milli-, micro- and nanoseconds out: those begin with 1. Grouped as they are printed: 4-4-4-4(-3) or 4-6-5.
_NUMBER_LEFT = r"(?<![\w])(?<![0-9]\.)"
_NUMBER_RIGHT = r"(?!\w)(?!\.[0-9])"
_CARD = re.compile(
    rf"{_NUMBER_LEFT}(?:(?:[3-6]|2[2-7])[0-9]{{11,18}}"
    rf"|[2-6][0-9]{{3}}({_GAP})[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{1,4}}(?:\1[0-9]{{1,3}})?"
    rf"|3[0-9]{{3}}({_GAP})[0-9]{{6}}\2[0-9]{{4,5}}){_NUMBER_RIGHT}"
)
_CARD_LEFT = r"(?:^|[^0-9.]|[^0-9]\.|\\u[0-9a-fA-F]{4})"


def _card(match: re.Match[str]) -> Place | None:
    digits = only_digits(match[0])
    return match.span() if 13 <= len(digits) <= 19 and passes_luhn(digits) else None


CARD = Kind(
    name="card",
    cue=(
        rf"{_CARD_LEFT}[2-6](?:[0-9]{{12}}|[0-9]{{3}}{_GAP_BYTES}"
        rf"(?:[0-9]{{4}}{_GAP_BYTES}[0-9]{{4}}|[0-9]{{6}}{_GAP_BYTES}[0-9]{{4}}))"
    ),
    rules=(Rule(_CARD, _card),),
)

# ── phones ──

# A bare run of digits is no phone number unless something says so: too much else looks like that.
_PHONE_LEFT = r"(?<![\w+])(?<![0-9][.\-/,:])(?<![0-9a-fA-F]-)"
_PHONE_RIGHT = r"(?!\w)(?![.\-/:][0-9])"
_DATE = r"(?!\+?[0-9]{4}-[0-9]{2}-[0-9]{2})"
_INTERNATIONAL = re.compile(
    rf"{_PHONE_LEFT}{_DATE}(?:\+|(?<![0-9] )00(?=[1-9]))\(?[1-9](?:{_LOOSE_GAP}{{0,2}}[0-9]){{7,14}}{_PHONE_RIGHT}"
)
_NATIONAL = (
    # North America: 3-3-4
    rf"{_PHONE_LEFT}(?:1{_GAP})?(?:\([2-9][0-9]{{2}}\){_GAP}?|[2-9][0-9]{{2}}{_GAP})[0-9]{{3}}{_GAP}[0-9]{{4}}"
    + _PHONE_RIGHT,
    # with a trunk 0: 020 7946 0958, 030/1234567, (0711) 123 4567
    rf"{_PHONE_LEFT}(?<![0-9] )(?:\(0[1-9][0-9]{{1,4}}\)[ ]?|0[1-9][0-9]{{1,4}}[ /\-])"
    rf"[0-9]{{3,4}}[ \-]?[0-9]{{3,6}}{_PHONE_RIGHT}",
    # pairs: 06 12 34 56 78
    rf"{_PHONE_LEFT}(?<![0-9] )0[1-9](?P<gap>{_GAP})[0-9]{{2}}(?:(?P=gap)[0-9]{{2}}){{3}}{_PHONE_RIGHT}",
)
_LABEL = r"(?i:telephone|phone|tel|mobile|fax|whatsapp)"
_LABELLED = re.compile(
    rf"(?<![A-Za-z]){_LABEL}(?: ?(?:number|no\.?|nr\.?|#))?[\"'\\]{{0,4}}\s{{0,2}}(?:is|[:=.])?\s{{0,2}}[\"'\\]{{0,4}}"
    r"([0-9]{7,15})(?!\w)(?!\.[0-9])"
)
_PHONE_NAME = re.compile(rf"{_LABEL}(?:[_-]?(?:number|no))?$")
_PHONE_VALUE = re.compile(rf"\+?(?:{_LOOSE_GAP}{{0,2}}[0-9]){{7,15}}")


def _international(match: re.Match[str]) -> Place | None:
    """`+1.2345678` is a number, and `00` needs some gap: zeros are padded to many things."""
    gaps = re.sub(r"[0-9+]", "", match[0])
    if gaps == "." or (not gaps and match[0].startswith("00")):
        return None
    return match.span()


def _national(match: re.Match[str]) -> Place | None:
    return match.span() if 9 <= len(only_digits(match[0])) <= 12 else None


def _label(match: re.Match[str]) -> Place:
    return match.span(1)


def is_phone_member(name: str, value: str) -> bool:
    """Whether a JSON member of this name holds a phone number."""
    return (
        len(value) <= 40
        and _PHONE_NAME.search(name, max(0, len(name) - 64)) is not None
        and _PHONE_VALUE.fullmatch(value) is not None
    )


PHONE = Kind(
    name="phone",
    cue=(
        rf"(?:\+|00)\(?[1-9](?:{_LOOSE_GAP_BYTES}{{0,2}}[0-9]){{7}}"
        rf"|[2-9][0-9][0-9](?:\){_GAP_BYTES}?|{_GAP_BYTES})[0-9]{{3}}{_GAP_BYTES}[0-9]{{4}}"
        r"|0[1-9][0-9]{1,4}(?:\) ?|[ /\-])[0-9]{3}"
        rf"|0[1-9](?:{_GAP_BYTES}[0-9][0-9]){{4}}"
        r"|(?i:telephone|phone|tel|mobile|fax|whatsapp)[ _\-]?(?i:number|no\.?|nr\.?|#)?"
        r"[\"'\\]{0,4}\s{0,2}(?i:is|[:=.])?\s{0,2}[\"'\\]{0,4}\(?[0-9]"
    ),
    rules=(
        Rule(_INTERNATIONAL, _international),
        *(Rule(re.compile(pattern), _national) for pattern in _NATIONAL),
        Rule(_LABELLED, _label),
    ),
)

# ── off unless asked for ──

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])")


def _iban(match: re.Match[str]) -> Place | None:
    """The pattern may have taken a word in capitals that follows: groups are given back until the check digits fit."""
    text = match[0]
    while len(text) >= 15:
        if passes_mod97(text.replace(" ", "")):
            return match.start(), match.start() + len(text)
        text = text.rpartition(" ")[0]
    return None


IBAN = Kind(name="iban", cue=r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4}", rules=(Rule(_IBAN, _iban),))

_SSN = r"[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}"
US_SSN = Kind(
    name="us_ssn",
    cue=_SSN,
    rules=(Rule(re.compile(rf"(?<![\w\-])(?!000|666){_SSN}(?![\w\-])(?<!-0000)")),),
)

_IPV4 = re.compile(r"(?<![\w.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?!\w)(?!\.[0-9])")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")


def _address(match: re.Match[str]) -> Place | None:
    """`std::vector` has colons and 12:30:45 too; the standard library knows which are addresses."""
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return None
    is_told = address.version == 4 or (
        len(match[0]) >= 7 and re.search("[0-9]", match[0])
    )  # `a::b` is one by the letter
    return match.span() if is_told else None


IP_ADDRESS = Kind(
    name="ip",
    cue=r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]",
    rules=(Rule(_IPV4, _address), Rule(_IPV6, _address)),
)


def only_digits(text: str) -> str:
    """The digits of a number, however it is grouped."""
    return re.sub(r"[^0-9]", "", text)
