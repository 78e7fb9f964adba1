"""Which known posts to read again, in SQL over tables `posts` and `references`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import NamedTuple

from data.model import KnownPost, Network
from data.pseudonyms import Pseudonyms
from data.store import Store
from data.tables import connect


class LastSeen(NamedTuple):
    """A known post: its pseudonym, what its network calls it, when it was last seen."""

    post_id: str
    known: KnownPost
    observed_at: datetime


# The last of the ages that a post has passed, it passed at one moment: seen since, it can wait.
_TO_REREAD = """
    select *, passed_at - published_at as age, list_sum([likes, replies, reposts, quotes]) as worth
    from (
        select *, list_max([published_at + it for it in $ages if published_at + it <= $now])
            as passed_at
        from posts where network = $network and kind <> 'repost'
    )
    where observed_at < passed_at
"""

# That somebody reposted something, without a moment of its own, is no post to ask for.
_KNOWN = """
    select * from posts
    where network = $network and observed_at < $seen_before
        and (kind <> 'repost' or published_at is not null)
        and ($after_at is null or (observed_at, post_id) > ($after_at, $after_id))
"""

# The longest reference says most: some sources name a post without its address.
_NAMED = """
    with chosen as (
        from ({chosen}) semi join reference using (post_id) order by {order}, post_id limit $limit
    ), named as (
        select post_id, arg_max(reference, (octet_length(reference), reference)) as reference
        from reference semi join chosen using (post_id) group by post_id
    )
    select post_id, observed_at, reference from chosen join named using (post_id)
    order by {order}, post_id
"""


def to_reread(
    store: Store,
    campaign_id: str,
    pseudonyms: Pseudonyms,
    network: Network,
    ages: Sequence[timedelta],
    now: datetime,
    limit: int,
) -> list[LastSeen]:
    """The posts that have passed one of the ages since they were last seen."""
    query = _NAMED.format(chosen=_TO_REREAD, order="age, worth desc nulls last")
    given = {"network": network, "ages": list(ages), "now": now, "limit": limit}
    return _read(store, campaign_id, pseudonyms, query, given)


def known(
    store: Store,
    campaign_id: str,
    pseudonyms: Pseudonyms,
    network: Network,
    seen_before: datetime,
    limit: int,
    after: LastSeen | None,
) -> list[LastSeen]:
    """The posts that were last seen before a moment, behind `after`."""
    query = _NAMED.format(chosen=_KNOWN, order="observed_at")
    given = {
        "network": network,
        "seen_before": seen_before,
        "limit": limit,
        "after_at": after and after.observed_at,
        "after_id": after and after.post_id,
    }
    return _read(store, campaign_id, pseudonyms, query, given)


def _read(
    store: Store,
    campaign_id: str,
    pseudonyms: Pseudonyms,
    query: str,
    given: dict[str, object],
) -> list[LastSeen]:
    with closing(connect(store.spill)) as connection:
        store.posts.rows(connection, campaign_id).create_view("posts")
        store.references.rows(connection, campaign_id).create_view("reference")
        rows = connection.sql(query, params=given).to_arrow_table().to_pydict()
    known_posts = map(pseudonyms.read_reference, rows["reference"])
    return list(map(LastSeen, rows["post_id"], known_posts, rows["observed_at"]))
