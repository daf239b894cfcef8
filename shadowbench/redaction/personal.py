"""Personal data that has a form: addresses and numbers. Names and streets have none, and are not found.

What must survive: timestamps, ids, order numbers, decimal numbers, versions, IP addresses (unless asked for).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from shadowbench.redaction.checksums import passes_luhn, passes_mod97
from shadowbench.redaction.kind import Kind, Numbered, Pattern, Place

# In Python's patterns over text, and as bytes in cues: blank, dot, hyphen; no-break and thin blanks, and typographic hyphens.
_GAP = r"[ .\-\u00a0\u2009\u202f\u2010-\u2013]"
_GAP_BYTES = r"(?:[ .\-]|\xc2\xa0|\xe2\x80[\x89\xaf\x90-\x93])"
_LOOSE_GAP = r"[ .\-/()\u00a0\u2009\u202f\u2010-\u2013]"
_LOOSE_GAP_BYTES = r"(?:[ .\-/()]|\xc2\xa0|\xe2\x80[\x89\xaf\x90-\x93])"
# What else `\s` is to Python, and line feeds as JSON has them.
_WIDE_BLANK_BYTES = r"\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80"
_BLANK_BYTES = rf"(?:[\s\x0b\x1c-\x1f]|\\[nrt]|{_WIDE_BLANK_BYTES})"

# ── e-mail ──

# Not checked against RFC 5321: whatever people take for an address. The domain may be written in any script.
_DOMAIN = re.compile(r"@(?:[\w\-]{1,63}+\.){1,8}[^\W\d_]{2,24}")
_LOCAL_BACKWARDS = re.compile(r"[\w.%+\-]++")
_LONGEST_LOCAL = 320  # RFC 5321 says 64; what is longer was never an address


class _Address:
    """Found by the sign in its middle."""

    def places(self, text: str, start: int, end: int) -> Iterator[Place]:
        """See `Rule`."""
        at = text.find("@", start, end)
        while at >= 0:
            domain = _DOMAIN.match(text, at, end)
            local = _LOCAL_BACKWARDS.match(text[max(start, at - _LONGEST_LOCAL) : at][::-1]) if domain else None
            # git@github.com:owner/name is nobody's mailbox.
            if domain and local and local[0] != "tig":
                yield at - local.end(), domain.end()
            at = text.find("@", domain.end() if domain else at + 1, end)


EMAIL = Kind(
    name="email",
    cue=r"[A-Za-z0-9_.%+\-\x80-\xff]@(?:[A-Za-z0-9_\-\\\x80-\xff]+\.){1,8}[A-Za-z\\\x80-\xff]",
    rules=(_Address(),),
)

# ── payment cards ──

# 13 to 19 digits beginning as the card schemes' do (ISO/IEC 7812: 3 to 6; Mastercard also 22 to 27), which keeps timestamps
# in milli-, micro- and nanoseconds out: those begin with 1. Grouped as they are printed: 4-4-4-4(-3) or 4-6-5.
# Letters of scripts without blanks between words may touch them.
_NUMBER_LEFT = r"(?<![A-Za-z0-9_].)(?<![0-9]\..)"  # after the first digit
_NUMBER_RIGHT = r"(?![A-Za-z0-9_])(?!\.[0-9])"
_CARD = re.compile(
    rf"[2-6]{_NUMBER_LEFT}(?:(?:(?<=[3-6])[0-9]|[2-7])[0-9]{{11,17}}"
    rf"|(?:(?<=[3-6])[0-9]|[2-7])[0-9]{{2}}({_GAP})[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{1,4}}(?:\1[0-9]{{1,3}})?"
    rf"|(?<=3)[0-9]{{3}}({_GAP})[0-9]{{6}}\2[0-9]{{4,5}}){_NUMBER_RIGHT}"
)
_CARD_LEFT = r"(?:^\.?|[^0-9.]|[^0-9]\.|\\u[0-9a-fA-F]{4})"


def _card(match: re.Match[str]) -> Place | None:
    """The last group may be the security code behind a card, as it is often written: then it is given back."""
    text = match[0]
    *groups, last = re.split(_GAP, text)
    for end in (len(text), len(text) - len(last) - 1) if groups else (len(text),):
        digits = only_digits(text[:end])
        if 13 <= len(digits) <= 19 and passes_luhn(digits):
            return match.start(), match.start() + end
    return None


CARD = Kind(
    name="card",
    cue=(
        rf"{_CARD_LEFT}[2-6](?:[0-9]{{12}}|[0-9]{{3}}{_GAP_BYTES}"
        rf"(?:[0-9]{{4}}{_GAP_BYTES}[0-9]{{4}}|[0-9]{{6}}{_GAP_BYTES}[0-9]{{4}}))"
    ),
    rules=(Numbered(_CARD, _card),),
)

# ── phones ──

# A bare run of digits is no phone number unless something says so: too much else looks like that.
_PHONE_LEFT = r"(?<![A-Za-z0-9_+].)(?<![0-9][.\-/,:].)(?<![0-9a-fA-F]-.)"  # after the first character
_PHONE_RIGHT = r"(?![A-Za-z0-9_])(?![.\-/:][0-9])"
_NO_DATE = r"(?![0-9]{4}-[0-9]{2}-[0-9]{2})"
_GROUPS = rf"\(?[1-9](?:{_LOOSE_GAP}{{0,2}}[0-9]){{7,14}}{_PHONE_RIGHT}"
_INTERNATIONAL = (
    re.compile(rf"\+{_PHONE_LEFT}{_NO_DATE}{_GROUPS}"),
    re.compile(rf"00(?<![A-Za-z0-9_+]..)(?<![0-9][.\-/,: ]..)(?<![0-9a-fA-F]-..){_GROUPS}"),
)
_AREA = rf"\([2-9][0-9]{{2}}\){_GAP}?|[2-9][0-9]{{2}}{_GAP}"
_NATIONAL = (
    # North America: 3-3-4
    rf"[(1-9]{_PHONE_LEFT}(?:(?<=\()[2-9][0-9]{{2}}\){_GAP}?|(?<=1){_GAP}(?:{_AREA})|(?<=[2-9])[0-9]{{2}}{_GAP})"
    rf"[0-9]{{3}}{_GAP}[0-9]{{4}}{_PHONE_RIGHT}",
    # with a trunk 0: 020 7946 0958, 030/1234567, (0711) 123 4567
    rf"[(0]{_PHONE_LEFT}(?<![0-9] .)(?:(?<=\()0[1-9][0-9]{{1,4}}\)[ ]?|(?<=0)[1-9][0-9]{{1,4}}[ /\-])"
    rf"[0-9]{{3,4}}[ \-]?[0-9]{{3,6}}{_PHONE_RIGHT}",
    # pairs: 06 12 34 56 78
    rf"0{_PHONE_LEFT}(?<![0-9] .)[1-9](?P<gap>{_GAP})[0-9]{{2}}(?:(?P=gap)[0-9]{{2}}){{3}}{_PHONE_RIGHT}",
)
_LABEL = r"(?i:telephone|phone|tel|mobile|fax|whatsapp)"
_LABELLED = re.compile(
    r"[pPtTmMfFwW](?<![A-Za-z].)(?i:hone|elephone|el|obile|ax|hatsapp)(?: ?(?:number|no\.?|nr\.?|#))?"
    r"[\"'\\]{0,4}\s{0,2}(?:is|[:=.])?\s{0,2}[\"'\\]{0,4}"
    r"([0-9]{7,15})(?![A-Za-z0-9_])(?!\.[0-9])"
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
        rf"[\"'\\]{{0,4}}{_BLANK_BYTES}{{0,2}}(?i:is|[:=.])?{_BLANK_BYTES}{{0,2}}[\"'\\]{{0,4}}\(?[0-9]"
    ),
    rules=(
        *(Pattern(pattern, _international) for pattern in _INTERNATIONAL),
        *(Pattern(re.compile(pattern), _national) for pattern in _NATIONAL),
        Pattern(_LABELLED, _label),
    ),
)

# ── off unless asked for ──

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])")


# Lengths by country, as SWIFT's IBAN registry has them.
_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in (
        line.split(" ", 1)
        for line in (
            "15 NO", "16 BE", "18 DK FK FO FI GL NL SD", "19 MK SI", "20 AT BA EE KZ LT LU MN XK", "21 CH HR LI LV",
            "22 BG BH CR DE GB GE IE ME RS VA", "23 AE GI IL IQ OM SO TL", "24 AD CZ ES MD PK RO SA SE SK TN VG",
            "25 LY PT ST", "26 IS TR", "27 BI DJ FR GR IT MC MR SM", "28 AL AZ BY CY DO GT HN HU LB NI PL SV",
            "29 BR EG PS QA UA", "30 JO KW MU YE", "31 MT SC", "32 LC", "33 RU",
        )
    )
    for country in countries.split()
}  # fmt: skip


def _iban(match: re.Match[str]) -> Place | None:
    """The pattern may have taken words in capitals that follow: how long a number is depends on its country."""
    text = match[0]
    length = _IBAN_LENGTHS.get(text[:2], 0)
    end = length
    while end - text.count(" ", 0, end) < length:
        end = length + text.count(" ", 0, end)
    whole = text[:end].replace(" ", "")
    if not length or len(whole) != length or text[end : end + 1].strip() or not passes_mod97(whole):
        return None
    return match.start(), match.start() + end


IBAN = Kind(name="iban", cue=r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4}", rules=(Numbered(_IBAN, _iban),))

_SSN = r"[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}"
US_SSN = Kind(
    name="us_ssn",
    cue=_SSN,
    rules=(Pattern(re.compile(rf"(?<![\w\-])(?!000|666){_SSN}(?![\w\-])(?<!-0000)")),),
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
    rules=(Pattern(_IPV4, _address), Pattern(_IPV6, _address)),
)


def only_digits(text: str) -> str:
    """The digits of a number, however it is grouped."""
    return re.sub(r"[^0-9]", "", text)
