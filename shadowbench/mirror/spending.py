"""What candidates have cost so far, in a file that survives the process: a budget is worth nothing if a restart refills it.

The file is mapped into memory and a change is a store into it, about a microsecond: a process that is killed between two
instructions has lost nothing, for the pages belong to the kernel. A thread asks for them to be written to the disk once a
second, so that losing power loses a second.

    header    512 bytes    magic, version
    records   512 bytes    one per candidate, in the order they were first seen: two slots of 256 bytes

A change goes to the slot that is not in force, with the next number and a checksum. Half a store is therefore never believed.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.limits.budget import Amount, Spending, Window
from shadowbench.mirror.options import MirrorOptions

_MAGIC = b"shadowbench budget\0"
VERSION = 1
_HEADER = struct.Struct("<32sI")
_SLOT = struct.Struct("<Q64s15Q2Q")  # number, name, (index, spent, reserved) of hour, day, total; the dearest call
_SUM = struct.Struct("<I")
_SLOT_BYTES = 256
_RECORD_BYTES = 2 * _SLOT_BYTES
_HEADER_BYTES = 512
_MAX_NAME_BYTES = 64
_MAX = 2**64 - 1
_SYNC_S = 1.0


class SpendingFile:
    """The spending of all candidates, by name. One process at a time. Not thread-safe, but for the thread of its own."""

    def __init__(self, path: Path) -> None:
        """Open, or create. Raises UnavailableError: in use, not writable, or not what it should be."""
        self._path = path
        self._places: dict[str, int] = {}  # name → offset of its record
        self._numbers: dict[str, int] = {}  # name → number of the slot in force
        self._changed = False
        self._closing = threading.Event()
        try:
            self._file = _open_locked(path)
            try:
                self._map = self._load()
            except BaseException:
                os.close(self._file)
                raise
        except OSError as error:
            raise UnavailableError(f"cannot use the budget file {path}: {error.strerror}") from None
        self._thread = threading.Thread(target=self._sync_again_and_again, name="budget-sync", daemon=True)
        self._thread.start()

    def register(self, name: str) -> Spending:
        """What this candidate has cost until now; nothing when it is new. Calls that a crash cut short count as spent."""
        if len(name.encode()) > _MAX_NAME_BYTES:
            raise ConfigurationError(f"the candidate name {name!r} is longer than {_MAX_NAME_BYTES} bytes")
        if name not in self._places:
            self._append(name)
        spending = self._read(name).restarted()
        self.keep(name, spending)
        return spending

    def keep(self, name: str, spending: Spending) -> None:
        """From now on this is what it has cost. After `close` nothing is kept any more."""
        if self._closing.is_set():
            return
        number = self._numbers[name] + 1
        self._numbers[name] = number
        at = self._places[name] + number % 2 * _SLOT_BYTES
        slot = _pack(number, name.encode(), spending)
        self._map[at : at + len(slot)] = slot
        self._changed = True

    def close(self) -> None:
        """Write to the disk and let go."""
        self._closing.set()
        self._thread.join()
        self._map.close()
        os.close(self._file)

    # ── the file ──

    def _load(self) -> mmap.mmap:
        size = os.fstat(self._file).st_size
        header = _HEADER.pack(_MAGIC, VERSION).ljust(_HEADER_BYTES, b"\0")
        begun = os.pread(self._file, _HEADER_BYTES, 0)
        if size <= _HEADER_BYTES and header.startswith(begun.rstrip(b"\0")):  # empty, or we were killed while making it
            _allocate(self._file, _HEADER_BYTES)
            os.pwrite(self._file, header, 0)
        elif begun != header:
            raise _unusable(self._path, f"is no budget file of version {VERSION}")
        elif size % _RECORD_BYTES:
            raise _unusable(self._path, "was cut off")
        mapped = mmap.mmap(self._file, 0)
        try:
            self._find_records(mapped)
        except BaseException:
            mapped.close()
            raise
        return mapped

    def _find_records(self, mapped: mmap.mmap) -> None:
        for at in range(_HEADER_BYTES, len(mapped), _RECORD_BYTES):
            slots = [mapped[at : at + _SLOT_BYTES], mapped[at + _SLOT_BYTES : at + _RECORD_BYTES]]
            found = [_unpack(slot) for slot in slots]
            number, name = max(((each[0], each[1]) for each in found if each is not None), default=(0, ""))
            if number:
                self._places[name], self._numbers[name] = at, number
            elif any(slots[1]):
                # A new record's second slot is written after its first: without any, a process ended while adding it.
                raise _unusable(self._path, "is damaged: a record in it has a wrong checksum")

    def _append(self, name: str) -> None:
        at = len(self._map)
        try:
            # Allocated now: a store into a page that a full disk cannot give would end the process.
            _allocate(self._file, at + _RECORD_BYTES)
            self._map.resize(at + _RECORD_BYTES)
        except OSError as error:
            raise UnavailableError(f"cannot use the budget file {self._path}: {error.strerror}") from None
        self._places[name], self._numbers[name] = at, 1
        self.keep(name, Spending())
        self.keep(name, Spending())

    def _read(self, name: str) -> Spending:
        at = self._places[name] + self._numbers[name] % 2 * _SLOT_BYTES
        found = _unpack(self._map[at : at + _SLOT_BYTES])
        assert found is not None, "its own checksum"
        return found[2]

    def _sync_again_and_again(self) -> None:
        while True:
            is_last = self._closing.wait(_SYNC_S)
            if self._changed:
                self._changed = False
                try:
                    # Not mmap.flush, which keeps every other thread of this interpreter waiting for the disk.
                    os.fdatasync(self._file)
                except OSError:
                    self._changed = True  # a disk that fails now: the pages are still the kernel's, and we ask again
            if is_last:
                return


def open_spending(options: MirrorOptions) -> SpendingFile | None:
    """The file of these options; None: in memory only. Raises UnavailableError when a budget depends on it."""
    if not options.budget_file:
        return None
    try:
        return SpendingFile(Path(options.budget_file))
    except UnavailableError:
        # Who has set no budget need not have a place to keep it.
        if any(candidate.budgets.limits_usd or candidate.budgets.limits_tokens for candidate in options.candidates):
            raise
        return None


def _open_locked(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise UnavailableError(f"the budget file {path} is in use: another mirror spends from it") from None
    except BaseException:
        os.close(file)
        raise
    return file


def _allocate(file: int, size: int) -> None:
    have = os.fstat(file).st_size
    if have < size:
        os.posix_fallocate(file, have, size - have)


def _unusable(path: Path, what: str) -> UnavailableError:
    return UnavailableError(
        f"{path} {what}. It says what candidates have cost, so it is not replaced unasked: restore it, or move it away "
        "to begin all budgets at zero"
    )


# ── one slot ──


def _pack(number: int, name: bytes, spending: Spending) -> bytes:
    hour, day, total = spending.windows
    values = (
        *(hour.index, *hour.spent, *hour.reserved),
        *(day.index, *day.spent, *day.reserved),
        *(total.index, *total.spent, *total.reserved),
        *spending.largest,
    )
    try:
        body = _SLOT.pack(number, name, *values)
    except struct.error:
        body = _SLOT.pack(number, name, *[min(value, _MAX) for value in values])
    return body + _SUM.pack(zlib.crc32(body))


def _unpack(slot: bytes) -> tuple[int, str, Spending] | None:
    body = slot[: _SLOT.size]
    if _SUM.unpack_from(slot, _SLOT.size)[0] != zlib.crc32(body):
        return None
    number, name, *values = _SLOT.unpack(body)
    windows = tuple(_window(values[at : at + 5]) for at in (0, 5, 10))
    return number, name.rstrip(b"\0").decode(), Spending(windows, Amount(*values[15:]))


def _window(values: Sequence[int]) -> Window:
    index, spent_usd, spent_tokens, reserved_usd, reserved_tokens = values
    return Window(index, Amount(spent_usd, spent_tokens), Amount(reserved_usd, reserved_tokens))
