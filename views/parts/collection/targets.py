"""Which campaign an import goes into: one of the user's own, or a new one; never the demo."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from data.lake import Lake
from data.model import Campaign
from findings.words import titles
from views.parts import address, jobs
from views.parts.collection.hashtags import tags_of
from views.parts.loaders import reader
from views.parts.words import t

_LONGEST_ID = 40

#: What the choice of a campaign that is not there yet is called; no slug is empty.
_NEW = ""


@dataclass(frozen=True)
class Target:
    """The campaign that is chosen, or what a new one, without an id yet, is to be called."""

    campaign_id: str
    title: str
    hashtags: tuple[str, ...] = ()


def choose() -> Target:
    """The widgets that choose a campaign."""
    own = titles([it for it in reader.own_campaigns() if not it.is_demo])
    options = {**own, _NEW: t("targets.new")}
    present = address.value("campaign")
    default = present if present in own else _NEW  # never one that the page does not show
    address.seed(address.one_of("target", options, default))
    chosen = st.selectbox(
        t("targets.campaign"),
        options,
        key="target",
        format_func=options.__getitem__,
    )
    if chosen:
        return Target(chosen, own[chosen])
    with st.container(horizontal=True):
        title = st.text_input(t("targets.title"), key="new_title", max_chars=80)
        hashtags = st.text_input(
            t("targets.hashtags"), key="new_hashtags", help=t("targets.hashtags_help")
        )
    return Target(_NEW, title.strip(), tags_of(hashtags))


def launch(target: Target, start: Callable[[Lake, str, Any], str], files: Any) -> None:
    """Begins an import into the campaign, which is made first if it is new.

    Shows the campaign and the import's progress from now on; without a title, says so.
    """
    campaign_id = target.campaign_id
    if not campaign_id:
        if not target.title:
            st.error(t("targets.no_title"))
            return
        taken = {it.campaign_id for it in reader.campaigns()}
        campaign_id = slug_of(target.title, taken)
        Lake.of_user().create(Campaign(campaign_id, target.title, target.hashtags))
    show_from_now(campaign_id)
    jobs.follow(start(reader.lake_of(campaign_id), campaign_id, files))


def show_from_now(campaign_id: str) -> None:
    """The campaign of the page, from its next run on."""
    address.forget(*address.OF_A_CAMPAIGN)
    address.later("campaign", campaign_id)


def slug_of(title: str, taken: set[str]) -> str:
    """A title as the id of a campaign, unlike those that are taken.

    >>> slug_of("Été à Lomé !", set()), slug_of("Été à Lomé", {"ete-a-lome"})
    ('ete-a-lome', 'ete-a-lome-2')
    >>> slug_of("حرية", set())
    'campaign'
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: _LONGEST_ID - 4].strip("-")
    slug, number = slug or "campaign", 2
    free = slug
    while free in taken:
        free, number = f"{slug}-{number}", number + 1
    return free
