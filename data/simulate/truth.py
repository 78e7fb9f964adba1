"""The truths that are planted in the campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from data.simulate.feed import SYNCHRONY_SECONDS
from data.simulate.people import People
from data.simulate.year import PRESS_DAY, WORKSHOPS


@dataclass(frozen=True)
class Truth:
    """What was planted, and what an analysis should find again.

    `members` has one row a member: `member_id` (str), `local_group` (str), `cohort`
    (str, null if never trained), `trained_on` (datetime64[s], a Saturday, or null).

    `accounts` has one row an account that plays a part: `network`, `account_id`, `handle`,
    `role` (member, organisation, coordinated) and `member_id` (null unless a member's).

    `effect` is what training adds to the rate at which a post is shared, answered and
    quoted by people who are no members: 0.5 is half as much again, from the day after
    `trained_on`. It adds nothing to how much members post, nor to what they do among
    themselves. On `press_day` the campaign is in the news. The `coordinated` accounts
    repost, within `synchrony_seconds` of each other, what one account publishes.
    """

    members: pd.DataFrame
    accounts: pd.DataFrame
    effect: float
    press_day: date
    coordinated: tuple[str, ...]
    boosted: str
    synchrony_seconds: int


def truth_about(people: People, effect: float) -> Truth:
    """The part that people play, and what is added by training."""
    trained = [WORKSHOPS[cohort] if cohort else None for cohort in people.cohorts]
    members = pd.DataFrame(
        {
            "member_id": [_member_id(number) for number in range(len(people.groups))],
            "local_group": people.groups,
            "cohort": people.cohorts,
            "trained_on": pd.to_datetime(pd.Series(trained, dtype="object")).astype(
                "datetime64[s]"
            ),
        }
    )
    rows = [("member", p) for each in people.of_member for p in each.values()]
    rows += [("organisation", p) for each in people.organisations for p in each]
    rows += [("coordinated", p) for p in people.cluster]
    accounts = pd.DataFrame(
        [(p.network.value, *p.account, role, _member_id(p.member)) for role, p in rows],
        columns=["network", "account_id", "handle", "role", "member_id"],
    )
    return Truth(
        members=members,
        accounts=accounts,
        effect=effect,
        press_day=PRESS_DAY,
        coordinated=tuple(str(p.account.id) for p in people.cluster),
        boosted=str(people.boosted.account.id),
        synchrony_seconds=SYNCHRONY_SECONDS,
    )


def _member_id(number: int | None) -> str | None:
    return None if number is None else f"demo_m{number + 1:02d}"
