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
- `potential_reach`: the followers of each account, once, at the highest count seen;
  `n_potential_reach`, the accounts whose count is known; `largest_audience`, the most of one;
- for ratios, both sides over the posts that publish both: `engagements_where_impressions`
  and `impressions_where_engagements`, `shares_where_impressions` and
  `impressions_where_shares`.

Days are UTC days. DuckDB and Spark keep the time zone in the session: one that is not set to
UTC is refused (`NotImplementedError`) rather than answered with another zone's days.

Each theme has a module, and `frames` what they share. From outside, only `aggregates.<name>` is
used, as `__all__` lists them.
"""

from analysis.aggregates.authors import OF_ACCOUNTS, accounts, appearances, by_author, joined_by_day
from analysis.aggregates.coordination import Action, co_actions
from analysis.aggregates.frames import Posts, comparable, estimable, selected
from analysis.aggregates.listed import latest, most_engaging, texts
from analysis.aggregates.readings import followers_over_time, snapshots
from analysis.aggregates.references import cascades, engaged, interactions
from analysis.aggregates.regression import missing_views, view_moments, view_sums
from analysis.aggregates.tags import hashtag_cells, hashtag_pairs, hashtags, most_used, spellings
from analysis.aggregates.tallies import SUMS, by_day, by_kind, by_network, cells, span, totals
from analysis.aggregates.usual import FEWEST_ENGAGEMENTS, FEWEST_USUAL, above_usual, by_slot

__all__ = [
    "FEWEST_ENGAGEMENTS",
    "FEWEST_USUAL",
    "OF_ACCOUNTS",
    "SUMS",
    "Action",
    "Posts",
    "above_usual",
    "accounts",
    "appearances",
    "by_author",
    "by_day",
    "by_kind",
    "by_network",
    "by_slot",
    "cascades",
    "cells",
    "co_actions",
    "comparable",
    "engaged",
    "estimable",
    "followers_over_time",
    "hashtag_cells",
    "hashtag_pairs",
    "hashtags",
    "interactions",
    "joined_by_day",
    "latest",
    "missing_views",
    "most_engaging",
    "most_used",
    "selected",
    "snapshots",
    "span",
    "spellings",
    "texts",
    "totals",
    "view_moments",
    "view_sums",
]
