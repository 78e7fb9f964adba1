"""A campaign as its form says it: the fields, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from collectors.access.addresses import checked
from collectors.base import CollectorError
from collectors.networks.table import NETWORKS, secrets_of
from data.model import Campaign, Network
from findings.words import plain
from views.parts import address
from views.parts.collection import targets
from views.parts.collection.hashtags import tags_of, variants_of
from views.parts.loaders import reader
from views.parts.words import t, words

#: Large servers for everybody, which answer without a key; one of them speaks French.
SUGGESTED = ("mastodon.social", "piaille.fr", "mastodon.online")

#: What changes when a campaign is saved, in the order of the form.
_CHANGING = tuple(
    it.name for it in fields(Campaign) if it.name not in ("campaign_id", "is_demo", "created_at")
)


def networks() -> list[Network]:
    """The networks that can be read; those that need no key come first."""
    return sorted(NETWORKS, key=lambda network: bool(secrets_of(network)))


def changes(before: Campaign, after: Campaign) -> list[str]:
    """The fields in which two campaigns differ."""
    return [name for name in _CHANGING if getattr(before, name) != getattr(after, name)]


def form_of(before: Campaign) -> str:
    """The name of a campaign's form."""
    return before.campaign_id or "new"


def draft(before: Campaign) -> tuple[Campaign, list[str]]:
    """The campaign as the form says it, and what is wrong with it, in words."""
    end = f"{form_of(before)}_{address.edition(form_of(before))}"
    problems = []

    title = st.text_input(
        t("campaign_form.title"),
        before.title,
        key=f"title_{end}",
        max_chars=80,
        persist_state="session",
    ).strip()
    campaign_id = before.campaign_id
    if title and not campaign_id:
        campaign_id = targets.slug_of(title, {it.campaign_id for it in reader.campaigns()})
        st.caption(t("campaign_form.slug", campaign=campaign_id))
    if not title:
        problems.append(t("campaign_form.no_title"))

    hashtags = _hashtags(before, end)
    if not hashtags:
        problems.append(t("campaign_form.no_hashtag"))

    chosen = st.pills(
        t("campaign_form.networks"),
        networks(),
        selection_mode="multi",
        default=[it for it in before.networks if it in NETWORKS],
        key=f"networks_{end}",
        format_func={it: _network_name(it) for it in networks()}.__getitem__,
        help=t("campaign_form.networks_help"),
        persist_state="session",
    )
    instances, refused = _instances(before, end) if Network.MASTODON in chosen else ((), [])
    problems += refused
    subreddits = _subreddits(before, end) if Network.REDDIT in chosen else ()
    budget = _budget(before, end) if Network.X in chosen else (None, None)
    since, until, disorder = _dates(before, end)
    problems += disorder
    after = replace(
        before,
        campaign_id=campaign_id,
        title=title,
        hashtags=hashtags,
        networks=tuple(it for it in NETWORKS if it in chosen),
        since=since,
        until=until,
        # What a network that was taken out was asked for waits for its return.
        instances=instances if Network.MASTODON in chosen else before.instances,
        subreddits=subreddits if Network.REDDIT in chosen else before.subreddits,
        budget_dollars=budget[0] if Network.X in chosen else before.budget_dollars,
        budget_posts=budget[1] if Network.X in chosen else before.budget_posts,
    )
    return after, problems


def _network_name(network: Network) -> str:
    name = t(f"networks.{network}")
    return name if secrets_of(network) else t("campaign_form.without_key", network=name)


def _hashtags(before: Campaign, end: str) -> tuple[str, ...]:
    typed = st.text_input(
        t("campaign_form.hashtags"),
        " ".join(f"#{tag}" for tag in before.hashtags),
        key=f"hashtags_{end}",
        help=t("campaign_form.hashtags_help"),
        persist_state="session",
    )
    tags = tags_of(typed)
    variants = variants_of(tags)
    added: Sequence[str] = ()
    if variants:
        added = st.pills(
            t("variants.title"),
            variants,
            selection_mode="multi",
            key=f"variants_{end}",
            format_func={tag: f"#{plain(tag)}" for tag in variants}.__getitem__,
            help=t("variants.help"),
            persist_state="session",
        )
    every = (*tags, *(it for it in added if it in variants))
    if every:
        shown = " ".join(f"#{plain(tag)}" for tag in every)
        st.caption(t("variants.searched", n=len(every), tags=shown))
    return every


def _instances(before: Campaign, end: str) -> tuple[tuple[str, ...], list[str]]:
    typed = st.multiselect(
        t("campaign_form.instances"),
        tuple(dict.fromkeys((*before.instances, *SUGGESTED))),
        default=before.instances or SUGGESTED[:1],
        key=f"instances_{end}",
        help=t("campaign_form.instances_help"),
        accept_new_options=True,
        select_all=False,
        persist_state="session",
    )
    servers, problems = [], []
    for each in typed:
        try:
            servers.append(checked(each).removeprefix("https://"))
        except CollectorError as error:
            problems.append(words().missing(error.code, {**error.values, "instance": each}))
    if not typed:
        problems.append(t("campaign_form.no_instance"))
    return tuple(dict.fromkeys(servers)), problems


def _subreddits(before: Campaign, end: str) -> tuple[str, ...]:
    typed = st.text_input(
        t("campaign_form.subreddits"),
        " ".join(before.subreddits),
        key=f"subreddits_{end}",
        help=t("campaign_form.subreddits_help"),
        persist_state="session",
    )
    names = (it.rstrip("/").rpartition("/")[2] for it in typed.replace(",", " ").split())
    return tuple(dict.fromkeys(filter(None, names)))


def _budget(before: Campaign, end: str) -> tuple[float | None, int | None]:
    with st.container(horizontal=True):
        dollars = st.number_input(
            t("campaign_form.budget_dollars"),
            min_value=0.0,
            value=before.budget_dollars,
            step=1.0,
            format="%.2f",
            key=f"dollars_{end}",
            help=t("campaign_form.budget_help"),
            persist_state="session",
        )
        posts = st.number_input(
            t("campaign_form.budget_posts"),
            min_value=0,
            value=before.budget_posts,
            step=100,
            key=f"posts_{end}",
            persist_state="session",
        )
    return dollars, posts


def _dates(
    before: Campaign, end: str
) -> tuple[datetime | None, datetime | None, list[str]]:  # fmt: skip
    """The first moment, the one after the last, and what is wrong with them."""
    last_on = before.until and (before.until - timedelta(microseconds=1)).date()
    with st.container(horizontal=True):
        first, last = (
            st.date_input(
                t(f"campaign_form.{name}"),
                value,
                key=f"{name}_{end}",
                format="DD/MM/YYYY",
                min_value=date(2006, 1, 1),
                max_value=date(2100, 1, 1),
                help=t(f"campaign_form.{name}_help"),
                persist_state="session",
            )
            for name, value in (
                ("since", before.since and before.since.date()),
                ("until", last_on),
            )
        )
    disorder = [t("error.campaign-dates")] if first and last and last < first else []
    return (
        moment(first) if first else None,
        moment(last + timedelta(1)) if last else None,
        disorder,
    )


def moment(day: date) -> datetime:
    """When a day begins, UTC."""
    return datetime.combine(day, time(), UTC)
