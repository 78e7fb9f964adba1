"""What may be said of people: the one decision that screens, files, reports and notebooks ask.

It is shut unless told: what is about something that nobody decided on is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from analysis.measure import FEWEST_ACCOUNTS, Measure, Of, Unit
from findings.question import Filters


class To(StrEnum):
    """To whom something is shown."""

    SCREEN = "screen"  # the officer's own
    FILE = "file"  # whatever can be passed on


class Why(StrEnum):
    """Why a figure is not shown, as a code."""

    UNDECIDED = "undecided"  # nobody said that it may be
    FREE_DATES = "free_dates"  # two periods could be subtracted, and tell one person
    FEW = "few"  # too few accounts stand behind it
    UNKNOWN = "unknown"  # the networks do not publish what it needs


@dataclass(frozen=True)
class Rule:
    """`fewest` accounts stand behind a figure; whole numbers are rounded to a `step`."""

    fewest: int
    step: int


@dataclass(frozen=True)
class Decision:
    """Whether something may be shown (`why` is None), and rounded to which `step`.

    `fewest` is what the rule asks for.
    """

    why: Why | None
    fewest: int = 0
    step: int = 1

    @property
    def is_shown(self) -> bool:
        return self.why is None


_OF_PEOPLE = {To.SCREEN: Rule(FEWEST_ACCOUNTS, 1), To.FILE: Rule(2 * FEWEST_ACCOUNTS, 5)}
#: What was published for everybody to see, summed.
_OF_VOLUMES = dict.fromkeys(To, Rule(0, 1))

RULES: Mapping[Of, Mapping[To, Rule]] = {
    Of.PEOPLE: _OF_PEOPLE,
    Of.ACCOUNTS: _OF_PEOPLE,
    Of.POSTS: _OF_VOLUMES,
    Of.DISPLAYS: _OF_VOLUMES,
    Of.ENGAGEMENTS: _OF_VOLUMES,
}

#: What the columns of small frames are about, None of nobody. One that is not here is shown in no
#: table, and one about people neither: figures about people are decided on one by one.
COLUMNS: Mapping[str, Of | None] = {
    **dict.fromkeys(
        (
            *("author_id", "actor_id", "other_id", "target_id", "authors", "objects", "times"),
            *("n_potential_reach", "n_author_followers", "usual", "is_suspicious"),
        ),
        Of.ACCOUNTS,
    ),
    **dict.fromkeys(
        (
            *("potential_reach", "largest_audience", "author_followers", "followers"),
            *("followers_at", "audience"),
        ),
        Of.PEOPLE,
    ),
    **dict.fromkeys(
        (
            *("posts", "own_posts", "reactions", "depth", "structural_virality", "uses"),
            *("kind_original", "kind_repost", "kind_reply", "kind_quote", "times_usual"),
            *("share", "low", "high", "share_percent", "per_post", "better_percent"),
            *("low_percent", "high_percent", "read_posts", "hashtags"),
        ),
        Of.POSTS,
    ),
    **dict.fromkeys(
        (
            *("impressions", "n_impressions", "reach", "n_reach"),
            *("impressions_where_engagements", "n_impressions_where_engagements"),
            *("impressions_where_shares", "n_impressions_where_shares"),
        ),
        Of.DISPLAYS,
    ),
    **dict.fromkeys(
        (
            *("likes", "reposts", "replies", "quotes", "saves", "clicks", "shares"),
            *("n_likes", "n_reposts", "n_replies", "n_quotes", "n_saves", "n_clicks", "n_shares"),
            *("engagements", "n_engagements", "engagements_where_impressions"),
            *("n_engagements_where_impressions", "shares_where_impressions"),
            "n_shares_where_impressions",
        ),
        Of.ENGAGEMENTS,
    ),
    # Names, moments and words: figures in words were decided on where they were written.
    **dict.fromkeys(
        (
            *("network", "kind", "hashtag", "spellings", "script", "language", "topic", "text"),
            *("day", "first_on", "last_on", "published_at", "weekday", "hours", "verdict"),
            *("measure", "figure", "estimated_reach", "reach_bounds", "grade", "n", "coverage"),
            *("days", "cautions", "method", "version", "this", "other"),
        )
    ),
    # What was collected, and what came of it.
    **dict.fromkeys(
        (
            *("source", "format", "finished_at", "since", "until", "outcome", "line", "reason"),
            *("read", "new", "known", "refused", "forgotten", "gone", "requests"),
        )
    ),
}

#: On the officer's own screen.
FEWEST = RULES[Of.PEOPLE][To.SCREEN].fewest


def of_measure(measure: Measure, asked: Filters, to: To = To.SCREEN) -> Decision:
    """Whether a measure may be shown, of the posts that were asked for.

    How many accounts a whole campaign has is exact on the officer's own screen.
    """
    decision = of_number(measure.of, measure.n, asked, to)
    is_whole_count = (
        measure.of is Of.ACCOUNTS
        and measure.unit is Unit.COUNT
        and asked.is_whole
        and to is To.SCREEN
    )
    if decision.why is Why.FEW and is_whole_count:
        decision = Decision(None)
    is_unknown = measure.value is None and measure.low is None
    if is_unknown and decision.why in (None, Why.FEW):
        return Decision(Why.UNKNOWN, decision.fewest)
    return decision


def of_number(of: Of, n: int, asked: Filters, to: To = To.SCREEN) -> Decision:
    """Whether a figure `of` something may be shown that stands for `n` accounts or posts."""
    rule = RULES.get(of, {}).get(to)
    if rule is None:
        return Decision(Why.UNDECIDED)
    if is_about_people(of) and asked.has_own_dates:
        return Decision(Why.FREE_DATES, rule.fewest)
    if n < rule.fewest:
        return Decision(Why.FEW, rule.fewest)
    return Decision(None, rule.fewest, rule.step)


def is_about_people(of: Of | None) -> bool:
    """Whether a figure must not tell one person."""
    return of in (Of.PEOPLE, Of.ACCOUNTS)


def networks(
    by_network: Mapping[str, Measure], asked: Filters, to: To = To.SCREEN
) -> dict[str, Measure]:
    """The networks whose measure may be shown beside that of all, the largest first.

    Were a single one left out, the others and the whole would tell it, so the smallest of them
    goes with it.
    """
    known = {network: it for network, it in by_network.items() if it.value is not None}
    may = {network: it for network, it in known.items() if of_measure(it, asked, to).is_shown}
    if len(may) > 1 and len(may) == len(known) - 1:
        del may[min(may, key=lambda network: may[network].n)]
    return dict(sorted(may.items(), key=lambda it: -(it[1].value or 0)))


def columns(table: pd.DataFrame) -> pd.DataFrame:
    """The columns that a table may show: those that were decided on and are not about people."""
    shown = [
        name for name in table.columns if name in COLUMNS and not is_about_people(COLUMNS[name])
    ]
    return table[shown]


def may_be_compared(totals: pd.DataFrame, asked: Filters, to: To = To.SCREEN) -> bool:
    """Whether accounts of several campaigns may stand side by side: none of them has too few.

    `totals` has a row a campaign, with its `authors`.
    """
    return all(of_number(Of.ACCOUNTS, int(n), asked, to).is_shown for n in totals["authors"])


def has_enough(table: pd.DataFrame, to: To = To.SCREEN) -> pd.Series[bool]:
    """Which rows of a small frame stand for enough accounts, by its column `authors`."""
    return table["authors"] >= RULES[Of.ACCOUNTS][to].fewest
