"""The first build of `posts`: how long it takes, and how much memory."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from benchmarks import child

_CAMPAIGN = "mesure"
_ROWS_A_COMMIT = 5_000
_LARGEST_PEAK = 1.5e9

# A post in ten is seen twice. Digests stand for pseudonyms and for words: they are as long, and
# take as much memory.
_OBSERVATIONS = """
with drawn as (
    select i % {posts} as post, i // {posts} as again, hash(i % {posts}) as chance
    from range({first}, {last}) as numbers(i)
), post as (
    select *, chance % 3 > 0 as is_repost, chance // 7 % 9000 as target,
        timestamptz '2025-01-01 00:00:00+00' + to_seconds(31 * post % 31536000) as published_at
    from drawn
)
select
    '{campaign}' as campaign_id,
    strftime(published_at, '%Y-%m') as month,
    'x' as network,
    md5('post ' || post)[:26] as post_id,
    if(is_repost, 'repost', 'original') as kind,
    md5('author ' || chance // 11 % ({posts} // 7))[:26] as author_id,
    if(is_repost, md5('post ' || target)[:26], null) as repost_of_id,
    if(is_repost, md5('author ' || target)[:26], null) as repost_of_author_id,
    md5('post ' || post)[:26] as root_id,
    published_at,
    timestamptz '2026-01-01 00:00:00+00' + to_hours(again) as observed_at,
    md5('1 ' || post) || ' ' || md5('2 ' || post) || ' ' || md5('3 ' || post) || ' '
        || md5('4 ' || post) as text,
    'fr' as language,
    ['tag' || chance % 8, 'tag' || chance % 50] as hashtags,
    if(is_repost, [md5('author ' || target)[:26]], []) as mentions,
    []::varchar[] as links,
    if(is_repost, null, chance % 900 + again) as likes,
    if(is_repost, null, chance % 300) as reposts,
    chance % 40000 as author_followers,
    'file ' || again as collection_id,
    post // 500 as page
from post
"""
_ALIASES = """
select
    '{campaign}' as campaign_id,
    md5('handle ' || i)[:26] as alias,
    md5('author ' || i)[:26] as author_id
from range({posts} // 7) as numbers(i)
"""


def build(posts: int) -> bool:
    """Derive the posts of a lake that has none; whether the memory stays under 1.5 GB."""
    with TemporaryDirectory() as home:
        child.run(sys.executable, "benchmarks.build", "observe", home, str(posts))
        derived = child.run(sys.executable, "benchmarks.build", "derive", home)
    assert derived["posts"] == posts
    peak = derived["peak"] or 0
    print(f"{posts:,} posts: {derived['seconds']:.1f} s, peak memory {peak / 1e6:,.0f} MB", end="")
    print(f" (at most {_LARGEST_PEAK / 1e6:,.0f})")
    return peak < _LARGEST_PEAK


def observe(home: str, posts: str) -> dict[str, Any]:
    """Fill a fresh lake's observations and aliases, in commits as imports make them."""
    from data.lake import Lake
    from data.model import OBSERVATIONS, Campaign
    from data.pseudonyms import ALIASES
    from data.tables import connect

    lake = Lake(Path(home))
    lake.create(Campaign(_CAMPAIGN, _CAMPAIGN))
    facts = {"campaign": _CAMPAIGN, "posts": int(posts)}
    with connect(Path(home, "spill")) as connection:
        aliases = connection.sql(_ALIASES.format(**facts)).to_arrow_table()
        lake.store.aliases.write(aliases.cast(ALIASES))
        rows = int(posts) + int(posts) // 10
        for first in range(0, rows, _ROWS_A_COMMIT):
            last = min(first + _ROWS_A_COMMIT, rows)
            seen = connection.sql(_OBSERVATIONS.format(first=first, last=last, **facts))
            lake.store.observations.write(_whole(seen.to_arrow_table(), OBSERVATIONS))
    return {}


def derive(home: str) -> dict[str, Any]:
    """The posts of a lake whose observations are there: seconds, and how many."""
    from data.lake import Lake

    lake = Lake(Path(home))
    start = time.perf_counter()
    lake.derive(_CAMPAIGN)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "posts": len(lake.posts(_CAMPAIGN).select("post_id").collect())}


def _whole(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows with all columns of a schema; those that they do not have are null."""
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
