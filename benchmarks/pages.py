"""Pages of X's API as twarc2 keeps them: invented, as large and as varied as real ones.

A real page of 100 posts carries about 180 accounts and 60 other posts, and is mostly
reposts. What an importer has to do depends on that weight, so it is copied here; the ids
lie beyond any that X has given out, and the words mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

POSTS_PER_PAGE = 100
_NEWEST = datetime(2026, 11, 15, 23, 59, 59, tzinfo=UTC)
_SECONDS_BETWEEN_POSTS = 7
_POST_IDS = 9_100_000_000_000_000_000
_ACCOUNT_IDS = 9_000_000_000_000_000_000
_URL = (
    "https://api.twitter.com/2/tweets/search/all?expansions=author_id%2Cin_reply_to_user_id"
    "%2Creferenced_tweets.id%2Creferenced_tweets.id.author_id%2Centities.mentions.username"
    "%2Cattachments.media_keys&query=%23DesBancsPourToutes&max_results=100"
)

# The shares of a recorded hashtag search: retweeted, quoted, replied to, neither.
_REPOST, _QUOTE, _REPLY, _ORIGINAL = range(4)
_KINDS = np.cumsum([0.67, 0.11, 0.10])
_TYPES = {_REPOST: "retweeted", _QUOTE: "quoted", _REPLY: "replied_to"}

_TAGS = (
    "DesBancsPourToutes", "UneÉcolePourToutes", "LaSalleEstOuverte", "ToutesEnClasse",
    "ŊkekeNyuie", "BancsVides", "Rentrée2026", "ParlonsÉcole",
)  # fmt: skip
_LANGUAGES = ("fr", "fr", "fr", "fr", "en", "und")
_SOURCES = ("Twitter for Android", "Twitter Web App", "Twitter for iPhone", "TweetDeck")
_DOMAINS = (
    ("29", "Events [Entity Service]", "Entity Service related Events domain", "Rentrée inventée"),
    ("45", "Brand Vertical", "Top level entities that describe a field of activity", "Lecture"),
    (
        "46",
        "Brand Category",
        "Categories within Brand Verticals that narrow down the scope",
        "Banc",
    ),
    ("131", "Unified Twitter Taxonomy", "A taxonomy of user interests, as X describes it", "École"),
)
_PROSE = (
    "les bancs de l’école restent vides chaque matin parce que la route est longue et que le prix "
    "des cahiers a doublé nous demandons une place pour toutes une table une chaise un livre une "
    "lampe un repas à midi un maître qui revient elles veulent apprendre lire écrire compter "
    "chanter discuter décider partir rester grandir demain ici là-bas près du marché sous le "
    "manguier derrière la gare au bord de la lagune dans chaque village dans chaque quartier "
    "signez partagez venez écoutez regardez merci à vous tous avec patience joie courage été "
    "where every girl has a seat the class begins and nobody is left at the door tonight"
)
_WORDS = _PROSE.split()


def twarc_pages(
    seed: int = 2026, posts: int = 100_000, authors: int = 20_000
) -> Iterator[dict[str, Any]]:
    """Yield pages of up to 100 posts, newest first, as `twarc2 search` writes one a line.

    Every post that another one refers to comes in `includes`, and in a later page too unless
    it is older than the search. Accounts are drawn with a long tail: 100,000 posts have more
    than 15,000 distinct authors of the 20,000.

    >>> page = next(twarc_pages(posts=100))
    >>> len(page["data"]), sorted(page), sorted(page["includes"])
    (100, ['__twarc', 'data', 'includes', 'meta'], ['media', 'tweets', 'users'])
    """
    search = _Search.drawn(seed, posts, authors)
    for first in range(0, posts, POSTS_PER_PAGE):
        yield search.page(range(first, min(first + POSTS_PER_PAGE, posts)))


@dataclass(frozen=True)
class _Search:
    """What was drawn: post `i` is the i-th newest; `target[i] > i`, or -1 for none."""

    kind: list[int]
    author: list[int]
    target: list[int]
    dice: list[list[int]]  # a few whole numbers below 2³¹ a post, for all that hangs on chance
    words: list[list[int]]
    followers: list[int]
    shared: list[int]  # how often each post is reposted within the search

    @classmethod
    def drawn(cls, seed: int, posts: int, authors: int) -> _Search:
        chance = np.random.Generator(np.random.PCG64(seed))
        kind = np.searchsorted(_KINDS, chance.random(posts), side="right")
        # Older posts than the search goes back are known to `includes` only.
        everything = posts + POSTS_PER_PAGE
        kind = np.append(kind, np.full(POSTS_PER_PAGE, _ORIGINAL))
        written = np.flatnonzero(kind != _REPOST)
        nearest = np.searchsorted(written, np.arange(everything), side="right")
        chosen = nearest + (400 * chance.random(everything) ** 2).astype(np.int64)
        # Two thirds of what is shared comes from one post in thirty: tails are long.
        chosen = np.where(chance.random(everything) < 0.67, chosen // 30 * 30 + 29, chosen)
        target = written[np.minimum(chosen, len(written) - 1)]
        target[kind == _ORIGINAL] = -1
        return cls(
            kind=kind.tolist(),
            author=(authors * chance.random(everything) ** 2).astype(np.int64).tolist(),
            target=target.tolist(),
            dice=(chance.random((everything, 6)) * 2**31).astype(np.int64).tolist(),
            words=(chance.random((everything, 24)) * len(_WORDS)).astype(np.int64).tolist(),
            followers=np.minimum(60 / (1 - chance.random(authors)), 3e6).astype(np.int64).tolist(),
            shared=np.bincount(
                target[kind == _REPOST], minlength=everything
            ).tolist(),
        )  # fmt: skip

    def page(self, numbers: range) -> dict[str, Any]:
        data = [self._post(number) for number in numbers]
        referenced = dict.fromkeys(
            self.target[number] for number in numbers if self.target[number] >= 0
        )
        included = [self._post(number) for number in referenced]
        accounts = dict.fromkeys(self.author[number] for number in (*numbers, *referenced))
        for post in (*data, *included):
            for mention in post.get("entities", {}).get("mentions", ()):
                accounts[int(mention["id"]) - _ACCOUNT_IDS] = None
        media = [
            {"media_key": key, "type": "photo", "width": 1200, "height": 800,
             "url": f"https://image.invalid/{key}.jpg"}
            for post in (*data, *included)
            for key in post.get("attachments", {}).get("media_keys", ())
        ]  # fmt: skip
        meta: dict[str, Any] = {
            "newest_id": data[0]["id"],
            "oldest_id": data[-1]["id"],
            "result_count": len(data),
        }
        if numbers[-1] + 1 < len(self.kind) - POSTS_PER_PAGE:
            meta["next_token"] = f"invalid{numbers[-1] + 1:037d}"
        return {
            "data": data,
            "includes": {
                "users": [self._account(number) for number in accounts],
                "tweets": included,
                "media": media,
            },
            "meta": meta,
            "__twarc": {
                "url": _URL,
                "version": "2.14.0",
                "retrieved_at": _stamp(_NEWEST + timedelta(hours=1)).replace(".000Z", "+00:00"),
            },
        }

    def _post(self, number: int) -> dict[str, Any]:
        kind, target, dice = self.kind[number], self.target[number], self.dice[number]
        text, entities = self._text(number)
        post: dict[str, Any] = {
            "id": _post_id(number),
            "author_id": _account_id(self.author[number]),
            "conversation_id": _post_id(target if kind == _REPLY else number),
            "created_at": _stamp(_NEWEST - timedelta(seconds=number * _SECONDS_BETWEEN_POSTS)),
            "text": text,
            "lang": _LANGUAGES[dice[0] % len(_LANGUAGES)],
            "source": _SOURCES[dice[1] % len(_SOURCES)],
            "reply_settings": "everyone",
            "possibly_sensitive": dice[1] % 97 == 0,
            "public_metrics": self._counts(number),
        }
        if entities:
            post["entities"] = entities
        if target >= 0:
            post["referenced_tweets"] = [{"type": _TYPES[kind], "id": _post_id(target)}]
        if kind == _REPLY:
            post["in_reply_to_user_id"] = _account_id(self.author[target])
        if kind == _ORIGINAL and dice[2] % 4 == 0:
            post["attachments"] = {"media_keys": [f"3_{_post_id(number)}"]}
        if dice[3] % 100 < 56:
            post["context_annotations"] = [
                _context(dice[3] + place) for place in range(1 + dice[4] % 4)
            ]
        return post

    def _counts(self, number: int) -> dict[str, int]:
        if self.kind[number] == _REPOST:  # X repeats the original's reposts, and nothing else
            original = self.target[number]
            return {
                "retweet_count": self._counts(original)["retweet_count"],
                "reply_count": 0, "like_count": 0, "quote_count": 0, "impression_count": 0,
            }  # fmt: skip
        shared, dice = self.shared[number], self.dice[number]
        likes = 3 * shared + dice[4] % 9
        return {
            "retweet_count": shared + dice[5] % 3,
            "reply_count": shared // 4 + dice[5] % 5,
            "like_count": likes,
            "quote_count": shared // 6 + dice[5] % 2,
            "impression_count": 40 * likes + dice[5] % 1000,
        }

    def _text(self, number: int) -> tuple[str, dict[str, Any]]:
        """A post's text and where its tags, names and links stand in it."""
        kind, target, dice = self.kind[number], self.target[number], self.dice[number]
        if kind == _REPOST:
            return self._repost_text(target)
        pieces = [_WORDS[word] for word in self.words[number][: 8 + dice[5] % 17]]
        if kind == _REPLY:
            pieces.insert(0, "@" + _handle(self.author[target]))
        elif dice[2] % 5 == 0:
            pieces.append("@" + _handle(dice[2] % len(self.followers)))
        pieces.extend("#" + _TAGS[(dice[0] + 3 * place) % 8] for place in range(1 + dice[0] % 3))
        if kind == _QUOTE or dice[1] % 4 == 0:
            pieces.append(f"https://t.co/{dice[1]:010d}")
        return " ".join(pieces), _entities(pieces, dice)

    def _repost_text(self, original: int) -> tuple[str, dict[str, Any]]:
        """X cuts a repost's text at 140 characters, and drops the tags that no longer fit."""
        name = "@" + _handle(self.author[original])
        body, _ = self._text(original)
        whole = f"RT {name}: {body}"
        if len(whole) <= 140:
            return whole, _entities(["RT", name + ":", *body.split()], self.dice[original])
        cut = whole[:139]
        # The last word may be broken: a tag or a name in it is none any more.
        return cut + "…", _entities(cut.split(" ")[:-1], self.dice[original])

    def _account(self, number: int) -> dict[str, Any]:
        handle, tag = _handle(number), _TAGS[number % 8]
        description = f"Compte inventé nº {number}, pour mesurer. Il lit, il écrit. #{tag}"
        start = description.index("#")
        account: dict[str, Any] = {
            "id": _account_id(number),
            "username": handle,
            "name": f"Démo {number}",
            "description": description,
            "created_at": _stamp(datetime(2012, 1, 1, tzinfo=UTC) + timedelta(hours=5 * number)),
            "profile_image_url": f"https://image.invalid/profile_images/{number:08d}/demo.jpg",
            "protected": False,
            "verified": number % 50 == 0,
            "url": "",
            "public_metrics": {
                "followers_count": self.followers[number],
                "following_count": 50 + number % 900,
                "tweet_count": 10 + number * 7 % 40_000,
                "listed_count": self.followers[number] // 200,
            },
            "entities": {
                "description": {
                    "hashtags": [{"start": start, "end": len(description), "tag": tag}]
                }
            },
        }  # fmt: skip
        if number % 4:
            account["location"] = "Nulle-Part-sur-Mer"
        if number % 2:
            account["pinned_tweet_id"] = str(_POST_IDS - number)
        if number % 5 < 2:
            account["url"] = f"https://t.co/u{number:09d}"
            account["entities"]["url"] = {"urls": [_link(account["url"], 0)]}
        return account


def _entities(pieces: list[str], dice: list[int]) -> dict[str, Any]:
    found: dict[str, list[dict[str, Any]]] = {}
    start = 0
    for piece in pieces:
        end = start + len(piece)
        if piece[0] == "#":
            found.setdefault("hashtags", []).append({"start": start, "end": end, "tag": piece[1:]})
        elif piece[0] == "@":
            handle = piece[1:].rstrip(":")
            found.setdefault("mentions", []).append(
                {"start": start, "end": start + 1 + len(handle), "username": handle,
                 "id": str(_ACCOUNT_IDS + int(handle.removeprefix("demo_")))}
            )  # fmt: skip
        elif piece.startswith("https://"):
            found.setdefault("urls", []).append(_link(piece, start))
        start = end + 1
    if dice[3] % 5 < 3:
        place = min(dice[3] % 3, len(pieces) - 1)
        start = sum(len(piece) + 1 for piece in pieces[:place])
        found["annotations"] = [
            {"start": start, "end": start + len(pieces[place]) - 1,
             "probability": 0.25 + dice[4] % 7000 / 10_000, "type": "Other",
             "normalized_text": pieces[place]}
        ]  # fmt: skip
    return found


def _link(short: str, start: int) -> dict[str, Any]:
    path = f"exemple.invalid/bancs/{short[-6:]}"
    return {
        "start": start,
        "end": start + len(short),
        "url": short,
        "expanded_url": f"https://{path}",
        "display_url": path,
    }


def _context(number: int) -> dict[str, Any]:
    domain, name, description, entity = _DOMAINS[number % len(_DOMAINS)]
    return {
        "domain": {"id": domain, "name": name, "description": description},
        "entity": {
            "id": str(10_000_000_000 + number % 500),
            "name": f"{entity} {number % 500}",
            "description": f"{entity} {number % 500}, invention",
        },
    }


def _handle(account: int) -> str:
    return f"demo_{account:05d}"


def _account_id(account: int) -> str:
    return str(_ACCOUNT_IDS + account)


def _post_id(number: int) -> str:
    return str(_POST_IDS - 1_000_003 * number)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
