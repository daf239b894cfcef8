"""Keys, tokens and passwords: by the prefix that their makers gave them, or by the name they are assigned to.

The prefixes are those that the providers document for secret scanning. A shape is written once, in the syntax that RE2 and
Python share, and serves as cue, rule and floor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shadowbench.redaction.kind import Kind, Pattern, Place

# Left of a key stands no letter or digit; in JSON's escaped form an escape may stand there instead.
_BOUNDARY = r"(?:^|[^A-Za-z0-9]|\\[nrtbf]|\\u[0-9a-fA-F]{4})"
# In a text too: string literals in code.
_NOT_WITHIN = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4}))"

_KEY_SHAPES = "|".join(
    (
        r"sk-(?:ant|proj|svcacct|admin|or-v1|lf)-[A-Za-z0-9_-]{16,}",  # OpenAI, Anthropic, OpenRouter, Langfuse
        r"sk-[A-Za-z0-9]{20}[A-Za-z0-9_-]*",  # OpenAI until 2024, DeepSeek, many gateways
        r"sk-[A-Za-z_-]{0,64}[0-9][A-Za-z0-9_-]{11,}",  # LiteLLM and others; the digit tells it from a hyphenated word
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",  # AWS
        r"AIza[A-Za-z0-9_-]{30,}",  # Google
        r"ya29\.[A-Za-z0-9_-]{20,}",
        r"gh[pousr]_[A-Za-z0-9]{20,}",  # GitHub
        r"github_pat_[A-Za-z0-9_]{20,}",
        r"glpat-[A-Za-z0-9_-]{18,}",  # GitLab
        r"xox[abeoprs]-[A-Za-z0-9-]{10,}",  # Slack
        r"xapp-[0-9]-[A-Za-z0-9-]{10,}",
        r"hooks\.slack\.com\\?/services\\?/[A-Za-z0-9/\\_-]{20,}",
        r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}",  # Stripe
        r"whsec_[A-Za-z0-9+/=\\]{16,}",
        r"hf_[A-Za-z0-9]{20,}",  # Hugging Face
        r"npm_[A-Za-z0-9]{30,}",
        r"pypi-[A-Za-z0-9_-]{40,}",
        r"gsk_[A-Za-z0-9]{20,}",  # Groq
        r"xai-[A-Za-z0-9]{20,}",
        r"pplx-[A-Za-z0-9]{20,}",  # Perplexity
        r"r8_[A-Za-z0-9]{20,}",  # Replicate
        r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",  # SendGrid
        r"dop_v1_[a-f0-9]{40,}",  # DigitalOcean
    )
)

# An AWS secret key has no shape of its own: it is told by the access key before it.
_AWS_PAIR = re.compile(r"(?:AKIA|ASIA)[A-Z0-9]{16}[\s,:;|\"'/]{1,8}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])")


def _second(match: re.Match[str]) -> Place:
    return match.span(1)


API_KEY = Kind(
    name="api_key",
    cue=f"{_BOUNDARY}(?:{_KEY_SHAPES})",
    rules=(Pattern(re.compile(f"{_NOT_WITHIN}(?:{_KEY_SHAPES})")), Pattern(_AWS_PAIR, _second)),
    floor=f"{_BOUNDARY}(?:{_KEY_SHAPES})",
)

_JWT = r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
JWT = Kind(
    name="jwt",
    cue=f"{_BOUNDARY}{_JWT}",
    rules=(Pattern(re.compile(_NOT_WITHIN + r"eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]*+){0,3}")),),
    floor=f"{_BOUNDARY}{_JWT}",
)

_PEM_BEGIN = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"
PRIVATE_KEY = Kind(
    name="private_key",
    cue=_PEM_BEGIN,
    # A block whose end was cut off is taken as far as it can be one. Line ends may be escaped, when a block stands in code.
    rules=(
        Pattern(
            re.compile(
                _PEM_BEGIN
                + r"(?: BLOCK)?-----(?:[A-Za-z0-9+/=:,.\s]|-(?!----)|\\+[nrt/])*+(?:-----END [A-Z0-9 ]{0,40}-----)?"
            )
        ),
    ),
    floor=_PEM_BEGIN + r"(?: BLOCK)?-----",
)

# What ends in one of these names a secret, whatever its value looks like; a weak name needs a value that looks like one.
_STRONG = (
    r"passw(?:or)?d|passphrase|pwd|api[_-]?key"
    r"|(?:client|app|consumer|shared|webhook|aws)[_-]?secret"
    r"|(?:secret|secret[_-]?access|access|private|signing|encryption|master|auth|account|storage)[_-]?key"
    r"|(?:access|auth|refresh|bearer|session|api|bot|security)[_-]?token"
)
_WEAK = r"secret|token|credentials?"
_OPAQUE = r"[A-Za-z0-9_+/=.~-]"

_NAME = re.compile(r"(?<![\w-])([\w-]++)[\"'\\]{0,4}\s{0,3}(?:=>|:=|=|:)\s{0,3}(?!\s)")
_STRONG_VALUE = re.compile(
    r"\\{0,2}[\"'](?P<quoted>[^\"'\\\n]{4,}+)"
    # Without quotes code is full of names (`password=form.password`): a digit or a sign tells the value.
    r"|(?P<bare>(?=[^\s\"'\\,;&<>(){}\[\]]{0,128}[0-9!@#$%^*?~])[^\s\"'\\,;&<>(){}\[\]]{6,}+)"
)
_WEAK_VALUE = re.compile(rf"\\{{0,2}}[\"']?(?P<bare>(?={_OPAQUE}{{0,64}}[0-9]){_OPAQUE}{{16,}}+)(?P<quoted>)")
_BEARER = re.compile(
    rf"[Bb](?:earer|EARER)(?<![A-Za-z0-9].{{6}})\s{{1,3}}"
    rf"(?P<bare>(?={_OPAQUE}{{0,64}}[0-9]){_OPAQUE}{{16,}}+)(?P<quoted>)"
)
_IN_URL = re.compile(r"://[^\s/:@\"'\\]{0,64}:(?P<bare>[^\s/:@\"'\\]{3,128}+)@(?P<quoted>)")
# Documentation and schemas: names of types, references to where the secret is.
_NO_SECRET = re.compile(
    r"(?i)null|none|nil|true|false|undefined|string|required|optional|\*+|x+|\.+|redacted|scrubbed|your[-_ ].*"
    r"|<[^>]*>|\$?\{.*|\$[A-Z_]+|%[A-Z_]+%?"
)
_STRONG_NAME = re.compile(rf"(?i)(?:{_STRONG})$")
# A page token says where a list goes on.
_WEAK_NAME = re.compile(rf"(?i)(?<!page)(?<!page[_-])(?:{_WEAK})$")
_OPAQUE_VALUE = re.compile(rf"(?=.{{0,64}}?[0-9]){_OPAQUE}{{16,}}")


def _assigned(match: re.Match[str]) -> Place | None:
    group = "quoted" if match["quoted"] else "bare"
    return None if _NO_SECRET.fullmatch(match[group]) else match.span(group)


class _Assigned:
    """What is assigned to a name that says secret: `name = "…"`, `name: …`, `"name": "…"`."""

    def places(self, text: str, start: int, end: int) -> Iterator[Place]:
        """See `Rule`."""
        at = start
        while match := _NAME.search(text, at, end):
            at = match.end()
            value = _STRONG_VALUE if _is_strong(match[1]) else _WEAK_VALUE if _is_weak(match[1]) else None
            assigned = value.match(text, at, end) if value else None
            if assigned and (place := _assigned(assigned)):
                yield place
                at = place[1]


def is_secret_member(name: str, value: str) -> bool:
    """Whether a JSON member of this name holds a secret."""
    if _is_strong(name):
        return len(value) >= 4 and _NO_SECRET.fullmatch(value) is None
    return _is_weak(name) and _OPAQUE_VALUE.fullmatch(value) is not None


def _is_strong(name: str) -> bool:
    return _STRONG_NAME.search(name, max(0, len(name) - 64)) is not None


def _is_weak(name: str) -> bool:
    return _WEAK_NAME.search(name, max(0, len(name) - 64)) is not None


# In cues an escape may stand wherever a sign or blank does.
_ANY_LINK = r"[\"'\\]{0,4}(?:\s|\\[nrt]){0,3}(?:=>|:=|=|:)(?:\s|\\[nrt]){0,3}[\\\"']{0,4}"
_ANY_OPAQUE = r"[A-Za-z0-9_+/=.~\\-]"
SECRET = Kind(
    name="secret",
    cue=(
        rf"(?i)(?:{_STRONG}){_ANY_LINK}[^\s{{\[,][^\n]{{2}}"
        rf"|(?:{_WEAK}){_ANY_LINK}{_ANY_OPAQUE}{{16}}"
        rf"|bearer\s{{1,3}}{_ANY_OPAQUE}{{16}}"
        r"|:(?:\\?/){2}[^\s/:@\"']{0,64}:[^\s/:@\"']{3,128}@"
    ),
    rules=(_Assigned(), Pattern(_BEARER, _assigned), Pattern(_IN_URL, _assigned)),
)
