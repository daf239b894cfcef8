"""Requests that came a moment ago: the same body to the same path by the same caller. Pure: the time is an argument.

Clients try again when an answer is late, and not all of them say so in a header. A retry is no second draw of the traffic.
Kept are keyed hashes, never bodies; at most so many, the oldest go first.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b

# Ten seconds of 3,000 requests/s; some 6 MiB when full.
MAX_KEPT = 32_768


class Duplicates:
    """What was seen within the window, which begins with a request's first appearance: retries do not prolong it."""

    def __init__(self, window_s: float, most: int = MAX_KEPT) -> None:
        self.window_s = window_s
        self._most = most
        self._seen: OrderedDict[bytes, float] = OrderedDict()  # oldest first

    def __len__(self) -> int:
        return len(self._seen)

    def saw(self, salt: bytes, caller: bytes, path: str, body: bytes, unix_s: float) -> bool:
        """Whether this one came before, within the window. If not, it is remembered from now on."""
        if self.window_s <= 0:
            return False
        seen = self._seen
        known = blake2b(
            b"%d:%b%b\0" % (len(caller), caller, path.encode("utf-8", "surrogatepass")), digest_size=16, key=salt
        )
        known.update(body)
        key = known.digest()
        first_s = seen.get(key)
        # A clock that was set back makes "within" mean either direction.
        if first_s is not None and abs(unix_s - first_s) < self.window_s:
            return True
        seen[key] = unix_s
        seen.move_to_end(key)
        self._forget(unix_s)
        return False

    def _forget(self, unix_s: float) -> None:
        seen = self._seen
        # Two at a time keep up with one that comes, and no request pays for a crowd that left.
        for _ in range(2):
            oldest = next(iter(seen))
            if len(seen) <= self._most and abs(unix_s - seen[oldest]) < self.window_s:
                return
            del seen[oldest]
            if not seen:
                return
