"""What the aggregates answer, in plain DuckDB SQL over the same Parquet files.

It is the limit that the aggregates are held against, so it is written as well as it can be.
Posts that publish the same are added up first, in one pass over narrow columns; everything
that holds for a post holds for such a row.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks import child

_COUNTS = ("likes", "reposts", "replies", "quotes", "impressions", "reach", "saves", "clicks")
_KINDS = ("original", "repost", "reply", "quote")
_ENGAGEMENTS = """case when coalesce(likes, replies, reposts, quotes) is not null then
    coalesce(likes, 0) + coalesce(replies, 0) + coalesce(reposts, 0) + coalesce(quotes, 0) end"""
_SHARES = """case when coalesce(reposts, quotes) is not null then
    coalesce(reposts, 0) + coalesce(quotes, 0) end"""

_VIEWS = """
create view posts as from read_parquet('{files}', hive_partitioning = true);
create view comparable as from posts where network <> 'youtube';
"""

_PUBLISHED = _COUNTS
_PATTERN = " + ".join(
    f"({name} is not null)::bigint * {2**bit}" for bit, name in enumerate(_PUBLISHED)
)
_PAIRS = (
    ("engagements", "impressions"),
    ("shares", "impressions"),
)
_BOTH_WAYS = (*_PAIRS, *((under, over) for over, under in _PAIRS))


def _number(condition: str, name: str) -> str:
    return f"coalesce(sum(posts) filter ({condition}), 0)::bigint as {name}"


def _sums(source: str, key: str = "") -> str:
    by = f"{key}, " if key else ""
    columns = ",\n    ".join(
        (
            "coalesce(sum(posts), 0)::bigint as posts",
            _number("kind <> 'repost'", "own_posts"),
            "coalesce(any_value(authors), 0) as authors",
            *(_number(f"kind = '{kind}'", f"kind_{kind}") for kind in _KINDS),
            "min(first_on) as first_on, max(last_on) as last_on",
            *(f"sum({it})::bigint as {it}" for it in (*_COUNTS, "engagements", "shares")),
            *(
                f"sum({side}) filter ({other} is not null)::bigint as {side}_where_{other}"
                for side, other in _BOTH_WAYS
            ),
            *(
                _number(f"{it} is not null", f"n_{it}")
                for it in (*_COUNTS, "engagements", "shares")
            ),
            *(
                _number(f"{side} is not null and {other} is not null", f"n_{side}_where_{other}")
                for side, other in _BOTH_WAYS
            ),
            "any_value(potential_reach) as potential_reach",
            "coalesce(any_value(n_potential_reach), 0) as n_potential_reach",
            "any_value(largest_audience) as largest_audience",
        )
    )
    return f"""
with alike as (
    select network, kind, {_PATTERN} as pattern, count(*) as posts,
        min(published_at)::date as first_on, max(published_at)::date as last_on,
        {", ".join(f"sum({it}) as {it}" for it in _COUNTS)}
    from {source} group by all
), part as (
    select *, {_ENGAGEMENTS} as engagements, {_SHARES} as shares from alike
), account as (
    select {by}author_id, max(author_followers) as followers
    from {source} where author_id is not null group by all
), accounts as (
    select {by}count(*) as authors, sum(followers)::bigint as potential_reach,
        count(followers) as n_potential_reach, max(followers) as largest_audience
    from account group by all
)
select {by}{columns}
from part left join accounts {f"using ({key}) group by {key}" if key else "on true"}
order by posts desc{f", {key}" if key else ""}
"""


_BY_DAY = """
select published_at::date as day, network, count(*) as posts, sum(likes)::bigint as likes,
    sum(reposts)::bigint as reposts, sum(replies)::bigint as replies,
    sum(quotes)::bigint as quotes, sum(impressions)::bigint as impressions
from comparable where published_at is not null
group by day, network order by day, network
"""
_HASHTAGS = f"""
with tag as (
    select unnest(hashtags) as hashtag, author_id, {_ENGAGEMENTS} as engagements from comparable
)
select hashtag, count(*) as posts, count(distinct author_id) as authors,
    sum(engagements)::bigint as engagements
from tag group by hashtag order by posts desc, hashtag limit 10
"""
_MOST_USED = """
select hashtag, count(*) as posts from (select unnest(hashtags) as hashtag from comparable)
group by hashtag order by posts desc, hashtag limit 10
"""
_HASHTAG_PAIRS = """
with tag as (
    select unnest(hashtags) as hashtag, hashtags from posts where len(hashtags) > 1
), pair as (
    select hashtag, unnest(hashtags) as other_hashtag from tag
)
select hashtag, other_hashtag, count(*) as posts
from pair where hashtag < other_hashtag
group by hashtag, other_hashtag order by posts desc, hashtag, other_hashtag
"""
_MOST_ENGAGING = f"""
select post_id, network, kind, published_at, text, language, hashtags, {", ".join(_COUNTS)},
    {_ENGAGEMENTS} as engagements
from comparable
order by engagements desc nulls last, published_at nulls last, post_id limit 50
"""
_LOGARITHMS = f"""
select author_id, network, kind, impressions, reach, published_at, author_followers,
    ln(1 + impressions) as v, ln(1 + author_followers) as w, ln(1 + {_ENGAGEMENTS}) as x,
    v + w + x is not null as is_known,
    if(is_known, v, null) as y, if(is_known, w, null) as f, if(is_known, x, null) as e
from comparable where kind <> 'repost'
"""
_VIEW_MOMENTS = f"""
select author_id, network, count(*) as posts, max(author_followers) as followers,
    sum(impressions)::bigint as impressions, sum(reach)::bigint as reach,
    count(impressions) as n_impressions, count(reach) as n_reach,
    coalesce(sum(impressions::double * impressions), 0) as impressions_squared,
    min(published_at)::date as first_on, max(published_at)::date as last_on,
    {", ".join(f"count(y) filter (kind = '{it}') as n_{it}" for it in _KINDS if it != "repost")},
    {", ".join(f"coalesce(sum({it}), 0) as {it}" for it in "yfe")}
from ({_LOGARITHMS}) group by author_id, network order by author_id, network
"""
_VIEW_SUMS = f"""
select network, kind, count(*) as n, {", ".join(f"sum({it}) as {it}" for it in "yfe")},
    {", ".join(f"sum({a} * {b}) as {a}{b}" for a, b in ("yy", "ff", "ee", "yf", "ye", "fe"))}
from ({_LOGARITHMS}) where is_known and author_id is not null
group by network, kind order by network, kind
"""
#: The slopes of a model of views: what they are changes nothing in the work.
SLOPES = (0.3, 0.7)
_MISSING_VIEWS = f"""
with post as (
    select author_id, network, kind, ln(1 + author_followers) as f, ln(1 + {_ENGAGEMENTS}) as e,
        exp({SLOPES[0]} * f + {SLOPES[1]} * e) as w
    from comparable
    where kind <> 'repost' and impressions is null and author_followers is not null
)
select author_id, network, kind, count(*) as n, sum(w) as w, sum(w * w) as ww, sum(w * f) as wf,
    sum(w * e) as we
from post where e is not null group by author_id, network, kind order by all
"""
_POINTED = " union all ".join(
    f"""select network, author_id as actor_id, {it}_author_id as author_id, {it}_id as post_id
    from comparable where author_id <> {it}_author_id"""
    for it in ("repost_of", "reply_to", "quote_of")
)
_ENGAGED = f"""
with other as (
    {_POINTED}
), author as (
    select author_id, network from other group by author_id, network
    qualify row_number() over (partition by network order by count(*) desc, author_id) <= 300
)
select author_id, actor_id, network,
    count(*) filter (post_id[-1] in ('0', '2', '4', '6', '8', 'a', 'c', 'e')) as even,
    count(*) - even as odd
from other semi join author using (author_id, network)
group by author_id, actor_id, network order by all
"""
_CASCADES = """
with pointing as (
    select post_id, network, coalesce(repost_of_id, reply_to_id, quote_of_id) as parent_id
    from comparable
), reacted as (
    select parent_id as post_id, network, count(*) as reactions
    from pointing where parent_id <> post_id
    group by parent_id, network order by reactions desc, parent_id, network limit 10000
), known as (
    from pointing semi join reacted using (post_id, network)
)
select post_id, network, known.post_id is not null as is_known, known.parent_id, reactions
from reacted left join known using (post_id, network)
order by reactions desc, post_id, network
"""

#: By the names of the aggregates.
QUERIES = {
    "totals": _sums("comparable"),
    "by_network": _sums("posts", "network"),
    "by_kind": _sums("comparable", "kind"),
    "by_day": _BY_DAY,
    "most_used": _MOST_USED,
    "hashtags": _HASHTAGS,
    "hashtag_pairs": _HASHTAG_PAIRS,
    "most_engaging": _MOST_ENGAGING,
    "view_moments": _VIEW_MOMENTS,
    "view_sums": _VIEW_SUMS,
    "missing_views": _MISSING_VIEWS,
    "engaged": _ENGAGED,
    "cascades": _CASCADES,
}
#: What the Overview needs, each read once: totals, kinds and followers follow from networks.
OVERVIEW = (
    *("by_network", "by_day", "most_used"),
    *("view_moments", "view_sums", "missing_views", "engaged", "cascades"),
)


def ask(name: str, home: str, answer: str) -> dict[str, Any]:
    """Answer one query, or all that the Overview needs; `answer` is the file of one's rows."""
    import duckdb

    start = time.perf_counter()
    files = Path(home, "lake", "posts", "*", "*", "*.parquet").as_posix().replace("'", "''")
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false;")
    connection.execute(_VIEWS.format(files=files))
    for query in OVERVIEW if name == "overview" else (name,):
        rows = connection.sql(QUERIES[query]).to_arrow_table()
    facts = {"seconds": time.perf_counter() - start, "peak": child.peak()}
    if name != "overview":
        import pyarrow.parquet as pq

        pq.write_table(rows, answer)
    return facts
