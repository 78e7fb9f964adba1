"""Streamlit's own English words in the language that is chosen."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

import locales
from views.parts.words import words

_observer = st.components.v2.component(
    "porte_voix_chrome",
    html="<span></span>",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def install() -> None:
    """Translates this visitor's page from now on, and names its language to screen readers."""
    language = words().language
    known = locales.chrome(language)
    _observer(
        key="chrome",
        data={
            "language": language,
            "exact": known.get("exact", {}),
            "patterns": list(known.get("patterns", {}).items()),
        },
        height=1,
    )
