"""The campaign in the forms that peers read, written once beside it."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks import child
from benchmarks.campaign import CAMPAIGN

#: twitter-explorer: the columns that it loads from a file of twitwi.
_TWITWI = """
select post_id as id, epoch(published_at)::bigint as timestamp_utc, author_id as user_screen_name,
    language as lang, reply_to_author_id as to_username, reply_to_author_id as to_userid,
    reply_to_id as to_tweetid, author_id as user_id, author_id as user_name,
    coalesce(author_followers, 0) as user_followers, 0 as user_friends,
    repost_of_id as retweeted_id, repost_of_author_id as retweeted_user,
    repost_of_author_id as retweeted_user_id, quote_of_id as quoted_id,
    quote_of_author_id as quoted_user, quote_of_author_id as quoted_user_id,
    array_to_string(hashtags, '|') as hashtags, array_to_string(mentions, '|') as mentioned_names,
    array_to_string(mentions, '|') as mentioned_ids, 'api' as collected_via
from posts
"""
# coordination-network-toolkit counts every share, we the first of each account: it is given
# these only, and of texts those that we compare, as we compare them.
_SHARED = {
    "repost": "select author_id, repost_of_id as object, published_at from posts"
    " where repost_of_id is not null",
    "link": "select author_id, unnest(links) as object, published_at from posts"
    " where kind <> 'repost'",
    "text": r"""
    select author_id, published_at, trim(regexp_replace(lower(regexp_replace(
        text, '@\S+|https?://\S+', ' ', 'g')), '\s+', ' ', 'g')) as object
    from posts where kind <> 'repost' and len(string_split(object, ' ')) >= 8
    """,
}
_MESSAGES = """
select row_number() over () as message_id, author_id as user_id, '' as username,
    {repost} as repost_id, '' as reply_id, {text} as message,
    epoch(min(published_at)) as timestamp, {link} as urls
from ({shared}) where author_id is not null and published_at is not null
group by author_id, object
"""


def path(home: Path, name: str, peers: Path | None = None) -> Path:
    """The file of an input of a campaign; `peers` is their Python, where one has to make it.

    Names: "twitwi.csv", "edges.parquet", and of an action "repost.csv" or "repost.db".
    """
    made_by = sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    file = home / "peers" / f"{made_by}-{name}"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        unfinished = file.with_name(f"unfinished-{file.name}")
        unfinished.unlink(missing_ok=True)
        if peers is None:
            child.run(sys.executable, "benchmarks.inputs", "write", home, name, unfinished)
        else:
            csv = path(home, f"{file.stem.rpartition('-')[2]}.csv")
            child.run(peers, "benchmarks.peer", "preprocess", csv, unfinished)
        unfinished.replace(file)
    return file


def write(home: str, name: str, file: str) -> dict[str, Any]:
    """Write one input."""
    from analysis import aggregates
    from data.lake import Lake

    posts = Lake(Path(home)).posts(CAMPAIGN)
    if name == "edges.parquet":
        pairs = aggregates.interactions(posts).groupby(["author_id", "target_id"])["times"].sum()
        pairs.reset_index().to_parquet(file, index=False)
        return {}
    query = _TWITWI
    if name != "twitwi.csv":
        action = name.partition(".")[0]
        columns = dict.fromkeys(_SHARED, "''") | {action: "object"}
        query = _MESSAGES.format(shared=_SHARED[action], **columns)
    posts.to_native().query("posts", query).to_csv(file)
    return {}
