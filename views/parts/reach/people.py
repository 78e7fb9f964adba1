"""How many people: the picture that says what is sure, what is likely, and what was possible."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import streamlit as st

from analysis import figures
from analysis.measure import Measure
from analysis.reach.reached import Reached
from data.model import Network
from views.parts import charts, loaders, measures, tables, words
from views.parts.filters import Filters
from views.parts.measures import Named
from views.parts.words import t

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
    why = measures.why_hidden("estimated_reach", estimated, chosen)
    if why is None:
        st.header(_sentence(estimated), anchor=False)
    else:
        st.info(why, icon=":material/visibility_off:")
    shown = {
        of: now.measures[name]
        for of, name in _PICTURED.items()
        if measures.why_hidden(name, now.measures[name], chosen) is None
    }
    if not shown:
        return
    _draw("reach", shown, words.labels("reach.ranges", shown))
    if why is None:
        st.markdown(_sure(estimated, before and before.measures["estimated_reach"], chosen))
    with st.expander(t("reach.how"), key="how"):
        for of in shown:
            st.markdown(f"**{t(f'reach.ranges.{of}')}** – {t(f'reach.meaning.{of}')}")
        st.markdown(t("reach.grades"))
        for grade in measures.GRADES:
            st.markdown(f"- {t('reach.grade_of', grade=grade, meaning=t(f'grade.{grade}'))}")


def _sure(estimated: Measure, earlier: Measure | None, chosen: Filters) -> str:
    """How sure the estimate is, why, and whether it changed."""
    grade = estimated.grade
    _, change = measures.change("estimated_reach", estimated, earlier, chosen)
    said = [
        t("reach.grade", grade=grade, meaning=t(f"grade.{grade}")),
        words.cautions(estimated.warnings),
        t("reach.compared", change=change) if change else "",
    ]
    return " ".join(filter(None, said))


def _sentence(estimated: Measure) -> str:
    """The estimate as a sentence about people."""
    said = t("reach.sentence", people=measures.people(estimated))
    return f"{said[:1].upper()}{said[1:]}"


def by_network(now: Reached, chosen: Filters) -> None:
    """Each network's own reach: on one scale, and as a table with its limits."""
    shown = dict(_shown(now, chosen))
    if shown:
        _draw("reach_by_network", shown, words.labels("networks", shown))
    hidden = [of for of, it in now.by_network.items() if of not in shown and it.value is not None]
    if hidden:
        is_custom = chosen.period == "custom"
        why = "people.custom_dates" if is_custom else "reach.networks_hidden"
        st.caption(t(why, fewest=measures.FEWEST_PEOPLE))
    if left_out := measures.left_out(now):
        st.caption(left_out)
    if not shown:
        return

    def rows(fewest: int, step: int) -> pd.DataFrame:
        return pd.DataFrame(
            [
                {
                    "network": t(f"networks.{network}"),
                    "estimated_reach": measures.figure("estimated_reach", it, step),
                    "reach_bounds": measures.figure(
                        "reach_bounds", now.bounds_by_network[network], step
                    ),
                    "grade": it.grade,
                }
                for network, it in shown.items()
                if it.n >= fewest
            ],
            columns=["network", "estimated_reach", "reach_bounds", "grade"],
        )

    file = rows(measures.FEWEST_IN_A_FILE, measures.STEP_IN_A_FILE)
    tables.show(
        rows(1, 1),
        key="reach_of_networks",
        alt=t("reach.by_network"),
        export=lambda: file,
        csv_help=t("tables.rounded"),
    )


def youtube(chosen: Filters) -> None:
    """What YouTube publishes, as it does, beside the others and in no sum with them.

    For filters that have posts of it.
    """
    by_network = loaders.by_network(chosen)
    rows = by_network[by_network["network"] == Network.YOUTUBE.value]
    tables.show_small(
        rows[[*_OF_YOUTUBE]].replace({"network": words.labels("networks", [Network.YOUTUBE])}),
        key="youtube",
        alt=t("reach.youtube"),
    )
    st.caption(t("reach.youtube_why"))


def rests_on(now: Reached, others: list[Named], chosen: Filters) -> None:
    """What each figure of the page rests on, and how it was made."""
    title = t("measure.estimated_reach")
    named = [
        *((t(f"measure.{name}"), name, it) for name, it in now.measures.items()),
        *(
            (f"{title}, {t(f'networks.{of}')}", "estimated_reach", it)
            for of, it in _shown(now, chosen)
        ),
        *others,
    ]
    file = measures.rests_on(named, chosen, is_for_a_file=True)
    tables.show(
        measures.rests_on(named, chosen),
        key="rests_on_table",
        alt=t("reach.rests_on"),
        export=lambda: file,
        csv_help=t("tables.rounded"),
    )


def _shown(now: Reached, chosen: Filters) -> Iterator[tuple[str, Measure]]:
    """The networks of enough accounts; were a single one left out, the others and the whole
    would tell it, so the smallest of them goes with it."""
    known = {network: it for network, it in now.by_network.items() if it.value is not None}
    may = {
        network: it
        for network, it in known.items()
        if measures.why_hidden("estimated_reach", it, chosen) is None
    }
    if len(may) > 1 and len(may) == len(known) - 1:
        del may[min(may, key=lambda network: may[network].n)]
    yield from sorted(may.items(), key=lambda it: -(it[1].value or 0))


def _draw(key: str, shown: dict[str, Measure], labels: dict[str, str]) -> None:
    rows = []
    for of, measure in shown.items():
        name = _PICTURED.get(of, "estimated_reach")
        low, high = measures.range_of(name, measure)
        if name == "potential_reach":
            low, high = 0, measure.value
        is_sure = name == "estimated_reach" and measure.grade not in (None, "D")
        rows.append(
            {
                "of": of,
                "low": low,
                "high": high,
                "value": measure.value if is_sure else None,
                "said": measures.figure(name, measure),
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
