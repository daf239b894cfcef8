"""Images as data URLs (RFC 2397), which OpenAI's dialects use for bytes, and as bytes, which the others do. Pure."""

from __future__ import annotations

import re

from shadowbench.wire.neutral import Image, ImageBytes, ImageLink
from shadowbench.wire.translation.refusals import NoWord, Reason

_DATA_URL = re.compile(r"data:(image/[\w.+-]{1,64});base64,")  # what follows may be megabytes: it is not looked at
_WEB = ("https://", "http://")

# By what the first bytes of a file look like in base64, for Ollama, which does not say what it was given.
_BEGINNINGS = {"iVBORw0KGgo": "image/png", "/9j/": "image/jpeg", "UklGR": "image/webp", "R0lGOD": "image/gif"}


def from_url(url: str, detail: str | None) -> Image:
    """The image at a link or in a data URL. "auto" is what "no detail" means."""
    detail = None if detail == "auto" else detail
    if url.startswith(_WEB):
        return ImageLink(url=url, detail=detail)
    data = _DATA_URL.match(url)
    if data is None:
        raise NoWord(Reason.IMAGE_FORM)
    return ImageBytes(media_type=data[1], base64=url[data.end() :], detail=detail)


def from_base64(data: str) -> Image:
    """The image of a base64 text without media type."""
    for beginning, media_type in _BEGINNINGS.items():
        if data.startswith(beginning):
            return ImageBytes(media_type=media_type, base64=data)
    raise NoWord(Reason.IMAGE_FORM)


def as_url(image: Image) -> str:
    """A link or a data URL."""
    return image.url if isinstance(image, ImageLink) else f"data:{image.media_type};base64,{image.base64}"


def as_bytes(image: Image, media_types: frozenset[str]) -> ImageBytes:
    """The image, where the target takes bytes of these types only, at the resolution that it chooses."""
    if isinstance(image, ImageLink) or image.media_type not in media_types:
        raise NoWord(Reason.IMAGE_FORM)
    if image.detail is not None:
        raise NoWord(Reason.NO_WORD_FOR_IMAGE_DETAIL)
    return image
