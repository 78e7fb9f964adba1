"""What the pages show, read once and kept: the only module that caches.

Everything is keyed on the filters, which carry the version of the campaign's posts.
"""

from __future__ import annotations

from collections import OrderedDict

import streamlit as st

from analysis.texts.topics import Found
from findings.question import Filters
from findings.read import Reader

#: Of so many campaigns a few bytes a post are kept in memory.
_KEPT_WHOLE = 4

#: Topics that were looked for, by their filters: seconds of work, and a few posts each.
_TOPICS: OrderedDict[Filters, Found] = OrderedDict()
_KEPT_TOPICS = 16

reader = Reader(
    keep=st.cache_data(max_entries=128, show_spinner=False),
    keep_whole=st.cache_resource(max_entries=_KEPT_WHOLE, show_spinner=False),
)


def topics(chosen: Filters) -> Found | None:
    """The topics that were found of a filter's posts; None where nobody looked yet."""
    return _TOPICS.get(chosen)


def keep_topics(chosen: Filters, found: Found) -> None:
    """Keeps the topics of a filter's posts, for everybody, as long as the posts stay the same."""
    _TOPICS[chosen] = found
    while len(_TOPICS) > _KEPT_TOPICS:
        _TOPICS.popitem(last=False)
