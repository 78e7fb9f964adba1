"""How reach grows: the audience as accounts join, and one post's engagements as it ages."""

from __future__ import annotations

import streamlit as st

from analysis import figures
from data.model import Network
from findings import protect, sentences
from findings.protect import Why
from findings.question import Filters
from findings.sentences import Named
from views.parts import charts
from views.parts.loaders import reader
from views.parts.words import t, words


def audience(chosen: Filters) -> None:
    """The potential reach of all who have posted so far, day by day."""
    decision = protect.of_measure(reader.potential_reach(chosen), chosen)
    if decision.why is Why.FREE_DATES:
        st.info(sentences.why_hidden(words(), decision), icon=":material/visibility_off:")
        return
    steps = reader.audience(chosen, decision.fewest)
    if len(steps) < 2:
        st.write(t("reach.audience_few"))
        return
    first, last = steps.iloc[0], steps.iloc[-1]
    charts.show(
        figures.audience_chart(steps, charts.palette(), separators=charts.separators()),
        key="audience",
        alt=t(
            "reach.audience_alt",
            first=int(first["followers"]),
            last=int(last["followers"]),
            n=int(last["authors"]),
        ),
    )
    st.caption(t("reach.audience_hint", fewest=decision.fewest))


def posts(chosen: Filters) -> list[Named]:
    """How fast a post gets its engagements on each network, and when it has half of them.

    Gives the half-lives that it says.
    """
    growth = reader.growth_of(chosen)
    if growth.curves.empty:
        st.write(t("reach.growth_unknown"))
        return []
    networks = words().labels("networks", tuple(Network))
    ages = {str(age): t(f"reach.ages.{age}") for age in figures.AGES}
    ranges = {of: sentences.range_of(it) for of, it in growth.half_life.items()}
    said = [
        t(
            "reach.half_life",
            network=networks[of],
            low=words().number(low),
            high=words().number(high),
        )
        for of, (low, high) in ranges.items()
        if low is not None and high is not None
    ]
    charts.show(
        figures.growth_chart(
            growth.curves, networks | ages, charts.palette(), separators=charts.separators()
        ),
        key="growth",
        alt=" ".join([t("reach.half_lives"), *said]) if said else t("reach.growth"),
    )
    if said:
        st.markdown("\n".join([t("reach.half_lives"), "", *(f"- {each}" for each in said)]))
    st.caption(t("reach.growth_hint"))
    return [
        (f"{t('measure.half_life')}, {networks[of]}", it) for of, it in growth.half_life.items()
    ]
