"""The posts and cursors that a reading has met: they grow with it, and so lie on disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable


class Seen:
    """A private database, of which SQLite keeps 2 MB in memory; it is gone when it is closed.

    A post is a number of at most 63 bits, a leg one that grows from leg to leg. To be used by
    one thread at a time.

    >>> seen = Seen([7])
    >>> seen.post(7, leg=1), seen.post(8, leg=1), seen.post(8, leg=2), seen.post(8, leg=2)
    (0, None, 1, 2)
    >>> seen.cursor("a"), seen.cursor("b"), seen.cursor("a")
    (False, False, True)
    >>> seen.close()
    """

    def __init__(self, marks: Iterable[int] = ()) -> None:
        # An iterator that its thread has left is ended by another.
        self._database = sqlite3.connect("", check_same_thread=False)
        self._execute = self._database.execute
        self._execute("create table post (mark integer primary key, leg integer)")
        self._execute("create table cursor (mark integer primary key)")
        self._database.executemany("insert or ignore into post values (?, 0)", zip(marks))

    def post(self, mark: int, leg: int) -> int | None:
        """Keep a post of a leg; gives the last leg that had it, 0 for the marks given first.

        None says that it is new.
        """
        if self._execute("insert or ignore into post values (?, ?)", (mark, leg)).rowcount:
            return None
        before: int
        [(before,)] = self._execute("select leg from post where mark = ?", (mark,))
        if before < leg:
            self._execute("update post set leg = ? where mark = ?", (leg, mark))
        return before

    def cursor(self, cursor: str) -> bool:
        """Keep a cursor; gives whether it came before."""
        # Cursors may be long, and may name somebody: what is kept of one is a number.
        mark = hash(cursor)
        return not self._execute("insert or ignore into cursor values (?)", (mark,)).rowcount

    def close(self) -> None:
        """Remove all that was kept."""
        self._database.close()
