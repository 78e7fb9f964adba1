"""How many followers an account had when it posted, and whether they came as bought ones do.

`history` is what `analysis.aggregates.followers_over_time` gives: `author_id`, `network`, `day`
(a UTC date) and `followers`, one row an account and day on which they were read. Its order, or
a row given twice, changes nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

_ACCOUNT = ["network", "author_id"]
_HELD_DAYS = 14  # how long a count holds before the first reading and after the last
_LEAST_JUMP = 0.2  # of the logarithm, a day: a fifth
_DEVIATIONS = 5
_FEWEST_CHANGES = 10  # fewer do not tell what is usual


def suspicious(history: pd.DataFrame) -> pd.DataFrame:
    """The accounts whose followers jumped, and what they had before: one row an account.

    A jump is a change of log followers, up or down, of more than 0.2 a day, and where a network
    has at least 10 changes, also above their median by more than 5 median deviations.

    Columns: `network`, `author_id`, `day` (of the first reading after the first jump),
    `followers` (float, the count before it); in the order of the first two.

    >>> from datetime import date
    >>> days = {"day": [date(2026, 5, 1), date(2026, 5, 2)], "followers": [100, 900]}
    >>> who = {"author_id": ["afi"] * 2, "network": ["x"] * 2}
    >>> suspicious(pd.DataFrame(who | days))["followers"].tolist()
    [100.0]
    """
    days = _tidy(history)
    before = days.groupby(_ACCOUNT)[["day", "followers"]].shift()
    logs = np.log(pd.DataFrame({"now": days["followers"], "before": before["followers"]}).clip(1))
    a_day = (logs["now"] - logs["before"]).abs() / (days["day"] - before["day"])
    is_jump = a_day > a_day.groupby(days["network"]).transform(_most_usual)
    found: pd.DataFrame = days.assign(followers=before["followers"])[is_jump]
    found["day"] = pd.to_datetime(found["day"], unit="D").dt.date
    return found.drop_duplicates(_ACCOUNT).reset_index(drop=True)


def followers_at(history: pd.DataFrame, moments: pd.DataFrame) -> pd.DataFrame:
    """Followers of accounts at moments, between readings in proportion to time.

    Before the first reading and after the last, that reading holds for 14 days; beyond, nothing
    is known (null). From a jump on (`suspicious`), the account keeps what it had before it.

    `moments` has `author_id`, `network` and `at` (UTC). The answer has the same rows in the same
    order, with `followers` (float, null where unknown) and `is_suspicious` (bool).

    >>> from datetime import date
    >>> days = {"day": [date(2026, 5, 1), date(2026, 5, 11)], "followers": [100, 110]}
    >>> who = {"author_id": ["afi"] * 2, "network": ["x"] * 2}
    >>> at = {"at": pd.to_datetime(["2026-05-06", "2026-05-26"], utc=True)}
    >>> followers_at(pd.DataFrame(who | days), pd.DataFrame(who | at))["followers"].tolist()
    [105.0, nan]
    """
    days, jumps = _tidy(history), suspicious(history)
    jumped = days[_ACCOUNT].merge(jumps, on=_ACCOUNT, how="left")
    is_after = days["day"] >= _number(jumped["day"])
    days["followers"] = days["followers"].mask(is_after, jumped["followers"].astype("float64"))

    asked = moments[_ACCOUNT].astype("str").reset_index(drop=True)
    asked = asked.assign(day=_number(moments["at"]).to_numpy(), place=range(len(asked)))
    asked = asked.sort_values("day", kind="stable")
    known = days.assign(read=days["day"]).sort_values("day", kind="stable")
    before, after = (
        pd.merge_asof(asked, known, on="day", by=_ACCOUNT, direction=side)
        for side in ("backward", "forward")
    )
    at, young, old = asked["day"].to_numpy(), before["read"], after["read"]
    rise = (after["followers"] - before["followers"]) / (old - young).where(old > young, 1.0)
    found = (before["followers"] + rise * (at - young)).to_numpy()
    first = after["followers"].where(young.isna() & (old - at <= _HELD_DAYS))
    last = before["followers"].where(old.isna() & (at - young <= _HELD_DAYS))
    found = np.where(np.isnan(found), first.fillna(last), found)
    accounts = pd.MultiIndex.from_frame(jumps[_ACCOUNT])
    is_suspicious = pd.MultiIndex.from_frame(moments[_ACCOUNT].astype("str")).isin(accounts)
    return moments.assign(
        followers=pd.Series(found, index=asked["place"]).sort_index().to_numpy(),
        is_suspicious=is_suspicious,
    )


def _most_usual(changes: pd.Series) -> float:
    """The most that a logarithm of followers changes in a day without being suspicious."""
    known = changes.dropna()
    if len(known) < _FEWEST_CHANGES:
        return _LEAST_JUMP
    usual = float(known.median())
    return max(_LEAST_JUMP, usual + _DEVIATIONS * float((known - usual).abs().median()))


def _tidy(history: pd.DataFrame) -> pd.DataFrame:
    """One row an account and day, in order, the day as a number of days since 1970."""
    plain: pd.DataFrame = history[_ACCOUNT].astype("str")
    plain["day"] = _number(history["day"])
    plain["followers"] = history["followers"].astype("float64")
    highest: pd.DataFrame = plain.groupby([*_ACCOUNT, "day"], as_index=False, sort=True).max()
    return highest


def _number(days: pd.Series) -> pd.Series:
    """Days or moments as days since 1970, with fractions."""
    since = pd.to_datetime(days, utc=True) - pd.Timestamp(0, tz="UTC")
    return (since / pd.Timedelta(days=1)).astype("float64")
