"""How many people: the picture that says what is sure, what is likely, and what was possible."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from analysis import figures
from analysis.measure import Measure
from analysis.reach.reached import Reached
from data.model import Network
from findings import protect, sentences
from findings.protect import To, Why
from findings.question import Filters
from findings.sentences import Named
from views.parts import charts, tables
from views.parts.loaders import reader
from views.parts.words import t, words

#: What is pictured, each of `figures.REACHES`, and the measure of it.
_PICTURED = {
    "estimated": "estimated_reach",
    "bounds": "reach_bounds",
    "potential": "potential_reach",
}

#: What YouTube publishes, as it does.
_OF_YOUTUBE = ("network", "posts", "impressions", "likes", "replies")


def people(now: Reached, before: Reached | None, chosen: Filters) -> None:
    """The sentence, the picture under it, and how sure they are."""
    estimated = now.measures["estimated_reach"]
    why = sentences.why_hidden(words(), protect.of_measure(estimated, chosen))
    if why is None:
        st.header(sentences.reached(words(), estimated), anchor=False)
    else:
        st.info(why, icon=":material/visibility_off:")
    shown = {
        of: now.measures[name]
        for of, name in _PICTURED.items()
        if protect.of_measure(now.measures[name], chosen).is_shown
    }
    if not shown:
        return
    _draw("reach", shown, words().labels("reach.ranges", shown))
    if why is None:
        earlier = before.measures["estimated_reach"] if before else None
        st.markdown(sentences.how_sure(words(), estimated, earlier, chosen))
    with st.expander(t("reach.how"), key="how"):
        for of in shown:
            st.markdown(f"**{t(f'reach.ranges.{of}')}** – {t(f'reach.meaning.{of}')}")
        st.markdown(t("reach.grades"))
        for grade in sentences.GRADES:
            st.markdown(f"- {t('reach.grade_of', grade=grade, meaning=t(f'grade.{grade}'))}")


def by_network(now: Reached, chosen: Filters) -> None:
    """Each network's own reach: on one scale, and as a table with its limits."""
    shown = protect.networks(now.by_network, chosen)
    if shown:
        _draw("reach_by_network", shown, words().labels("networks", shown))
    hidden = [it for of, it in now.by_network.items() if of not in shown and it.value is not None]
    if hidden:
        decision = protect.of_measure(hidden[0], chosen)
        is_dated = decision.why is Why.FREE_DATES
        why = "people.custom_dates" if is_dated else "reach.networks_hidden"
        st.caption(t(why, fewest=decision.fewest))
    if left_out := sentences.left_out(words(), now):
        st.caption(left_out)
    if not shown:
        return
    file = sentences.reach_of_networks(words(), now, chosen, To.FILE)
    tables.show(
        sentences.reach_of_networks(words(), now, chosen),
        key="reach_of_networks",
        alt=t("reach.by_network"),
        export=lambda: file,
        csv_help=t("tables.rounded"),
    )


def youtube(chosen: Filters) -> None:
    """What YouTube publishes, as it does, beside the others and in no sum with them.

    For filters that have posts of it.
    """
    rows = reader.restricted(chosen)
    tables.show_small(
        rows[[*_OF_YOUTUBE]].replace({"network": words().labels("networks", [Network.YOUTUBE])}),
        key="youtube",
        alt=t("reach.youtube"),
    )
    st.caption(t("reach.youtube_why"))


def rests_on(now: Reached, others: list[Named], chosen: Filters) -> None:
    """What each figure of the page rests on, and how it was made."""
    title = t("measure.estimated_reach")
    named = [
        *((t(f"measure.{name}"), it) for name, it in now.measures.items()),
        *(
            (f"{title}, {t(f'networks.{of}')}", it)
            for of, it in protect.networks(now.by_network, chosen).items()
        ),
        *others,
    ]
    file = sentences.rests_on(words(), named, chosen, To.FILE)
    tables.show(
        sentences.rests_on(words(), named, chosen),
        key="rests_on_table",
        alt=t("reach.rests_on"),
        export=lambda: file,
        csv_help=t("tables.rounded"),
    )


def _draw(key: str, shown: dict[str, Measure], labels: dict[str, str]) -> None:
    rows: list[dict[str, Any]] = []
    for of, measure in shown.items():
        low, high = sentences.range_of(measure)
        if of == "potential":
            low, high = 0, measure.value
        is_sure = of not in ("potential", "bounds") and measure.grade not in (None, "D")
        rows.append(
            {
                "of": of,
                "low": low,
                "high": high,
                "value": measure.value if is_sure else None,
                "said": sentences.figure(words(), measure),
            }
        )
    frame = pd.DataFrame(rows)
    figure = figures.reach_chart(
        frame,
        labels | {"people": t("reach.scale")},
        charts.palette(),
        separators=charts.separators(),
    )
    said = [t("reach.alt", of=labels[row["of"]], figure=row["said"]) for row in rows]
    charts.show(figure, key=key, alt=" ".join(said))
