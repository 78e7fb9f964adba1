"""A campaign that never happened, for the servers that speak for the networks.

Everybody in it is invented: authors are `exemple_<number>`, texts say nothing of anybody.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

TAG = "LibertéPourTous"
BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
END = datetime(2026, 6, 29, tzinfo=UTC)

_TEXTS = (
    "Le marché du jeudi appartient à toutes et à tous",
    "Une place publique, des voix, et personne qui a peur",
    "Nous apprenons nos droits à l’école du quartier",
    "Ɖekawɔwɔ na ablɔɖe",
    "Ensemble à la bibliothèque samedi matin",
)


@dataclass(frozen=True)
class InventedPost:
    """A post: `kind` is original, reply, quote or repost; the last three have a `target`."""

    number: int
    author: int
    published_at: datetime
    kind: str
    target: int | None
    text: str
    likes: int
    views: int

    @property
    def handle(self) -> str:
        return f"exemple_{self.author}"


class Invented:
    """Posts of four weeks of June 2026, oldest first, each with the hashtag `TAG` in its text."""

    def __init__(self, posts: int, seed: int = 1) -> None:
        chance = random.Random(seed)
        seconds = (END - BEGIN).total_seconds()
        moments = sorted(
            BEGIN + timedelta(seconds=int(chance.random() * seconds)) for _ in range(posts)
        )
        self.posts: list[InventedPost] = []
        targets: list[int] = []
        for number, at in enumerate(moments):
            kind = chance.choices(("original", "repost", "reply", "quote"), (55, 20, 15, 10))[0]
            if not targets:
                kind = "original"
            target = None if kind == "original" else chance.choice(targets[-200:])
            if kind != "repost":
                targets.append(number)
            text = f"{chance.choice(_TEXTS)} ({number}) #{TAG}"
            likes = int(chance.paretovariate(1.1)) - 1
            views = likes * 40 + chance.randrange(60)
            author = chance.randrange(max(posts // 5, 5))
            self.posts.append(InventedPost(number, author, at, kind, target, text, likes, views))

    def of_kinds(self, *kinds: str) -> list[InventedPost]:
        return [post for post in self.posts if post.kind in kinds]

    def pointing_to(self, number: int, kind: str) -> list[InventedPost]:
        """The reposts, replies or quotes of a post, oldest first."""
        return self._pointing.get((number, kind), [])

    @cached_property
    def _pointing(self) -> dict[tuple[int, str], list[InventedPost]]:
        found: dict[tuple[int, str], list[InventedPost]] = {}
        for post in self.posts:
            if post.target is not None:
                found.setdefault((post.target, post.kind), []).append(post)
        return found

    @staticmethod
    def followers(author: int) -> int:
        return (author * 37) % 1900 + 12
