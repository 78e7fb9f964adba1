"""Which accounts do the same at nearly the same time."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import narwhals as nw
import pandas as pd

from analysis.aggregates.frames import Posts, collected, in_pandas
from data.model import Kind

#: What two accounts may do at once.
Action: TypeAlias = Literal["repost", "link", "hashtags", "text"]

#: Of longer sequences of hashtags, this beginning counts.
_LONGEST_SEQUENCE = 10


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
    return in_pandas(collected(pairs).sort("author_id", "other_id"))


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
