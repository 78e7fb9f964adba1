"""Posts by the million in, something small out: the only code that reads every post.

Each function takes posts, a narwhals frame with the columns of `data.model.POSTS` on any
engine (pandas columns must be Arrow-backed), and runs a query or two. Each gives back a pandas
frame with Arrow-backed columns, in an order that does not depend on the engine's.

A sum is null where no post publishes the count. Next to each sum of a count stands
`n_<count>`, the posts that publish it; `own_posts`, the posts that are not reposts, is what
it is out of, because a repost has no counts of its own.

`SUMS` are the columns that `totals`, `by_network` and `by_kind` share:

- `posts`, `own_posts`, and `authors`, the distinct known accounts;
- `kind_original`, `kind_repost`, `kind_reply`, `kind_quote`: posts of each kind;
- `first_on`, `last_on`: the first and the last day with a post, null when no date is known;
- the `COUNTS`; `engagements` (likes, replies, reposts and quotes) and `shares` (reposts and
  quotes), each of a post null only when none of its parts is published;
- `opportunities_to_see`: the author's followers, summed over posts, reposts included;
- `potential_reach`: the followers of each account, once, at the highest count seen;
  `n_potential_reach`, the accounts whose count is known; `largest_audience`, the most of one;
- for ratios, both sides over the posts that publish both: `engagements_where_impressions`
  and `impressions_where_engagements`, `shares_where_impressions` and
  `impressions_where_shares`, `engagements_where_followers` and `followers_where_engagements`,
  `shares_where_followers` and `followers_where_shares`.

Days are UTC days. DuckDB and Spark keep the time zone in the session: one that is not set to
UTC is refused (`NotImplementedError`) rather than answered with another zone's days.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import narwhals as nw
import pandas as pd
from narwhals.typing import FrameT

from data.model import COUNTS, Kind, Network

if TYPE_CHECKING:
    from analysis.impressions import ViewModel

Posts: TypeAlias = nw.LazyFrame[Any] | nw.DataFrame[Any]

#: What two accounts may do at once.
Action: TypeAlias = Literal["repost", "link", "hashtags", "text"]

_SHARES = ("reposts", "quotes")
_ENGAGEMENTS = ("likes", "replies", *_SHARES)

#: Each ratio's numerator and denominator; a side's column is `<side>_where_<other side>`.
_PAIRS = (
    ("engagements", "impressions"),
    ("shares", "impressions"),
    ("engagements", "followers"),
    ("shares", "followers"),
)

#: What is summed with the number of posts that publish it.
_SUMMED = (
    *COUNTS,
    "engagements",
    "shares",
    "opportunities_to_see",
    *(f"{over}_where_{under}" for over, under in _PAIRS),
    *(f"{under}_where_{over}" for over, under in _PAIRS),
)

#: The columns that `totals`, `by_network` and `by_kind` share.
SUMS = (
    "posts",
    "own_posts",
    "authors",
    *(f"kind_{kind}" for kind in Kind),
    "first_on",
    "last_on",
    *_SUMMED,
    *(f"n_{name}" for name in _SUMMED),
    "potential_reach",
    "n_potential_reach",
    "largest_audience",
)

#: Those that speak of accounts: who posts twice counts once, so they do not add up.
OF_ACCOUNTS = ("authors", "potential_reach", "n_potential_reach", "largest_audience")

#: What each bit of `pattern` says that a post publishes, the lowest first.
_BITS = (*COUNTS, "author_followers")

#: The kinds of posts that have counts of their own.
OWN_KINDS = tuple(kind.value for kind in Kind if kind is not Kind.REPOST)

#: The products of logarithms whose sums a model of views is solved from.
_PRODUCTS = (*((it, it) for it in "yfe"), ("y", "f"), ("y", "e"), ("f", "e"))

#: Posts of an account that say what is usual for it; engagements of a post worth showing.
FEWEST_USUAL, FEWEST_ENGAGEMENTS = 5, 5

_EVEN_DIGITS = ("0", "2", "4", "6", "8", "a", "c", "e")

#: Engines give a column of unknown dates no type at all.
_DATES = frozenset({"day", "first_on", "last_on"})

#: Of longer sequences of hashtags, this beginning counts.
_LONGEST_SEQUENCE = 10


def _day_of(moment: nw.Expr) -> nw.Expr:
    return moment.dt.convert_time_zone("UTC").dt.date()


_DAY = _day_of(nw.col("published_at"))


def selected(
    posts: FrameT,
    *,
    since: date | None = None,
    until: date | None = None,
    networks: Collection[str] = (),
    kinds: Collection[str] = (),
    hashtag: str | None = None,
) -> FrameT:
    """The posts of a filter, as the same kind of frame.

    `since` is included, `until` is not; both are UTC days, and posts of unknown date drop
    out once either is given. No `networks` or `kinds` means all of them. `hashtag` is
    written as in the column: casefolded, without `#`.
    """
    if since is not None:
        posts = posts.filter(nw.col("published_at") >= nw.lit(_midnight(since)))
    if until is not None:
        posts = posts.filter(nw.col("published_at") < nw.lit(_midnight(until)))
    if networks:
        posts = posts.filter(nw.col("network").is_in(_codes(networks)))
    if kinds:
        posts = posts.filter(nw.col("kind").is_in(_codes(kinds)))
    if hashtag is not None:
        posts = posts.filter(nw.col("hashtags").list.contains(hashtag))
    return posts


def comparable(posts: FrameT, networks: Collection[str]) -> FrameT:
    """The posts that may stand in one total, given the networks that they come from.

    YouTube's terms forbid figures that mix its numbers with those of other networks, so its
    posts are left out of every total unless YouTube is the only network.
    """
    if {*networks} == {Network.YOUTUBE}:
        return posts
    return posts.filter(nw.col("network") != nw.lit(Network.YOUTUBE.value))


def totals(posts: Posts) -> pd.DataFrame:
    """One row, always: the columns of `SUMS`."""
    sums = _finished(_measured(_alike(posts)).select(*_sums()), _accounts(posts))
    return _in_pandas(sums.select(*SUMS))


def by_network(posts: Posts) -> pd.DataFrame:
    """One row a network: `network` and the columns of `SUMS`; most posts first."""
    return _summed_by("network", posts)


def by_kind(posts: Posts) -> pd.DataFrame:
    """One row a kind that occurs: `kind` and the columns of `SUMS`; most posts first."""
    return _summed_by("kind", posts)


def cells(posts: Posts) -> pd.DataFrame:
    """The posts of one day, network and kind added up: some thousand rows of any campaign.

    Those of a filter give its sums (`analysis.sums`), and the posts need not be read again.
    Columns: `day` (UTC, null if unknown), `network`, `kind`, and those of `SUMS` without
    `first_on`, `last_on` and `OF_ACCOUNTS`; in the order of the first three. Here a sum is 0
    where no post publishes the count.
    """
    key = ("day", "network", "kind")
    rows = _measured(_alike(posts, day=_DAY)).group_by(*key).agg(*_sums())
    own_posts = nw.col("posts") - nw.col(f"kind_{Kind.REPOST}")
    names = [it for it in SUMS if it not in ("first_on", "last_on", *OF_ACCOUNTS)]
    return _in_pandas(rows.with_columns(own_posts=own_posts).select(*key, *names).sort(*key))


def accounts(posts: Posts) -> pd.DataFrame:
    """One row a network with a known account, in order: `network` and `OF_ACCOUNTS`."""
    return _in_pandas(_accounts(posts, "network").select("network", *OF_ACCOUNTS).sort("network"))


def appearances(posts: Posts) -> pd.DataFrame:
    """One row a post of a known account, in no order; for `analysis.crowd` alone.

    Columns: `author_id`, `network`, `kind`, `day` (UTC, null if unknown), `author_followers`.
    """
    names = ("author_id", "network", "kind", "author_followers")
    known = posts.lazy().filter(~nw.col("author_id").is_null()).select(*names, day=_DAY)
    return _in_pandas(_collected(known))


def by_day(posts: Posts) -> pd.DataFrame:
    """One row a UTC day and network with posts, in order; posts of unknown date are left out.

    Columns: `day` (date), `network`, `posts`, `likes`, `reposts`, `replies`, `quotes`,
    `impressions`.
    """
    counts = (*_ENGAGEMENTS, "impressions")
    days = (
        posts.lazy()
        .filter(~nw.col("published_at").is_null())
        .select("network", *counts, day=_DAY)
        .group_by("day", "network")
        .agg(nw.len().alias("posts"), *_sum_and_number(counts))
    )
    names = ("likes", "reposts", "replies", "quotes", "impressions")
    return _in_pandas(
        _null_unless_published(_collected(days), counts)
        .select("day", "network", "posts", *names)
        .sort("day", "network")
    )


def by_author(posts: Posts) -> pd.DataFrame:
    """One row a known account, in the order of `author_id`; for measures, never for a screen.

    Columns: `author_id`, `network`, `posts`, `author_followers` (the highest seen, null if
    never), `engagements`, `impressions`, `first_on`, `last_on`.
    """
    counts = ("engagements", "impressions")
    authors = (
        posts.lazy()
        .filter(~nw.col("author_id").is_null())
        .select(
            "author_id",
            "network",
            "author_followers",
            "impressions",
            day=_DAY,
            engagements=_published(_ENGAGEMENTS),
        )
        .group_by("author_id", "network")
        .agg(
            nw.len().alias("posts"),
            nw.col("author_followers").max(),
            nw.col("day").min().alias("first_on"),
            nw.col("day").max().alias("last_on"),
            *_sum_and_number(counts),
        )
    )
    return _in_pandas(
        _null_unless_published(_collected(authors), counts)
        .select("author_id", "network", "posts", "author_followers", *counts, "first_on", "last_on")
        .sort("author_id", "network")
    )


def joined_by_day(posts: Posts) -> pd.DataFrame:
    """One row a UTC day on which an account posts for the first time, in order.

    Columns: `day` (date), `authors` (the accounts that are new that day), `author_followers`
    (theirs, each account once at its highest count; null where none is known) and
    `n_author_followers` (the accounts whose count is known). Accounts of which no post has a
    known date are left out.
    """
    joined = (
        posts.lazy()
        .filter(~nw.col("author_id").is_null())
        .select("author_id", "author_followers", day=_DAY)
        .group_by("author_id")
        .agg(nw.col("day").min(), nw.col("author_followers").max())
        .filter(~nw.col("day").is_null())
        .group_by("day")
        .agg(nw.len().alias("authors"), *_sum_and_number(["author_followers"]))
    )
    return _in_pandas(_null_unless_published(_collected(joined), ["author_followers"]).sort("day"))


def hashtags(posts: Posts, most: int) -> pd.DataFrame:
    """The `most` used hashtags: most posts first, then in the order of the letters.

    Columns: `hashtag`, `posts` (reposts included), `authors`, `engagements`. A post's
    hashtags are distinct in the lake, so each is counted once a post.
    """
    tags = (
        posts.lazy()
        .select("author_id", hashtag=nw.col("hashtags"), engagements=_published(_ENGAGEMENTS))
        .explode("hashtag")
        .filter(~nw.col("hashtag").is_null())
        .with_columns(_is_unknown_author())
        .group_by("hashtag")
        .agg(nw.len().alias("posts"), *_authors(), *_sum_and_number(["engagements"]))
        .sort("posts", "hashtag", descending=[True, False])
        .head(most)
    )
    return _in_pandas(
        _null_unless_published(_collected(tags), ["engagements"])
        .with_columns(_known_authors())
        .select("hashtag", "posts", "authors", "engagements")
    )


def most_used(posts: Posts, most: int) -> pd.DataFrame:
    """`hashtag` and `posts` of `hashtags`: without the accounts, in a fifth of the time."""
    tags = (
        posts.lazy()
        .select(hashtag=nw.col("hashtags"))
        .explode("hashtag")
        .filter(~nw.col("hashtag").is_null())
        .group_by("hashtag")
        .agg(nw.len().alias("posts"))
        .sort("posts", "hashtag", descending=[True, False])
        .head(most)
    )
    return _in_pandas(_collected(tags).sort("posts", "hashtag", descending=[True, False]))


def hashtag_cells(posts: Posts) -> pd.DataFrame:
    """One row a UTC day (null if unknown), network, kind and hashtag with posts, in this order.

    Columns: `day`, `network`, `kind`, `hashtag`, `posts`. Those of a filter give its
    `most_used`.
    """
    key = ("day", "network", "kind", "hashtag")
    tags = (
        posts.lazy()
        .select("network", "kind", day=_DAY, hashtag=nw.col("hashtags"))
        .explode("hashtag")
        .filter(~nw.col("hashtag").is_null())
        .group_by(*key)
        .agg(nw.len().alias("posts"))
    )
    return _in_pandas(_collected(tags).sort(*key))


def hashtag_pairs(posts: Posts, most: int) -> pd.DataFrame:
    """The `most` frequent pairs of hashtags: most posts first, then in the order of the letters.

    Columns: `hashtag`, `other_hashtag` (the later in the order of the letters), `posts` (those
    with both, reposts included).
    """
    tags = nw.col("hashtags")
    pairs = (
        posts.lazy()
        .filter(tags.list.len() > 1)
        .select(hashtag=tags, other_hashtag=tags)
        .explode("hashtag")
        .explode("other_hashtag")
        .filter(nw.col("hashtag") < nw.col("other_hashtag"))
        .group_by("hashtag", "other_hashtag")
        .agg(nw.len().alias("posts"))
        .sort("posts", "hashtag", "other_hashtag", descending=[True, False, False])
        .head(most)
    )
    return _in_pandas(_collected(pairs))


def interactions(posts: Posts) -> pd.DataFrame:
    """Who reposts, answers, quotes or mentions whom, and how many times.

    Columns: `author_id`, `target_id` (the other account), `kind` (`repost`, `reply`,
    `quote`, `mention`), `times`; in the order of the first three. A reply that quotes counts
    as both. The mentions of a repost are the original author's, and the mention of the
    account that a reply answers is written by the network: neither counts. Accounts that
    answer themselves (threads) are included.
    """
    known = posts.lazy().filter(~nw.col("author_id").is_null())
    pointed = [
        known.select(
            "author_id", target_id=nw.col(f"{column}_author_id"), kind=nw.lit(kind, nw.String)
        )
        for column, kind in (("repost_of", "repost"), ("reply_to", "reply"), ("quote_of", "quote"))
    ]
    mentioned = (
        known.filter(nw.col("kind") != nw.lit(Kind.REPOST.value))
        .select("author_id", "reply_to_author_id", target_id=nw.col("mentions"))
        .explode("target_id")
        .filter(
            nw.col("reply_to_author_id").is_null()
            | (nw.col("target_id") != nw.col("reply_to_author_id"))
        )
        .select("author_id", "target_id", kind=nw.lit("mention", nw.String))
    )
    pairs = (
        nw.concat([*pointed, mentioned])
        .filter(~nw.col("target_id").is_null())
        .group_by("author_id", "target_id", "kind")
        .agg(nw.len().alias("times"))
    )
    return _in_pandas(_collected(pairs).sort("author_id", "target_id", "kind"))


def co_actions(
    posts: Posts, action: Action, within_seconds: float = 60, *, fewest_objects: int = 2
) -> pd.DataFrame:
    """Which accounts did the same within `within_seconds` (included) of each other, how often.

    Columns: `author_id`, `other_id` (the later in the order of the letters), `objects` (what
    both shared in time); in the order of the first two. Of each account only the first share of
    an object counts, and an account that shared fewer than `fewest_objects` in all stands in
    no pair (the coordination network toolkit's window, CooRTweet's first share and minimum
    participation). For measures, never for a screen. What an object is, by `action`:

    - "repost": the post that is reposted; reposts count for no other action;
    - "link": an address without its scheme, the case of its host, what follows `#` and the
      marks of advertisers (`utm_…`, `fbclid`);
    - "hashtags": at least three hashtags in their order, of which the first ten;
    - "text": at least eight words, without mentions, links and capitals.
    """
    dated = posts.lazy().filter(~nw.col("author_id").is_null(), ~nw.col("published_at").is_null())
    first = (
        _shared(dated, action)
        .group_by("object", "author_id")
        .agg(nw.col("published_at").min())
        .select("object", "author_id", at=_microseconds(nw.col("published_at")))
    )
    if fewest_objects > 1:
        shared = nw.col("object").count().over("author_id")
        first = first.with_columns(shared=shared).filter(nw.col("shared") >= fewest_objects)
    # Whoever is in time for a share did his own in the same stretch of time or the next: what
    # thousands share is never held against itself.
    window = round(within_seconds * 1_000_000)
    stretch = nw.col("at") // max(window, 1)
    before = first.with_columns(stretch=stretch)
    after = nw.concat(
        first.select(
            "object",
            stretch=stretch - earlier,
            other_id=nw.col("author_id"),
            other_at=nw.col("at"),
        )
        for earlier in (0, 1)
    )
    passed = nw.col("other_at") - nw.col("at")
    is_later = nw.col("author_id") > nw.col("other_id")
    pairs = (
        before.join(after, on=["object", "stretch"], how="inner")
        .filter(passed <= window, (passed > 0) | ((passed == 0) & ~is_later))
        .filter(nw.col("author_id") != nw.col("other_id"))
        .select(
            author_id=nw.when(is_later).then("other_id").otherwise("author_id"),
            other_id=nw.when(is_later).then("author_id").otherwise("other_id"),
        )
        .group_by("author_id", "other_id")
        .agg(nw.len().alias("objects"))
    )
    return _in_pandas(_collected(pairs).sort("author_id", "other_id"))


def engaged(posts: Posts, most: int = 300) -> pd.DataFrame:
    """Who reposts, quotes or answers whom, of the `most` accounts a network that most do.

    Columns: `author_id` (whose posts), `actor_id` (who engages), `network`, and how many times
    with either half of that author's posts: `even`, `odd`; in the order of the first three.
    Nobody engages with himself; YouTube is left out. For measures, never for a screen.

    The halves are those of `analysis.overlap`: what is seen with one says how likely the same
    people are to be seen again with the other.
    """
    ours = posts.lazy().filter(
        ~nw.col("author_id").is_null(), nw.col("network") != nw.lit(Network.YOUTUBE.value)
    )
    pointed = nw.concat(
        [
            ours.filter(
                ~nw.col(f"{column}_author_id").is_null(),
                nw.col(f"{column}_author_id") != nw.col("author_id"),
            ).select(
                "network",
                author_id=nw.col(f"{column}_author_id"),
                actor_id=nw.col("author_id"),
                post_id=nw.col(f"{column}_id"),
            )
            for column in ("repost_of", "reply_to", "quote_of")
        ]
    )
    accounts = (
        pointed.group_by("author_id", "network")
        .agg(nw.len().alias("times"))
        .select("author_id", "network", below=-nw.col("times"))
    )
    chosen = _first_of_each("network", accounts, most, "below", "author_id").drop("below")
    pairs = (
        pointed.join(chosen, on=["author_id", "network"], how="inner")
        # A pseudonym is random: the last digit of a post's halves an author's posts, without
        # having to line them up.
        .with_columns(is_even=nw.col("post_id").str.slice(-1).is_in(_EVEN_DIGITS))
        .with_columns(
            even=nw.col("is_even").cast(nw.Int64), odd=(~nw.col("is_even")).cast(nw.Int64)
        )
        .group_by("author_id", "actor_id", "network")
        .agg(nw.col("even").sum(), nw.col("odd").sum())
    )
    return _in_pandas(_collected(pairs).sort("author_id", "actor_id", "network"))


def most_engaging(posts: Posts, most: int) -> pd.DataFrame:
    """The `most` engaging posts, without their authors; those without any count come last.

    Columns: `post_id`, `network`, `kind`, `published_at`, `text`, `language`, `hashtags`,
    the `COUNTS`, `engagements`. Equal ones stand in the order of their date, unknown last.
    """
    best = _anonymous(posts).sort(
        "engagements", "published_at", "post_id", descending=[True, False, False], nulls_last=True
    )
    return _in_pandas(_collected(best.head(most)))


def latest(posts: Posts, most: int, offset: int = 0) -> pd.DataFrame:
    """`most` posts from the newest on, after the first `offset`; unknown dates come last.

    Columns: those of `most_engaging`.
    """
    newest = _anonymous(posts).sort(
        "published_at", "post_id", descending=[True, False], nulls_last=True
    )
    return _in_pandas(_collected(newest.head(offset + most))[offset:])


def above_usual(
    posts: Posts,
    most: int,
    *,
    since: date | None = None,
    until: date | None = None,
    kinds: Collection[str] = (),
) -> pd.DataFrame:
    """The `most` posts that exceed the most what is usual for their account, without authors.

    What is usual is the median of the engagements of the account's own posts among all of
    `posts`, for accounts with at least `FEWEST_USUAL` of known engagements; less than 1 counts
    as 1. Of the posts from `since` to `until` (excluded) and of these `kinds`, those with at
    least `FEWEST_ENGAGEMENTS` engagements, the most times its account's usual first.

    Columns: those of `most_engaging`, and `usual` (float).
    """
    chosen = selected(posts.lazy(), since=since, until=until, kinds=kinds)
    best = (
        _anonymous(chosen, "author_id")
        .filter(nw.col("kind") != nw.lit(Kind.REPOST.value))
        .filter(nw.col("engagements") >= FEWEST_ENGAGEMENTS)
        .join(_usual(posts), on="author_id", how="inner")
        .with_columns(
            times=nw.col("engagements").cast(nw.Float64)
            / nw.max_horizontal(nw.col("usual"), nw.lit(1.0))
        )
        .sort("times", "engagements", "post_id", descending=[True, True, False], nulls_last=True)
        .head(most)
        .drop("author_id")
    )
    ordered = ["times", "engagements", "post_id"]
    found = _collected(best).sort(*ordered, descending=[True, True, False])
    return _in_pandas(found.drop("times"))


def by_slot(
    posts: Posts,
    *,
    since: date | None = None,
    until: date | None = None,
    kinds: Collection[str] = (),
) -> pd.DataFrame:
    """How own posts did, beside what is usual for their account, by when they went out (UTC).

    What is usual is that of `above_usual`. One row a `weekday` (1 is Monday), `hour` (0 to 23)
    and `part` with posts, in order: `posts`, and `twice_better`, 2 for each post above its
    account's usual and 1 for each that is equal to it. A part is the accounts whose pseudonyms
    end with the same two characters: 256 random groups, of which each account is in one.
    """
    chosen = (
        selected(posts.lazy(), since=since, until=until, kinds=kinds)
        .filter(nw.col("kind") != nw.lit(Kind.REPOST.value))
        .filter(~nw.col("published_at").is_null())
        .select(
            "author_id",
            engagements=_published(_ENGAGEMENTS),
            at=nw.col("published_at").dt.convert_time_zone("UTC"),
        )
        .filter(~nw.col("engagements").is_null())
    )
    is_above = nw.col("engagements") > nw.col("usual")
    is_as_usual = nw.col("engagements") == nw.col("usual")
    weekday = nw.col("at").dt.weekday()
    slots = (
        chosen.join(_usual(posts), on="author_id", how="inner")
        .select(
            # On Spark, narwhals gives Sunday the number 0.
            weekday=nw.when(weekday > 0).then(weekday).otherwise(nw.lit(7)),
            hour=nw.col("at").dt.hour(),
            part=nw.col("author_id").str.slice(24),
            twice_better=is_above.cast(nw.Int64) * 2 + is_as_usual.cast(nw.Int64),
        )
        .group_by("weekday", "hour", "part")
        .agg(nw.len().alias("posts"), nw.col("twice_better").sum())
    )
    columns = ["weekday", "hour", "part", "posts", "twice_better"]
    return _in_pandas(_collected(slots).select(columns).sort("weekday", "hour", "part"))


def texts(posts: Posts, most: int) -> pd.DataFrame:
    """Own posts that have a text, at most `most`, in the order of `post_id`; for topics alone.

    Of more, those of the smallest `post_id`: pseudonyms are random, so these are a sample that
    stays the same. Columns: `post_id`, `author_id` (null: unknown), `network`, `kind`,
    `published_at`, `language`, `text`, `engagements`.
    """
    said = (
        posts.lazy()
        .filter(nw.col("kind") != nw.lit(Kind.REPOST.value))
        .filter(~nw.col("text").is_null())
        .select(
            "post_id",
            "author_id",
            "network",
            "kind",
            "published_at",
            "language",
            "text",
            engagements=_published(_ENGAGEMENTS),
        )
        .sort("post_id")
        .head(most)
    )
    return _in_pandas(_collected(said).sort("post_id"))


def spellings(posts: Posts, groups: Sequence[Sequence[str]]) -> pd.DataFrame:
    """One row a group of hashtags, in their order: a post with several of a group counts once.

    Columns: `posts` (reposts included), `engagements` (null where none is published).
    """
    if not groups:
        return pd.DataFrame({"posts": [], "engagements": []}, dtype="int64[pyarrow]")
    tags = nw.col("hashtags").list
    is_in = [
        nw.any_horizontal(*(tags.contains(it) for it in group), ignore_nulls=True)
        for group in groups
    ]
    carrying = (
        posts.lazy()
        .select("hashtags", engagements=_published(_ENGAGEMENTS))
        .filter(~nw.col("hashtags").is_null())
        .select(
            *(nw.when(it).then(1).alias(f"posts_{at}") for at, it in enumerate(is_in)),
            *(nw.when(it).then("engagements").alias(f"sum_{at}") for at, it in enumerate(is_in)),
        )
    )
    sums = carrying.select(
        *(nw.col(f"posts_{at}").count() for at in range(len(groups))),
        *_sum_and_number([f"sum_{at}" for at in range(len(groups))]),
    )
    [row] = _collected(sums).rows(named=True)
    return pd.DataFrame(
        {
            "posts": [row[f"posts_{at}"] for at in range(len(groups))],
            "engagements": [
                row[f"sum_{at}"] if row[f"n_sum_{at}"] else None for at in range(len(groups))
            ],
        },
        dtype="int64[pyarrow]",
    )


def span(posts: Posts) -> pd.DataFrame:
    """One row: `first_on` and `last_on` (dates, null when none is known), `posts`."""
    return _in_pandas(
        _collected(
            posts.lazy()
            .select(day=_DAY)
            .select(
                nw.col("day").min().alias("first_on"),
                nw.col("day").max().alias("last_on"),
                nw.len().alias("posts"),
            )
        )
    )


def view_moments(posts: Posts) -> pd.DataFrame:
    """What a model of views needs of accounts: one row an account and network of own posts.

    Columns: `author_id` (null: unknown), `network`, `posts`, `followers` (the highest seen,
    null if never), `impressions` and `reach` (sums, null where none is published),
    `n_impressions`, `n_reach`, `impressions_squared` (the sum of the squares), `first_on`,
    `last_on`. Then, of the posts that publish views, followers and engagements, how many there
    are of each kind, `n_original`, `n_reply`, `n_quote`, and the sums of y = log(views + 1),
    f = log(followers + 1) and e = log(engagements + 1): `y`, `f`, `e`.

    Reposts are left out: what a network displays of them counts as views of the original.
    """
    counts = ("impressions", "reach")
    is_of = [
        nw.when(nw.col("kind") == nw.lit(kind)).then(nw.col("is_known")).otherwise(nw.lit(0))
        for kind in OWN_KINDS
    ]
    whole = ("impressions", "reach", *(f"n_{kind}" for kind in OWN_KINDS))
    sums = (
        _logarithms(posts)
        .with_columns(
            *(it.alias(f"n_{kind}") for it, kind in zip(is_of, OWN_KINDS)),
            impressions_squared=_float("impressions") * _float("impressions"),
        )
        .group_by("author_id", "network")
        .agg(
            nw.len().alias("posts"),
            nw.col("followers").max(),
            nw.col("published_at").min().alias("first_on"),
            nw.col("published_at").max().alias("last_on"),
            *_sum_and_number(counts),
            nw.col("impressions_squared").sum(),
            *(nw.col(f"n_{kind}").sum() for kind in OWN_KINDS),
            *(nw.col(it).sum() for it in "yfe"),
        )
    )
    # So many rows take their types where they are made, not once more afterwards.
    moments = _null_unless_published(sums, counts).with_columns(
        *(nw.col(it).cast(nw.Int64) for it in whole),
        *(_day_of(nw.col(it)) for it in ("first_on", "last_on")),
    )
    return _in_pandas(_collected(moments.sort("author_id", "network")))


def view_sums(posts: Posts) -> pd.DataFrame:
    """What a model of views needs of kinds: one row a network and kind with posts to learn from.

    These are the own posts of known accounts that publish views, followers and engagements.
    Columns: `network`, `kind`, `n` (posts) and, of the logarithms of `view_moments`, the sums
    and those of their products: `y`, `f`, `e`, `yy`, `ff`, `ee`, `yf`, `ye`, `fe`.
    """
    sums = (
        _logarithms(posts)
        .filter(nw.col("is_known") == 1, ~nw.col("author_id").is_null())
        .with_columns((nw.col(one) * nw.col(other)).alias(one + other) for one, other in _PRODUCTS)
        .group_by("network", "kind")
        .agg(
            nw.len().alias("n"),
            *(nw.col(it).sum() for it in (*"yfe", *map("".join, _PRODUCTS))),
        )
    )
    return _in_pandas(_collected(sums).sort("network", "kind"))


def missing_views(posts: Posts, model: ViewModel) -> pd.DataFrame:
    """What a model of views needs of the posts that publish none, but followers and engagements.

    One row an account, network and kind of own posts, YouTube left out: `author_id`,
    `network`, `kind`, `n` and, with the weight w = exp(b f + g e) of each post, its slopes b
    and g those of its network in the model, the sums of w, w², w f and w e: `w`, `ww`, `wf`,
    `we`. The model's intercepts come later, because every post of a row has the same.
    """
    known = (
        posts.lazy()
        .filter(
            nw.col("kind") != nw.lit(Kind.REPOST.value),
            nw.col("network") != nw.lit(Network.YOUTUBE.value),
            nw.col("impressions").is_null(),
            ~nw.col("author_followers").is_null(),
        )
        .select(
            "author_id",
            "network",
            "kind",
            f=_log(nw.col("author_followers")),
            e=_log(_published(_ENGAGEMENTS)),
        )
        .filter(~nw.col("e").is_null())
    )
    by_followers, by_engagements = _slope(model, 0), _slope(model, 1)
    sums = (
        known.with_columns(
            w=(by_followers * nw.col("f") + by_engagements * nw.col("e")).exp(),
        )
        .with_columns(
            ww=nw.col("w") * nw.col("w"),
            wf=nw.col("w") * nw.col("f"),
            we=nw.col("w") * nw.col("e"),
        )
        .group_by("author_id", "network", "kind")
        .agg(nw.len().alias("n"), *(nw.col(it).sum() for it in ("w", "ww", "wf", "we")))
        .sort("author_id", "network", "kind")
    )
    return _in_pandas(_collected(sums))


def snapshots(observations: Posts, most: int) -> pd.DataFrame:
    """The readings of at most `most` posts a network, of those that were read at least twice.

    `observations` is what `Lake.observations` gives, filtered by `selected` if wanted. One row a
    post and moment at which counts were read, in the order of network, post and age; reposts,
    which have no counts, are left out. Columns: `post_id`, `network`, `kind`, `age_hours` (float,
    since publication), `engagements`, `likes`, `reposts`, `replies`, `quotes`, `impressions`
    (null where that reading did not give them).

    The posts are those with the smallest pseudonyms: keyed hashes, so a random sample, and one
    that stays as a campaign grows.
    """
    counts = ("engagements", *_ENGAGEMENTS, "impressions")
    readings = (
        observations.lazy()
        .filter(
            nw.col("kind") != nw.lit(Kind.REPOST.value),
            ~nw.col("observed_at").is_null(),
            ~nw.all_horizontal(
                *(nw.col(name).is_null() for name in counts[1:]), ignore_nulls=False
            ),
        )
        .select(
            *("post_id", "network", "kind", "published_at", "observed_at"),
            *counts[1:],
            engagements=_published(_ENGAGEMENTS),
        )
    )
    # What names a post without its references calls it an original, the first in the alphabet.
    read_again = (
        readings.group_by("post_id", "network")
        .agg(
            nw.col("kind").max(),
            nw.col("published_at").min(),
            nw.col("observed_at").min().alias("first_read_at"),
            nw.col("observed_at").max().alias("last_read_at"),
        )
        .filter(nw.col("first_read_at") < nw.col("last_read_at"), ~nw.col("published_at").is_null())
        .select("post_id", "network", "kind", "published_at")
    )
    sample = _first_of_each("network", read_again, most, "post_id")
    found = _collected(
        readings.drop("kind", "published_at")
        .join(sample, on=["post_id", "network"], how="inner")
        .group_by("post_id", "network", "kind", "published_at", "observed_at")
        .agg(*(nw.col(name).max() for name in counts))
    )
    # Engines name the same moments in several time zones; the difference is that of the moments.
    rows = _in_pandas(found.sort("network", "post_id", "observed_at"))
    age = rows.pop("observed_at") - rows.pop("published_at")
    rows.insert(3, "age_hours", (age.dt.total_seconds() / 3600).astype("double[pyarrow]"))
    return rows[["post_id", "network", "kind", "age_hours", *counts]]


def followers_over_time(observations: Posts, most: int) -> pd.DataFrame:
    """How many followers each network's `most` followed accounts had, day by day.

    One row an account and UTC day on which its followers were read: `author_id`, `network`,
    `day` (date), `followers` (the most read that day); in the order of the first three. For
    measures, never for a screen. `observations` is what `Lake.observations` gives.
    """
    read = (
        observations.lazy()
        .filter(
            *(~nw.col(name).is_null() for name in ("author_id", "author_followers", "observed_at"))
        )
        .select(
            *("author_id", "network"),
            day=_day_of(nw.col("observed_at")),
            followers=nw.col("author_followers"),
        )
        .group_by("author_id", "network", "day")
        .agg(nw.col("followers").max())
    )
    accounts = (
        read.group_by("author_id", "network")
        .agg(nw.col("followers").max())
        .select("author_id", "network", below=-nw.col("followers"))
    )
    followed = _first_of_each("network", accounts, most, "below", "author_id").drop("below")
    days = read.join(followed, on=["author_id", "network"], how="inner")
    return _in_pandas(
        _collected(days.select("author_id", "network", "day", "followers")).sort(
            "author_id", "network", "day"
        )
    )


def cascades(posts: Posts, most: int) -> pd.DataFrame:
    """What people reposted, answered or quoted, and what that in turn pointed to.

    One row for each of the `most` posts with the most direct reactions, most first, then in the
    order of `post_id`; a post without any stands only in the count of the one that it points to.
    Columns: `post_id`, `network`, `is_known` (whether the post itself was collected),
    `parent_id` (what it points to in turn; null for the first of a cascade, and where it is
    unknown), `reactions` (posts that point to it). So what comes back grows neither with viral
    posts nor with long campaigns.

    A post points to what it reposts, or else answers, or else quotes.
    """
    parent = nw.coalesce("repost_of_id", "reply_to_id", "quote_of_id")
    pointing = posts.lazy().select("post_id", "network", parent_id=parent)
    reactions = (
        pointing.filter(~nw.col("parent_id").is_null(), nw.col("parent_id") != nw.col("post_id"))
        .group_by("parent_id", "network")
        .agg(nw.len().alias("reactions"))
        .sort("reactions", "parent_id", "network", descending=[True, False, False])
        .head(most)
        .select("network", "reactions", post_id=nw.col("parent_id"))
    )
    known = pointing.select("post_id", "network", "parent_id", is_known=nw.lit(1, nw.Int64))
    found = _collected(reactions.join(known, on=["post_id", "network"], how="left"))
    return _in_pandas(
        found.select(
            *("post_id", "network"),
            ~nw.col("is_known").is_null(),
            *("parent_id", "reactions"),
        ).sort("reactions", "post_id", "network", descending=[True, False, False])
    )


def _first_of_each(
    group: str, rows: nw.LazyFrame[Any], most: int, *order: str
) -> nw.LazyFrame[Any]:
    """The first `most` rows of each group, in an order without ties."""
    return (
        rows.with_columns(place=nw.lit(1))
        .with_columns(nw.col("place").cum_sum().over(group, order_by=order))
        .filter(nw.col("place") <= most)
        .drop("place")
    )


def _shared(posts: nw.LazyFrame[Any], action: Action) -> nw.LazyFrame[Any]:
    """What posts share, one row an object: `object`, `author_id`, `published_at`."""
    who = ("author_id", "published_at")
    if action == "repost":
        return posts.filter(~nw.col("repost_of_id").is_null()).select(
            *who, object=nw.col("repost_of_id")
        )
    own = posts.filter(nw.col("kind") != nw.lit(Kind.REPOST.value))
    if action == "link":
        links = own.select(*who, link=nw.col("links")).explode("link")
        return links.filter(~nw.col("link").is_null()).select(*who, object=_address())
    if action == "text":
        texts = own.filter(~nw.col("text").is_null()).select(*who, object=_words())
        return texts.filter(nw.col("object").str.contains(r"^(?:\S+ ){7}\S"))
    # No engine but one gives an element that is not there, so posts are read by their number.
    sequences = []
    for length in range(3, _LONGEST_SEQUENCE + 1):
        number = nw.col("hashtags").list.len()
        is_so_long = number >= length if length == _LONGEST_SEQUENCE else number == length
        tags = [nw.col("hashtags").list.get(place) for place in range(length)]
        sequences.append(
            own.filter(is_so_long).select(*who, object=nw.concat_str(tags, separator=" "))
        )
    return nw.concat(sequences)


def _address() -> nw.Expr:
    """A link in the form in which two that lead to the same page are equal."""
    host_and_path = nw.col("link").str.replace_all(r"^[A-Za-z]+://|#.*$", "")
    host = host_and_path.str.replace_all("[/?].*$", "").str.to_lowercase()
    path = host_and_path.str.replace_all("^[^/?]*", "")
    marks = r"(utm_[A-Za-z]+|fbclid)=[^&]*"
    for pattern, kept in ((f"&{marks}", ""), (rf"\?{marks}&", "?"), (rf"\?{marks}$", "")):
        path = path.str.replace_all(pattern, kept)
    return nw.concat_str([host, path])


def _words() -> nw.Expr:
    """A text as others repeat it: without whom it is said to, and without links."""
    left_out = r"(?:\s*(?:@\S+|https?://\S+))+\s*|\s{2,}|[\t\r\n]"
    return nw.col("text").str.replace_all(left_out, " ").str.strip_chars(" ").str.to_lowercase()


def _microseconds(moment: nw.Expr) -> nw.Expr:
    """Since 1970, in whole numbers; the part of narwhals that DuckDB and Spark have lacks it."""
    moment = moment.dt.convert_time_zone("UTC")
    of = moment.dt
    year, day, hour, minute, second, rest = (
        it.cast(nw.Int64)
        for it in (
            *(of.year(), of.ordinal_day(), of.hour(), of.minute(), of.second()),
            of.microsecond(),
        )
    )
    days = (year - 1970) * 365 + (year - 1969) // 4 + day - 1  # from 1901 to 2099
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + rest


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _codes(values: Iterable[str]) -> list[str]:
    """Plain texts in a fixed order: engines do not know our enumerations."""
    return sorted(str(value) for value in values)


def _published(parts: Sequence[str]) -> nw.Expr:
    """The sum of a post's counts that are published, null if none is."""
    is_unknown = nw.all_horizontal(*(nw.col(part).is_null() for part in parts), ignore_nulls=False)
    return nw.when(~is_unknown).then(nw.sum_horizontal(*parts))


def _float(name: str) -> nw.Expr:
    return nw.col(name).cast(nw.Float64)


def _log(count: nw.Expr) -> nw.Expr:
    """Of one more, so that nothing has a logarithm too."""
    return (count.cast(nw.Float64) + 1).log()


def _logarithms(posts: Posts) -> nw.LazyFrame[Any]:
    """Own posts, with `y`, `f` and `e` where all three are known, and whether they are."""
    logs = (
        posts.lazy()
        .filter(nw.col("kind") != nw.lit(Kind.REPOST.value))
        .select(
            *("author_id", "network", "kind", "published_at", "impressions", "reach"),
            followers=nw.col("author_followers"),
            y=_log(nw.col("impressions")),
            f=_log(nw.col("author_followers")),
            e=_log(_published(_ENGAGEMENTS)),
        )
    )
    is_known = ~nw.any_horizontal(*(nw.col(it).is_null() for it in "yfe"), ignore_nulls=False)
    return logs.with_columns(
        *(nw.when(is_known).then(nw.col(it)).alias(it) for it in "yfe"),
        is_known=is_known.cast(nw.Int64),
    )


def _slope(model: ViewModel, which: int) -> nw.Expr:
    """Each post's coefficient in a model of views, by its network."""
    slope = nw.lit(model.pooled.slopes[which])
    for network, fit in model.own.items():
        is_its = nw.col("network") == nw.lit(network)
        slope = nw.when(is_its).then(nw.lit(fit.slopes[which])).otherwise(slope)
    return slope


def _is_unknown_author() -> nw.Expr:
    return nw.col("author_id").is_null().cast(nw.Int64).alias("unknown_author")


def _authors() -> list[nw.Expr]:
    """`n_unique` counts null as an account of its own; `_known_authors` takes it off again."""
    return [nw.col("author_id").n_unique().alias("authors"), nw.col("unknown_author").max()]


def _known_authors() -> nw.Expr:
    """Without any post, engines differ on whether they are 0 or null: 0."""
    return nw.col("authors").fill_null(0) - nw.col("unknown_author").fill_null(0)


def _usual(posts: Posts) -> nw.LazyFrame[Any]:
    """What is usual for an account: `author_id` and `usual`, of accounts that say enough."""
    return (
        posts.lazy()
        .filter(nw.col("kind") != nw.lit(Kind.REPOST.value))
        .select("author_id", engagements=_published(_ENGAGEMENTS))
        .filter(~nw.col("author_id").is_null(), ~nw.col("engagements").is_null())
        .group_by("author_id")
        .agg(nw.col("engagements").median().alias("usual"), nw.len().alias("own"))
        .filter(nw.col("own") >= FEWEST_USUAL)
        .select("author_id", nw.col("usual").cast(nw.Float64))
    )


def _alike(posts: Posts, **key: nw.Expr) -> nw.DataFrame[Any]:
    """The posts of one network and kind that publish the same, added up: a few rows in all.

    Columns: those of the key, `network`, `kind`, `pattern`, `posts`, `first_on`, `last_on`,
    the `COUNTS` and `author_followers`, each null in the rows of the posts that do not publish
    it. So what holds for a post holds for a row, and its sums can be made from rows.
    """
    bits = ((~nw.col(it).is_null()).cast(nw.Int64) * 2**bit for bit, it in enumerate(_BITS))
    pattern = nw.sum_horizontal(*bits)
    alike = (
        posts.lazy()
        .select("network", "kind", "published_at", *_BITS, pattern=pattern, **key)
        .group_by(*key, "network", "kind", "pattern")
        .agg(
            nw.len().alias("posts"),
            nw.col("published_at").min().alias("first_on"),
            nw.col("published_at").max().alias("last_on"),
            *(nw.col(it).sum() for it in _BITS),
        )
        .with_columns(_day_of(nw.col(it)) for it in ("first_on", "last_on"))
    )
    return _collected(alike).with_columns(
        nw.when(nw.col("pattern") // 2**bit % 2 == 1).then(nw.col(it)).alias(it)
        for bit, it in enumerate(_BITS)
    )


def _accounts(posts: Posts, *key: str) -> nw.DataFrame[Any]:
    """The known accounts, all or for each value of a key, as `SUMS` has them."""
    highest = nw.col("potential_reach")
    each = (
        posts.lazy()
        .filter(~nw.col("author_id").is_null())
        .group_by(*key, "author_id")
        .agg(nw.col("author_followers").max().alias("potential_reach"))
        .with_columns(largest_audience=highest)
    )
    sums = (
        nw.len().alias("authors"),
        *_sum_and_number(["potential_reach"]),
        nw.col("largest_audience").max(),
    )
    accounts = _collected(each.group_by(*key).agg(*sums) if key else each.select(*sums))
    return _null_unless_published(accounts, ["potential_reach"])


def _measured(alike: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """`_alike` with a column for everything that is summed, and for how many posts publish it."""
    parts = alike.with_columns(
        *((nw.col("kind") == nw.lit(k.value)).cast(nw.Int64).alias(f"kind_{k}") for k in Kind),
        engagements=_published(_ENGAGEMENTS),
        shares=_published(_SHARES),
        opportunities_to_see=nw.col("author_followers"),
        followers=nw.col("author_followers"),
    )
    pairs = [*_PAIRS, *((under, over) for over, under in _PAIRS)]
    return parts.with_columns(
        *(nw.col(f"kind_{kind}") * nw.col("posts") for kind in Kind),
        *(
            nw.when(~nw.col(other).is_null()).then(nw.col(side)).alias(f"{side}_where_{other}")
            for side, other in pairs
        ),
    ).with_columns(
        ((~nw.col(it).is_null()).cast(nw.Int64) * nw.col("posts")).alias(f"n_{it}")
        for it in _SUMMED
    )


def _sums() -> list[nw.Expr]:
    return [
        *(nw.col(it).sum() for it in ("posts", *(f"kind_{kind}" for kind in Kind))),
        nw.col("first_on").min(),
        nw.col("last_on").max(),
        *(nw.col(name).sum() for it in _SUMMED for name in (it, f"n_{it}")),
    ]


def _finished(sums: nw.DataFrame[Any], accounts: nw.DataFrame[Any], *key: str) -> nw.DataFrame[Any]:
    own_posts = nw.col("posts") - nw.col(f"kind_{Kind.REPOST}")
    joined = (
        sums.join(accounts, on=list(key), how="left") if key else sums.join(accounts, how="cross")
    )
    return _null_unless_published(joined, _SUMMED).with_columns(
        nw.col("authors").fill_null(0),
        nw.col("n_potential_reach").fill_null(0),
        own_posts=own_posts,
    )


def _summed_by(key: str, posts: Posts) -> pd.DataFrame:
    sums = _measured(_alike(posts)).group_by(key).agg(*_sums())
    rows = _finished(sums, _accounts(posts, key), key)
    return _in_pandas(rows.select(key, *SUMS).sort("posts", key, descending=[True, False]))


def _sum_and_number(names: Iterable[str]) -> list[nw.Expr]:
    return [
        expression
        for name in names
        for expression in (nw.col(name).sum(), nw.col(name).count().alias(f"n_{name}"))
    ]


def _null_unless_published(sums: FrameT, names: Iterable[str]) -> FrameT:
    """The sum of nothing but nulls is 0 on every engine: here it is null."""
    return sums.with_columns(
        nw.when(nw.col(f"n_{name}") > 0).then(nw.col(name)).alias(name) for name in names
    )


def _anonymous(posts: Posts, *more: str) -> nw.LazyFrame[Any]:
    return posts.lazy().select(
        *more,
        "post_id",
        "network",
        "kind",
        "published_at",
        "text",
        "language",
        "hashtags",
        *COUNTS,
        engagements=_published(_ENGAGEMENTS),
    )


def _collected(small: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
    """The query's answer, with the same types from every engine (DuckDB adds in decimals)."""
    names = small.collect_schema().names()
    answer = small.collect("pyarrow").select(names)
    return answer.select(
        nw.col(name).cast(_type(name, dtype)) for name, dtype in answer.schema.items()
    )


def _type(name: str, dtype: nw.dtypes.DType) -> nw.dtypes.DType:
    if name in _DATES:
        return nw.Date()
    if dtype.is_float():
        return nw.Float64()
    # The most of nothing has no type either.
    return nw.Int64() if dtype.is_numeric() or dtype == nw.Unknown else dtype


def _in_pandas(small: nw.DataFrame[Any]) -> pd.DataFrame:
    frame: pd.DataFrame = small.to_native().to_pandas(
        types_mapper=pd.ArrowDtype, ignore_metadata=True
    )
    return frame
