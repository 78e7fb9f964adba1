"""What is asked, as plain values: a campaign's posts, of a period, of some networks and kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

#: The length in days of each period that ends with the campaign's last day of data.
LENGTHS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
PERIODS = (*LENGTHS, "all", "custom")

#: A campaign shorter or smaller than this opens whole.
_LONG_DAYS, _MANY_POSTS = 180, 1_000


@dataclass(frozen=True)
class Outline:
    """What a campaign holds: its span of days (None when no date is known) and its networks."""

    posts: int
    first_on: date | None
    last_on: date | None
    networks: tuple[str, ...]


@dataclass(frozen=True)
class Filters:
    """What is chosen; `since` is included, `until` is not, and both are None for everything.

    `version` is that of the campaign's posts, so that a cache forgets what has changed.
    """

    campaign_id: str
    version: str
    period: str = "all"
    since: date | None = None
    until: date | None = None
    networks: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Nothing is filtered out."""
        return self.period == "all" and not self.networks and not self.kinds

    @property
    def has_own_dates(self) -> bool:
        """The days are free: two such filters can be subtracted from each other."""
        return self.period == "custom"

    def between(self, since: date, until: date) -> Filters:
        """The same filter over other days."""
        return replace(self, since=since, until=until)

    def previous_period(self) -> Filters | None:
        """The same filter over as many days just before; None for the whole campaign.

        >>> week = Filters("c", "1", "7d", date(2026, 3, 8), date(2026, 3, 15))
        >>> week.previous_period().since
        datetime.date(2026, 3, 1)
        """
        if self.since is None or self.until is None:
            return None
        return self.between(self.since - (self.until - self.since), self.since)

    def comparison(self, outline: Outline) -> Filters | None:
        """The previous period, where the campaign's data reach back over all of it."""
        before, first_on = self.previous_period(), outline.first_on
        if before is None or before.since is None or first_on is None or before.since < first_on:
            return None
        return before

    def same_days(self, outline: Outline, campaign_id: str, version: str) -> Filters:
        """The filter on another campaign, over this one's days and networks.

        `outline` is that of the filter's own campaign.
        """
        networks = self.networks or outline.networks
        beside = replace(self, campaign_id=campaign_id, version=version, networks=networks)
        if self.since or outline.first_on is None or outline.last_on is None:
            return beside
        return beside.between(outline.first_on, outline.last_on + timedelta(1))

    def same_period(self, campaign_id: str, version: str, theirs: Outline) -> Filters:
        """The filter on another campaign, whose periods end with its own last day."""
        beside = replace(self, campaign_id=campaign_id, version=version)
        if self.has_own_dates:
            return beside
        days = days_of(self.period, theirs, ())
        return replace(beside, since=None, until=None) if days is None else beside.between(*days)


def default_period(outline: Outline) -> str:
    """`all` for a short or small campaign, else the last 90 days."""
    if outline.first_on is None or outline.last_on is None:
        return "all"
    is_short = (outline.last_on - outline.first_on).days + 1 < _LONG_DAYS
    return "all" if is_short or outline.posts < _MANY_POSTS else "90d"


def days_of(period: str, outline: Outline, asked: Sequence[date]) -> tuple[date, date] | None:
    """The first day of a period and the day after its last; None for everything.

    Periods end with the campaign's last day of data: a campaign that is over keeps its
    last 30 days. `asked` are the two days, both included, of the period `custom`.
    """
    if outline.last_on is None or period == "all":
        return None
    if period == "custom":
        return min(asked), max(asked) + timedelta(1)
    until = outline.last_on + timedelta(1)
    return until - timedelta(LENGTHS[period]), until
