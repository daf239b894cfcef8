from __future__ import annotations

import asyncio

from shadowbench.judges.calls.books import InLoop
from tests.unit.judges.calls.desks import Book


async def test_who_has_nothing_else_to_do_uses_the_log_at_once() -> None:
    book = Book(kept={b"k": b"reply"})
    doing = asyncio.get_running_loop().create_task(InLoop(book).do(lambda book: book.reply(b"k")))
    await asyncio.sleep(0)
    assert doing.done() and doing.result() == b"reply"
