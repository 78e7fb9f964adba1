"""Every aggregate against a few plain lines over the rows, on pandas and on DuckDB."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from analysis import aggregates
from data.model import COUNTS, Kind, Network
from tests.posts import (
    TAGS,
    added,
    answers,
    day,
    maybe,
    on_duckdb,
    post,
    posts_rows,
    several_rows,
)

ENGAGEMENTS = ("likes", "replies", "reposts", "quotes")
SHARES = ("reposts", "quotes")


def summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """`SUMS` the slow way."""
    rows = [
        row
        | {
            "engagements": added(row[count] for count in ENGAGEMENTS),
            "shares": added(row[count] for count in SHARES),
        }
        for row in rows
    ]
    days = [day(row) for row in rows if day(row)]
    sums: dict[str, Any] = {
        "posts": len(rows),
        "own_posts": sum(row["kind"] != "repost" for row in rows),
        "authors": len({row["author_id"] for row in rows} - {None}),
        **{f"kind_{kind}": sum(row["kind"] == kind for row in rows) for kind in Kind},
        "first_on": min(days, default=None),
        "last_on": max(days, default=None),
    }
    highest: dict[str, int] = {}
    for row in rows:
        if row["author_id"] and row["author_followers"] is not None:
            most = max(row["author_followers"], highest.get(row["author_id"], 0))
            highest[row["author_id"]] = most
    sums["potential_reach"] = added(highest.values())
    sums["n_potential_reach"] = len(highest)
    sums["largest_audience"] = max(highest.values(), default=None)
    for name in (*COUNTS, "engagements", "shares"):
        sums[name] = added(row[name] for row in rows)
        sums[f"n_{name}"] = sum(row[name] is not None for row in rows)
    for over, under in (
        ("engagements", "impressions"),
        ("shares", "impressions"),
    ):
        both = [row for row in rows if row[over] is not None and row[under] is not None]
        for side, other in ((over, under), (under, over)):
            sums[f"{side}_where_{other}"] = added(row[side] for row in both)
            sums[f"n_{side}_where_{other}"] = len(both)
    return sums


def summed_by(key: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sums = [
        {key: value} | summed([row for row in rows if row[key] == value])
        for value in {row[key] for row in rows}
    ]
    return sorted(sums, key=lambda row: (-row["posts"], row[key]))


@several_rows
@given(posts_rows)
def test_totals_are_those_of_the_rows(rows):
    assert answers(aggregates.totals, rows) == [summed(rows)]


@several_rows
@given(posts_rows)
def test_networks_and_kinds_are_those_of_the_rows(rows):
    assert answers(aggregates.by_network, rows) == summed_by("network", rows)
    assert answers(aggregates.by_kind, rows) == summed_by("kind", rows)


@several_rows
@given(posts_rows)
def test_days_are_those_of_the_rows(rows):
    names = ("posts", "likes", "reposts", "replies", "quotes", "impressions")
    expected = []
    for known, network in sorted({(day(row), row["network"]) for row in rows if day(row)}):
        sums = summed([row for row in rows if (day(row), row["network"]) == (known, network)])
        expected.append({"day": known, "network": network} | {name: sums[name] for name in names})
    assert answers(aggregates.by_day, rows) == expected


@several_rows
@given(posts_rows)
def test_authors_are_those_of_the_rows(rows):
    expected = []
    for author in sorted({row["author_id"] for row in rows} - {None}):
        theirs = [row for row in rows if row["author_id"] == author]
        for network in sorted({row["network"] for row in theirs}):
            here = [row for row in theirs if row["network"] == network]
            sums = summed(here)
            followers = {row["author_followers"] for row in here} - {None}
            expected.append(
                {"author_id": author, "network": network, "posts": len(here)}
                | {"author_followers": max(followers, default=None)}
                | {name: sums[name] for name in ("engagements", "impressions")}
                | {name: sums[name] for name in ("first_on", "last_on")}
            )
    assert answers(aggregates.by_author, rows) == expected


@several_rows
@given(posts_rows, st.integers(1, 5))
def test_hashtags_are_those_of_the_rows(rows, most):
    expected = []
    for tag in TAGS:
        tagged = [row for row in rows if tag in (row["hashtags"] or [])]
        sums = summed(tagged)
        if tagged:
            names = ("posts", "authors", "engagements")
            expected.append({"hashtag": tag} | {name: sums[name] for name in names})
    expected.sort(key=lambda row: (-row["posts"], row["hashtag"].encode()))
    assert answers(lambda posts: aggregates.hashtags(posts, most), rows) == expected[:most]


@several_rows
@given(posts_rows)
def test_interactions_are_those_of_the_rows(rows):
    times: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        author = row["author_id"]
        for kind, column in (("repost", "repost_of"), ("reply", "reply_to"), ("quote", "quote_of")):
            times[author, row[f"{column}_author_id"], kind] += 1
        if row["kind"] != "repost":
            for target in {*(row["mentions"] or [])} - {row["reply_to_author_id"]}:
                times[author, target, "mention"] += 1
    expected = [
        {"author_id": author, "target_id": target, "kind": kind, "times": n}
        for (author, target, kind), n in times.items()
        if author and target
    ]
    expected.sort(key=lambda row: (row["author_id"], row["target_id"], row["kind"]))
    assert answers(aggregates.interactions, rows) == expected


@several_rows
@given(posts_rows, st.integers(1, 8), st.integers(0, 8))
def test_lists_of_posts_are_in_order_and_name_no_author(rows, most, offset):
    never = datetime(9999, 1, 1, tzinfo=UTC)
    shown = [row | {"engagements": added(row[name] for name in ENGAGEMENTS)} for row in rows]
    best = sorted(
        shown,
        key=lambda row: (
            row["engagements"] is None,
            -(row["engagements"] or 0),
            row["published_at"] or never,
            row["post_id"],
        ),
    )
    newest = sorted(
        shown,
        key=lambda row: (
            row["published_at"] is None,
            never - (row["published_at"] or never),
            row["post_id"],
        ),
    )
    found = answers(lambda posts: aggregates.most_engaging(posts, most), rows)
    assert [row["post_id"] for row in found] == [row["post_id"] for row in best[:most]]
    assert [row["engagements"] for row in found] == [row["engagements"] for row in best[:most]]
    page = answers(lambda posts: aggregates.latest(posts, most, offset), rows)
    expected = newest[offset : offset + most]
    assert [row["post_id"] for row in page] == [row["post_id"] for row in expected]
    for row in found + page:
        assert not any("author" in column or column == "mentions" for column in row)


@several_rows
@given(
    posts_rows,
    maybe(st.dates(date(2023, 12, 30), date(2024, 1, 3))),
    maybe(st.dates(date(2023, 12, 30), date(2024, 1, 3))),
    st.sets(st.sampled_from(list(Network)), max_size=2),
    st.sets(st.sampled_from(list(Kind)), max_size=2),
    maybe(st.sampled_from(TAGS)),
)
def test_selected_posts_are_those_of_the_filter(rows, since, until, networks, kinds, hashtag):
    expected = [
        row
        for row in rows
        if (since is None or (day(row) is not None and day(row) >= since))
        and (until is None or (day(row) is not None and day(row) < until))
        and (not networks or row["network"] in networks)
        and (not kinds or row["kind"] in kinds)
        and (hashtag is None or hashtag in (row["hashtags"] or []))
    ]

    def listed(posts):
        chosen = aggregates.selected(
            posts, since=since, until=until, networks=networks, kinds=kinds, hashtag=hashtag
        )
        return aggregates.latest(chosen, 100)

    assert {row["post_id"] for row in answers(listed, rows)} == {r["post_id"] for r in expected}


@several_rows
@given(posts_rows)
def test_the_span_is_that_of_the_rows(rows):
    sums = summed(rows)
    expected = {name: sums[name] for name in ("first_on", "last_on", "posts")}
    assert answers(aggregates.span, rows) == [expected]


def test_unpublished_counts_stay_null_next_to_published_ones():
    rows = [
        post("1", likes=3, impressions=100),
        post("2", kind="repost", author_id="kossi"),
        post("3", network="mastodon", likes=0, reposts=2),
        post("4", network="reddit", author_id=None),
    ]
    (sums,) = answers(aggregates.totals, rows)
    assert (sums["posts"], sums["own_posts"], sums["authors"]) == (4, 3, 2)
    assert (sums["likes"], sums["n_likes"]) == (3, 2)
    assert (sums["impressions"], sums["n_impressions"]) == (100, 1)
    assert (sums["quotes"], sums["n_quotes"]) == (None, 0)
    assert (sums["engagements"], sums["n_engagements"]) == (5, 2)
    assert sums["engagements_where_impressions"] == 3
    (x, mastodon, reddit) = answers(aggregates.by_network, rows)
    assert (x["network"], x["posts"], x["own_posts"], x["n_likes"]) == ("x", 2, 1, 1)
    assert (mastodon["impressions"], mastodon["likes"]) == (None, 0)
    assert (reddit["authors"], reddit["engagements"]) == (0, None)


def test_totals_leave_youtube_out_unless_it_is_alone():
    rows = [post("1"), post("2", network="youtube")]

    def counted(networks):
        def aggregate(posts):
            return aggregates.totals(aggregates.comparable(posts, networks))

        return answers(aggregate, rows)[0]["posts"]

    assert counted(["x", "youtube"]) == 1
    assert counted([Network.YOUTUBE]) == 2
    assert counted([]) == 1


def test_a_sum_of_large_counts_is_exact():
    large = 2**53 + 1
    rows = [post("1", likes=large), post("2", likes=1), post("3", kind="repost")]
    (sums,) = answers(aggregates.totals, rows)
    assert sums["likes"] == large + 1
    (x,) = answers(aggregates.by_network, rows)
    assert x["engagements"] == large + 1


def test_a_post_at_midnight_belongs_to_the_day_that_begins():
    midnight = datetime(2024, 3, 31, tzinfo=UTC)
    just_before = midnight - timedelta.resolution
    rows = [post("1", published_at=midnight), post("2", published_at=just_before)]
    found = answers(aggregates.by_day, rows)
    assert [row["day"] for row in found] == [date(2024, 3, 30), date(2024, 3, 31)]


IN_PARIS = """
from datetime import UTC, date, datetime
from analysis import aggregates
from tests.posts import on_duckdb, on_pandas, post

late = [post("1", published_at=datetime(2024, 7, 1, 23, 30, tzinfo=UTC))]
for posts in (on_pandas(late), on_duckdb(late)):
    assert list(aggregates.by_day(posts)["day"]) == [date(2024, 7, 1)]
    assert list(aggregates.by_author(posts)["last_on"]) == [date(2024, 7, 1)]
    in_july = aggregates.selected(posts, since=date(2024, 7, 1), until=date(2024, 7, 2))
    assert list(aggregates.span(in_july)["posts"]) == [1]
"""


def test_days_do_not_follow_the_machines_time_zone():
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    run = subprocess.run(
        [sys.executable, "-c", IN_PARIS],
        env={**os.environ, "TZ": "Europe/Paris", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_a_session_in_another_time_zone_is_refused():
    rows = [post("1", published_at=datetime(2024, 7, 1, 23, 30, tzinfo=UTC))]
    with pytest.raises(NotImplementedError, match="time zone"):
        aggregates.by_day(on_duckdb(rows, time_zone="Europe/Paris"))
