"""What every page is filtered by: the campaign, the period, the networks and the kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from data.model import Kind
from views.parts import address, loaders, words
from views.parts.loaders import Outline
from views.parts.words import t

#: The length in days of each period that ends with the campaign's last day of data.
LENGTHS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
PERIODS = (*LENGTHS, "all", "custom")

#: A campaign shorter or smaller than this opens whole.
_LONG_DAYS, _MANY_POSTS = 180, 1_000


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


def draw(campaign_id: str, *, are_used: bool) -> tuple[address.Choice[Any], ...]:
    """The filters' widgets, at rest on a page without use for them; gives what belongs into
    the address."""
    outline = loaders.outline(campaign_id, loaders.version(campaign_id))
    period = address.one_of("period", PERIODS, default_period(outline))
    networks = address.some_of("networks", outline.networks)
    kinds = address.some_of("kinds", tuple(Kind))
    chosen: list[address.Choice[Any]] = [period, networks, kinds]

    address.seed(period)
    st.selectbox(
        t("filters.period"),
        PERIODS,
        key="period",
        format_func=words.labels("period", PERIODS).__getitem__,
        disabled=not are_used,
    )
    if address.value("period") == "custom" and outline.first_on and outline.last_on:
        first, last = outline.first_on, outline.last_on
        for key, default, later in (("since", first, 0), ("until", last, 1)):
            choice = address.day_between(key, first, last, default, later=later)
            address.seed(choice)
            st.date_input(
                t(f"filters.{key}"),
                min_value=first,
                max_value=last,
                key=key,
                format="DD/MM/YYYY",
                disabled=not are_used,
            )
            chosen.append(choice)
    else:
        address.drop("since", "until")
    for choice, table, codes in (
        (networks, "networks", outline.networks),
        (kinds, "kinds", tuple(Kind)),
    ):
        address.seed(choice)
        st.pills(
            t(f"filters.{choice.key}"),
            codes,
            selection_mode="multi",
            key=choice.key,
            format_func=words.labels(table, codes).__getitem__,
            help=t("filters.none_is_all"),
            disabled=not are_used,
        )
    return tuple(chosen)


def forget() -> None:
    """Another campaign starts with its own defaults."""
    address.forget(*address.OF_A_CAMPAIGN)


def current() -> Filters:
    """What is chosen now."""
    campaign_id = address.value("campaign")
    version = loaders.version(campaign_id)
    outline = loaders.outline(campaign_id, version)
    period = address.value("period")
    asked = [address.value(key) for key in ("since", "until")] if period == "custom" else []
    days = days_of(period, outline, asked)
    return Filters(
        campaign_id,
        version,
        period,
        *(days or (None, None)),
        networks=tuple(address.value("networks")),
        kinds=tuple(address.value("kinds")),
    )


def comparison(chosen: Filters) -> Filters | None:
    """The previous period, where the campaign's data reach back over all of it."""
    before = chosen.previous_period()
    first_on = loaders.outline(chosen.campaign_id, chosen.version).first_on
    if before is None or before.since is None or first_on is None or before.since < first_on:
        return None
    return before


def in_words(chosen: Filters) -> str:
    """The days that are shown, as a sentence."""
    outline = loaders.outline(chosen.campaign_id, chosen.version)
    if not outline.posts:
        return ""
    if outline.first_on is None or outline.last_on is None:
        return t("period.undated")
    if chosen.since is None or chosen.until is None:
        everything = words.days(outline.first_on, outline.last_on + timedelta(1))
        return t("period.sentence.all", days=everything)
    return t("period.sentence.part", days=words.days(chosen.since, chosen.until))


def compared_in_words(chosen: Filters) -> str:
    """The days that are shown and those they are compared with, as a sentence."""
    outline = loaders.outline(chosen.campaign_id, chosen.version)
    before = comparison(chosen)
    if chosen.since is None or chosen.until is None or outline.first_on is None:
        return in_words(chosen)
    shown = words.days(chosen.since, chosen.until)
    if before is None or before.since is None or before.until is None:
        first = words.days(outline.first_on, outline.first_on + timedelta(1))
        return t("period.sentence.alone", days=shown, first=first)
    return t("period.sentence.compared", days=shown, before=words.days(before.since, before.until))
