"""Gets vectors of texts: from memory, else in batches from an OpenAI-style /embeddings endpoint."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence

from shadowbench.judges.calls.attempts import Errand, Refused
from shadowbench.judges.calls.bodies import embeddings_body
from shadowbench.judges.calls.books import Bookkeeper
from shadowbench.judges.calls.caller import Caller, Got
from shadowbench.judges.calls.counting import Tally
from shadowbench.judges.calls.faults import Came
from shadowbench.judges.calls.keys import embedding_key
from shadowbench.judges.calls.vectors import pack
from shadowbench.judges.options import EndpointOptions
from shadowbench.wire.openai_embeddings import vectors_of

_READS, _WRITES = ("on", "read"), ("on", "write")
_DIVIDED = ("too_long", "rejected")  # by one text of many, perhaps
UNREADABLE = "unreadable"

Vectors = dict[str, bytes | str]
"""Text → its vector as it is kept, or why there is none."""


class Embedder:
    """One judge's at one endpoint."""

    def __init__(
        self,
        options: EndpointOptions,
        *,
        caller: Caller,
        book: Bookkeeper,
        tally: Tally,
        unix: Callable[[], float],
        batch: int,
    ) -> None:
        self._options = options
        self._caller = caller
        self._book = book
        self._tally = tally
        self._unix = unix
        self._batch = batch

    async def vectors(self, texts: Mapping[str, int]) -> Vectors:
        """Of each text its vector. `texts`: text → number of an exchange that it is from. Raises EndpointDownError."""
        found = await self._kept(texts)
        missing = [text for text in texts if text not in found]
        for some in _slices(missing, self._batch):
            found |= await self._made(some, texts)
        return found

    async def _kept(self, texts: Mapping[str, int]) -> Vectors:
        if self._options.cache not in _READS:
            return {}
        keys = {embedding_key(self._options, text): text for text in texts}
        kept = await self._book.do(lambda book: book.replies(list(keys)))
        for _ in kept:
            self._tally.cached()
        return {keys[key]: vector for key, vector in kept.items()}

    async def _made(self, texts: Sequence[str], about: Mapping[str, int]) -> Vectors:
        """Of each text its vector. Texts that are refused together are asked about in halves."""
        got = await self._caller.call(_errand(texts), lambda _: embeddings_body(self._options, texts))
        if isinstance(got, Refused):
            if len(texts) == 1 or got.reason not in _DIVIDED:
                return dict.fromkeys(texts, got.reason)
            half = len(texts) // 2
            return await self._made(texts[:half], about) | await self._made(texts[half:], about)
        made = _read(got, len(texts))
        if made is None:
            return dict.fromkeys(texts, UNREADABLE)
        vectors = dict(zip(texts, made, strict=True))
        await self._keep(vectors, about)
        return {**vectors}

    async def _keep(self, vectors: Mapping[str, bytes], about: Mapping[str, int]) -> None:
        if self._options.cache not in _WRITES:
            return
        keys = {text: embedding_key(self._options, text) for text in vectors}
        packed, now = {keys[text]: vector for text, vector in vectors.items()}, self._unix()
        exchanges = {keys[text]: about[text] for text in vectors}
        await self._book.do(lambda book: book.keep_replies(packed, kind="embedding", now=now, exchanges=exchanges))


def _errand(texts: Sequence[str]) -> Errand:
    key = hashlib.sha256("\0".join(texts).encode()).digest()
    return Errand(key=key, pair=None, purpose="embedding", outputs=0, said=_outcome_of)


def _read(got: Got, count: int) -> list[bytes] | None:
    body = b"" if got.came.reading is None else got.came.reading.body
    vectors = vectors_of(body)
    if vectors is None or len(vectors) != count or not all(vectors):
        return None
    return [pack(vector) for vector in vectors]


def _outcome_of(came: Came) -> str:
    answer = None if came.reading is None else came.reading.answer
    return "ok" if answer is not None and answer.embeddings is not None and answer.embeddings.count else UNREADABLE


def _slices(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (texts[start : start + size] for start in range(0, len(texts), size))
