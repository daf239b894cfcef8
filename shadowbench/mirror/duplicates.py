"""Requests that come again: the same body to the same path by the same caller, or the same Idempotency-Key. Pure.

Clients try again when an answer is late or bad, and not all of them say so in a header; a retry is no second draw of the
traffic. But prompts are repeated for good reasons too, by jobs and by users behind one key, and to leave those out would bias
the sample towards what is rare. What tells them apart is the first answer: after a good one nobody retries. So by default a
request counts as a retry only where the one before it ended without (`after_failure`):

    its status was 408, 409, 429 or 5xx, or
    it was broken off: production not reached, too slow, reset or cut short, or the client left

After any other status nobody retries as it stands (400, 404), nor after an error inside a stream, whose status was 200. A
client that sends an Idempotency-Key says itself which requests are one: that goes before all answers.

Kept are keyed hashes, never bodies or keys; at most so many, the oldest go first. The time is an argument.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b

ALWAYS = "always"
# Ten seconds of 3,000 requests/s; some 6 MiB when full.
MAX_KEPT = 32_768
# What SDKs retry: time-outs, conflicts, rates, and everything that is the server's fault.
_RETRIED = frozenset({b"408", b"409", b"429"})


def is_retried(status: bytes) -> bool:
    """Whether clients ask again after an answer of this status (three digits)."""
    return status[:1] == b"5" or status in _RETRIED


class Duplicates:
    """What was seen, or failed, within the window, which begins with the first of them: retries do not prolong it."""

    def __init__(self, window_s: float, mode: str = ALWAYS, most: int = MAX_KEPT) -> None:
        self.window_s = window_s
        self.mode = mode
        self._most = most
        self._seen: OrderedDict[bytes, float] = OrderedDict()  # oldest first

    def __len__(self) -> int:
        return len(self._seen)

    def fingerprint(self, salt: bytes, caller: bytes, path: str, body: bytes) -> bytes:
        """What a repetition has in common with the first; empty when nobody looks."""
        if self.window_s <= 0:
            return b""
        known = blake2b(
            b"%d:%b%b\0" % (len(caller), caller, path.encode("utf-8", "surrogatepass")), digest_size=16, key=salt
        )
        known.update(body)
        return known.digest()

    def key_fingerprint(self, salt: bytes, caller: bytes, key: bytes) -> bytes:
        """The same of an Idempotency-Key, whatever path and body; empty without one, or when nobody looks."""
        if self.window_s <= 0 or not key:
            return b""
        text = b"%d:%b%b" % (len(caller), caller, key)
        return blake2b(text, digest_size=16, key=salt, person=b"idempotency-key").digest()

    def is_resent(self, key_fingerprint: bytes, unix_s: float) -> bool:
        """Whether this key came before, within the window. It is remembered."""
        if not key_fingerprint:
            return False
        if self._is_within(key_fingerprint, unix_s):
            return True
        self._remember(key_fingerprint, unix_s)
        return False

    def is_repeated(self, fingerprint: bytes, unix_s: float) -> bool:
        """Whether this one came before, within the window, and had no good answer. With `always`, whether it came at all."""
        if not fingerprint:
            return False
        if self._is_within(fingerprint, unix_s):
            return True
        if self.mode == ALWAYS:
            self._remember(fingerprint, unix_s)
        return False

    def failed(self, fingerprint: bytes, unix_s: float) -> None:
        """This one got no good answer: its client may try again."""
        if fingerprint and not self._is_within(fingerprint, unix_s):
            self._remember(fingerprint, unix_s)

    def _is_within(self, fingerprint: bytes, unix_s: float) -> bool:
        first_s = self._seen.get(fingerprint)
        # A clock that was set back makes "within" mean either direction.
        return first_s is not None and abs(unix_s - first_s) < self.window_s

    def _remember(self, fingerprint: bytes, unix_s: float) -> None:
        seen = self._seen
        seen[fingerprint] = unix_s
        seen.move_to_end(fingerprint)
        # Two at a time keep up with one that comes, and no request pays for a crowd that left.
        for _ in range(2):
            oldest = next(iter(seen))
            if len(seen) <= self._most and abs(unix_s - seen[oldest]) < self.window_s:
                return
            del seen[oldest]
            if not seen:
                return
