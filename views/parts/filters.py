"""What every page is filtered by: the campaign, the period, the networks and the kinds."""

from __future__ import annotations

from typing import Any

import streamlit as st

from data.model import Kind
from findings.question import PERIODS, Filters, days_of, default_period
from views.parts import address
from views.parts.loaders import reader
from views.parts.words import t, words


def draw(campaign_id: str, *, are_used: bool) -> tuple[address.Choice[Any], ...]:
    """The filters' widgets, at rest on a page without use for them; gives what belongs into
    the address."""
    outline = reader.outline(campaign_id, reader.version(campaign_id))
    period = address.one_of("period", PERIODS, default_period(outline))
    networks = address.some_of("networks", outline.networks)
    kinds = address.some_of("kinds", tuple(Kind))
    chosen: list[address.Choice[Any]] = [period, networks, kinds]

    address.seed(period)
    st.selectbox(
        t("filters.period"),
        PERIODS,
        key="period",
        format_func=words().labels("period", PERIODS).__getitem__,
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
            format_func=words().labels(table, codes).__getitem__,
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
    version = reader.version(campaign_id)
    outline = reader.outline(campaign_id, version)
    period = address.value("period")
    asked = [address.value(key) for key in ("since", "until")] if period == "custom" else []
    since, until = days_of(period, outline, asked) or (None, None)
    return Filters(
        campaign_id,
        version,
        period,
        since,
        until,
        networks=tuple(address.value("networks")),
        kinds=tuple(address.value("kinds")),
    )
