"""Figures of what worked: a share for every stretch of time, and no colour for what is not sure."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from analysis.figures import LIGHT, SEPARATORS, times_chart, topic_chart, week_chart
from analysis.texts import content

FIRST = date(2026, 1, 5)  # a Monday
WEEKDAYS = tuple("abcdefg")
HOURS = tuple(f"{it} h" for it in range(0, 24, content.HOURS))


def times(verdicts: list[str | None]) -> pd.DataFrame:
    """One row a verdict, of a day each; None is a time that cannot be judged."""
    known = pd.Series([it is not None for it in verdicts])
    return pd.DataFrame(
        {
            "weekday": range(1, len(verdicts) + 1),
            "hours": 6,
            "posts": 30,
            "share": np.where(known, 0.6, np.nan),
            "low": np.where(known, 0.52, np.nan),
            "high": np.where(known, 0.68, np.nan),
            "usual": 0.5,
            "verdict": pd.Series(verdicts, dtype=object),
        }
    )


@given(
    st.dictionaries(
        st.integers(0, 300), st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1
    )
)
def test_every_post_is_in_one_bar_and_shares_are_of_all_posts(
    drawn: dict[int, tuple[int, int]],
) -> None:
    days = pd.DataFrame(
        [(FIRST + timedelta(it), about, about + rest) for it, (about, rest) in drawn.items()],
        columns=["day", "posts", "of"],
    )
    (bars,) = topic_chart(days).data
    assert sum(it[1] for it in bars.customdata) == days["posts"].sum()
    assert sum(it[2] for it in bars.customdata) == days["of"].sum()
    for share, (_, about, of) in zip(bars.y, bars.customdata, strict=True):
        assert share == (100 * about / of if of else 0)


def test_a_filter_s_days_have_their_place_without_any_post() -> None:
    days = pd.DataFrame({"day": [FIRST], "posts": [1], "of": [2]})
    (bars,) = topic_chart(days, since=FIRST, until=FIRST + timedelta(10)).data
    assert len(bars.x) == 10
    assert topic_chart(days.head(0)).data == ()


def test_a_time_that_cannot_be_judged_has_its_name_and_no_point() -> None:
    figure = times_chart(times(["same", None, "better"]), ["lundi", "mardi", "mercredi"])
    (points,) = figure.data
    assert list(points.y) == ["lundi", "mercredi"]
    assert list(figure.layout.yaxis.categoryarray) == ["mercredi", "mardi", "lundi"]
    assert points.marker.color == (LIGHT.colorway[6], LIGHT.colorway[0])
    assert times_chart(times([None, None]), ["lundi", "mardi"]).layout.shapes == ()


def test_only_what_is_sure_has_a_colour_and_a_sign() -> None:
    figure = week_chart(times(["better", "same", None, "worse"]), WEEKDAYS, HOURS)
    (cells,) = figure.data
    column = 6 // content.HOURS
    assert [cells.z[row][column] for row in (0, 1, 3)] == [1, 0, -1]
    assert np.isnan(cells.z[2][column]) and np.isnan(cells.z[:, 0]).all()
    assert [cells.text[row][column] for row in range(4)] == ["▲ 60", "60", "", "▼ 60"]


def test_percents_are_written_as_the_language_does() -> None:
    days = pd.DataFrame({"day": [FIRST], "posts": [3], "of": [4]})
    for separators, sign in ((".,", "%"), (SEPARATORS, "\u202f%")):
        topic = topic_chart(days, separators=separators)
        at_times = times_chart(times(["same"]), ["lundi"], separators=separators)
        week = week_chart(times(["same"]), WEEKDAYS, HOURS, separators=separators)
        assert list(topic.data[0].y) == [75] and list(at_times.data[0].x) == [60]
        assert topic.layout.yaxis.ticksuffix == at_times.layout.xaxis.ticksuffix == sign
        assert f"}}{sign}</b>" in topic.data[0].hovertemplate
        assert f"}}{sign}</b>" in at_times.data[0].hovertemplate
        assert week.data[0].customdata[0][2] == f"60{sign} (52 – 68{sign})<br>30"
