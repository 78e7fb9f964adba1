"""What a figure shows: every post, every quiet day, and no word of its own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.figures import (
    AGES,
    DARK,
    LIGHT,
    REACHES,
    STATES,
    audience_chart,
    coverage_chart,
    growth_chart,
    hashtags_chart,
    posts_by_day_chart,
    posts_by_kind_chart,
    reach_chart,
    share_of_voice_chart,
)
from data.model import Kind, Network

LABELS = {code.value: f"«{code.value}»" for code in (*Network, *Kind)}
LABELS |= {state: f"«{state}»" for state in STATES}


def by_day(*rows: tuple[date, str, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["day", "network", "posts"])
    return frame.astype({"day": "date32[day][pyarrow]", "posts": "int64[pyarrow]"})


def hashtags(*rows: tuple[str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["hashtag", "posts"])


def stretches(*rows: tuple[str, int, int, str]) -> pd.DataFrame:
    """Days of June 2026: network, first, the one after the last, state."""
    cut = [
        (
            network,
            pd.Timestamp(2026, 6, since, tz="UTC"),
            pd.Timestamp(2026, 6, until, tz="UTC"),
            it,
        )
        for network, since, until, it in rows
    ]
    return pd.DataFrame(cut, columns=["network", "since", "until", "state"])


def bars(figure: Any) -> dict[str, list[tuple[str, str, int]]]:
    """For each network the first day, the day after the last one, and the posts of its bars."""
    return {
        trace.customdata[0][2]: [
            (start, end, posts)
            for (start, end, _, _), posts in zip(trace.customdata, trace.y, strict=True)
        ]
        for trace in figure.data
    }


days = st.dates(date(2022, 1, 1), date(2025, 12, 31))


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.tuples(days, st.sampled_from([network.value for network in Network])),
        st.integers(1, 10**6),
        min_size=1,
        max_size=20,
    )
)
def test_bars_follow_each_other_and_hold_every_post(posts):
    rows = [(day, network, count) for (day, network), count in posts.items()]
    shown = bars(posts_by_day_chart(by_day(*rows), LABELS))
    first, last = min(row[0] for row in rows), max(row[0] for row in rows)
    assert list(shown) == [n.value for n in Network if n.value in {row[1] for row in rows}]
    for network, found in shown.items():
        assert sum(count for _, _, count in found) == sum(r[2] for r in rows if r[1] == network)
        assert [end for _, end, _ in found[:-1]] == [start for start, _, _ in found[1:]]
        assert found[0][0] <= first.isoformat() <= last.isoformat() < found[-1][1]
        for start, end, count in found:
            assert count == sum(
                r[2] for r in rows if r[1] == network and start <= r[0].isoformat() < end
            )


@pytest.mark.parametrize(
    ("length", "expected"),
    [(1, 1), (92, 92), (93, 14), (732, 105), (733, 25)],
)
def test_bars_are_days_then_weeks_then_months(length, expected):
    first = date(2024, 1, 1)  # a Monday
    rows = [(first, "x", 1), (first + timedelta(length - 1), "x", 1)]
    (found,) = bars(posts_by_day_chart(by_day(*rows), LABELS)).values()
    assert len(found) == expected
    if 92 < length <= 732:
        assert all(date.fromisoformat(start).weekday() == 0 for start, _, _ in found)
    if length > 732:
        assert all(start.endswith("-01") for start, _, _ in found)


def test_a_quiet_week_is_seen_and_so_is_a_quiet_end():
    rows = [(date(2024, 5, 1), "x", 3), (date(2024, 5, 9), "x", 1)]
    figure = posts_by_day_chart(
        by_day(*rows), LABELS, since=date(2024, 4, 30), until=date(2024, 5, 12)
    )
    assert [count for _, _, count in bars(figure)["x"]] == [0, 3, *[0] * 7, 1, 0, 0]


def test_a_bar_leads_to_no_day_outside_the_filter():
    rows = [(date(2024, 1, 4), "x", 3), (date(2024, 6, 1), "x", 1)]
    since, until = date(2024, 1, 3), date(2024, 6, 6)
    found = bars(posts_by_day_chart(by_day(*rows), LABELS, since=since, until=until))["x"]
    assert found[0][:2] == ("2024-01-03", "2024-01-08")
    assert found[-1][:2] == ("2024-06-03", "2024-06-06")


def test_a_single_day_is_one_bar_with_room_around_it():
    figure = posts_by_day_chart(by_day((date(2024, 5, 1), "x", 2)), LABELS)
    (trace,) = figure.data
    assert list(trace.y) == [2]
    start, end = (pd.Timestamp(edge) for edge in figure.layout.xaxis.range)
    assert end - start == timedelta(7)
    assert list(figure.layout.xaxis.ticktext) == ["01/05<br>2024"]


def test_a_network_keeps_its_colour_whatever_is_shown():
    assert len(set(LIGHT.colorway)) == len(set(DARK.colorway)) == len(Network)
    day = date(2024, 5, 1)
    alone = posts_by_day_chart(by_day((day, "youtube", 1)), LABELS, DARK)
    together = posts_by_day_chart(by_day(*((day, n.value, 1) for n in Network)), LABELS, DARK)
    colours = {trace.customdata[0][2]: trace.marker.color for trace in together.data}
    assert colours["youtube"] == alone.data[0].marker.color == DARK.network("youtube")
    assert len(set(colours.values())) == len(Network)


def test_kinds_keep_their_order_and_an_absent_one_is_zero():
    by_kind = pd.DataFrame({"kind": ["repost", "original"], "posts": [5, 2]})
    figure = posts_by_kind_chart(by_kind, LABELS)
    assert list(figure.data[0].customdata) == [kind.value for kind in Kind]
    assert list(figure.data[0].x) == [2, 5, 0, 0]


def test_a_hashtag_in_any_script_is_text_and_not_markup():
    figure = hashtags_chart(hashtags(("حرية", 5), ("<b>togo</b>", 2), ("t" * 90, 1)))
    texts = [annotation.text for annotation in figure.layout.annotations]
    assert texts[0] == "\u2068#حرية\u2069"
    assert texts[1] == "\u2068#&lt;b&gt;togo&lt;/b&gt;\u2069"
    assert len(texts[2]) <= 40
    assert texts[2].endswith("…\u2069")
    assert list(figure.data[0].customdata) == ["حرية", "<b>togo</b>", "t" * 90]
    assert "t" * 90 in figure.data[0].hovertext[2]


def test_a_time_line_has_each_stretch_in_its_place_and_its_state():
    figure = coverage_chart(
        stretches(
            ("x", 1, 9, "missing"), ("mastodon", 1, 4, "read"), ("mastodon", 4, 9, "reading")
        ),
        LABELS,
    )
    assert [trace.name for trace in figure.data] == ["«read»", "«reading»", "«missing»"]
    (read, _, missing) = figure.data
    assert list(read.y) == ["«mastodon»"] and list(missing.y) == ["«x»"]
    assert read.base[0].startswith("2026-06-01") and read.x[0] == 3 * 24 * 3600 * 1000
    assert list(figure.layout.yaxis.categoryarray) == ["«mastodon»", "«x»"]
    assert [edge[:10] for edge in figure.layout.xaxis.range] == ["2026-06-01", "2026-06-09"]


def test_states_may_be_compared_without_their_colours():
    rows = [("x", day, day + 1, state) for day, state in enumerate(STATES, 1)]
    figure = coverage_chart(stretches(*rows), LABELS, DARK)
    assert len({trace.marker.pattern.shape for trace in figure.data}) == len(STATES)


RANGES = {it: f"«{it}»" for it in (*REACHES, "people")}


def reaches(*rows: tuple[str, float, float, float | None]) -> pd.DataFrame:
    named = [(of, low, high, value, f"{low} à {high}") for of, low, high, value in rows]
    return pd.DataFrame(named, columns=["of", "low", "high", "value", "said"])


def three(value: float | None) -> pd.DataFrame:
    return reaches(
        ("estimated", 100, 300, value), ("bounds", 40, 400, None), ("potential", 0, 900, None)
    )


def test_ranges_of_people_share_a_scale_that_begins_at_nobody():
    figure = reach_chart(three(180), RANGES)
    bars, central = figure.data
    assert list(bars.customdata) == list(REACHES)
    assert list(zip(bars.base, bars.x, strict=True)) == [(100, 200), (40, 360), (0, 900)]
    assert list(central.x) == [180] and list(central.y) == [0]
    low, high = figure.layout.xaxis.range
    assert low == 0 and high > 900
    texts = [annotation.text for annotation in figure.layout.annotations]
    assert [text for text in texts if "«" in text] == [f"\u2068«{of}»\u2069" for of in REACHES]
    assert texts[-1] == "<b>\u20680 à 900\u2069</b>"


def test_a_range_without_an_estimate_has_no_line_across_it():
    figure = reach_chart(three(None), RANGES)
    assert list(figure.data[1].x) == []


def test_networks_have_their_colours_on_the_scale_of_people_too():
    figure = reach_chart(reaches(("x", 1, 5, 2), ("bluesky", 0, 3, None)), LABELS | RANGES, DARK)
    assert list(figure.data[0].marker.color) == [DARK.network("x"), DARK.network("bluesky")]


def audience(*rows: tuple[date, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["day", "followers", "authors"])


def test_an_audience_climbs_in_steps_on_the_days_when_accounts_join():
    joined = audience((date(2024, 5, 1), 300, 5), (date(2024, 5, 9), 800, 11))
    (line,) = audience_chart(joined, LIGHT).data
    assert line.line.shape == "hv"
    assert list(line.x) == ["2024-05-01", "2024-05-09"] and list(line.y) == [300, 800]
    assert list(line.customdata[1]) == ["09/05/2024", 11]


def curves(*networks: str) -> pd.DataFrame:
    rows = [
        (network, age, share, share - 0.1, share + 0.1, 20)
        for network in networks
        for age, share in ((1, 0.2), (6, 0.5), (168, 0.9))
    ]
    return pd.DataFrame(rows, columns=["network", "age_hours", "share", "low", "high", "posts"])


def test_a_growth_curve_stands_in_its_interval_and_is_known_by_its_dashes():
    labels = LABELS | {str(age): f"{age} h" for age in AGES}
    figure = growth_chart(curves("x", "mastodon"), labels)
    band, line, _, other = figure.data
    assert (line.name, other.name) == ("«x»", "«mastodon»")
    assert list(line.y) == pytest.approx([20, 50, 90])
    assert list(band.y) == pytest.approx([30, 60, 100, 80, 40, 10])
    assert line.line.dash != other.line.dash
    assert list(figure.layout.xaxis.ticktext) == ["1 h", "6 h", "24 h", "168 h"]
    assert figure.layout.yaxis.ticktext[2] == "50\u202f%"


def test_shares_fill_a_bar_each_in_the_order_of_the_campaigns():
    shares = pd.DataFrame(
        {
            "of": ["posts", "posts", "authors", "authors"],
            "campaign_id": ["b", "a", "b", "a"],
            "share": [0.25, 0.75, 0.4, 0.6],
        }
    )
    labels = {"posts": "Posts", "authors": "Comptes", "a": "<i>A</i>", "b": "B"}
    figure = share_of_voice_chart(shares, labels, separators=".,")
    first, second = figure.data
    assert (first.name, second.name) == ("B", "&lt;i&gt;A&lt;/i&gt;")
    assert list(first.x) == [25, 40] and list(second.x) == [75, 60]
    assert first.marker.pattern.shape != second.marker.pattern.shape
    assert figure.layout.barmode == "stack" and figure.layout.xaxis.ticksuffix == "%"
    assert list(figure.layout.yaxis.categoryarray) == ["Comptes", "Posts"]


def test_nothing_to_show_is_a_figure_all_the_same():
    no_kinds = pd.DataFrame({"kind": [], "posts": []})
    empty = [posts_by_day_chart(by_day(), LABELS), posts_by_kind_chart(no_kinds, LABELS)]
    empty += [reach_chart(reaches(), RANGES), audience_chart(audience())]
    empty += [growth_chart(curves(), LABELS | {str(age): "" for age in AGES})]
    empty += [share_of_voice_chart(pd.DataFrame({"of": [], "campaign_id": [], "share": []}), {})]
    for figure in [*empty, hashtags_chart(hashtags()), coverage_chart(stretches(), LABELS)]:
        assert not any(len(trace.x) for trace in figure.data)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_figures_let_the_page_show_and_write_numbers_its_way(palette):
    figures = [
        posts_by_day_chart(by_day((date(2024, 5, 1), "x", 2)), LABELS, palette, separators=".,"),
        hashtags_chart(hashtags(("togo", 5)), palette, separators=".,"),
    ]
    for figure in figures:
        assert figure.layout.separators == ".,"
        assert figure.layout.title.text is None
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.font.color == palette.text
    assert figures[0].data[0].name == "«x»"
