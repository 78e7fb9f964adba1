"""The demonstration: the same everywhere, plausible, invented, and its truths can be found."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.pages import twarc_pages
from data.model import COUNTS, Kind, Network, Post
from data.simulate import (
    FIRST_DAY,
    LAST_DAY,
    LOCAL_GROUPS,
    READ_AT_HOURS,
    Simulation,
    readings,
    simulate,
)

#: Fingerprint of the counts that the campaign's posts had when they were younger.
READINGS = "e2a5bc29a163bea326b84f36d7c52f66c15689842a7a1836ab44d41ec5a810dd"
ROOT = Path(__file__).resolve().parent.parent
DIGEST = "63fb75678a8c7f5b25cf63d5dde4679795af004dc02249a4bd3f431ba02aac51"


def digest(simulation: Simulation) -> str:
    """A fingerprint of all that was made up."""
    written = [campaign.posts for campaign in simulation.campaigns]
    frames = (simulation.truth.members, simulation.truth.accounts)
    truth = [frame.to_csv(index=False, lineterminator="\n") for frame in frames]
    return hashlib.sha256(json.dumps([written, truth], default=str).encode()).hexdigest()


def references(post: Post) -> list[tuple[str, object]]:
    found = (post.repost_of, post.reply_to, post.quote_of)
    return [(reference.post_id, reference.author) for reference in found if reference]


@pytest.fixture(scope="module")
def demo() -> Simulation:
    return simulate()


@pytest.fixture(scope="module")
def posts(demo: Simulation) -> pd.DataFrame:
    """The campaign's posts as a frame, one row a post; `to` is whom a post reacts to."""
    return pd.DataFrame(
        [
            {
                "network": post.network.value,
                "kind": post.kind.value,
                "author": post.author.id,
                "published_at": post.published_at,
                "to": next((author.id for _, author in references(post)), None),
                "of": next((post_id for post_id, _ in references(post)), None),
            }
            for post in demo.campaigns[0].posts
        ]
    )


def test_the_demonstration_is_the_same_on_every_machine(demo: Simulation) -> None:
    assert digest(demo) == DIGEST


def test_neither_the_order_of_hashes_nor_the_time_zone_changes_anything() -> None:
    script = (
        "from tests.test_simulate import digest; from data.simulate import simulate;"
        "print(digest(simulate()))"
    )
    for changed in ({"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}, {"PYTHONHASHSEED": "2"}):
        found = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT, env={**os.environ, **changed}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert found.stdout.strip() == DIGEST


def test_another_seed_gives_another_campaign_of_the_same_shape(demo: Simulation) -> None:
    other = simulate(seed=7)
    assert digest(other) != digest(demo)
    assert 25_000 < sum(len(campaign.posts) for campaign in other.campaigns) < 35_000


def test_there_are_about_30000_posts_on_four_networks_in_52_weeks(demo: Simulation) -> None:
    everything = [post for campaign in demo.campaigns for post in campaign.posts]
    assert 28_000 < len(everything) < 32_000
    assert len(demo.campaigns) == 3
    assert len(demo.campaigns[0].posts) > sum(len(c.posts) for c in demo.campaigns[1:])
    for campaign in demo.campaigns:
        days = [post.published_at.date() for post in campaign.posts]
        assert {post.network for post in campaign.posts} == {
            Network.X, Network.BLUESKY, Network.MASTODON, Network.YOUTUBE,
        }  # fmt: skip
        assert days == sorted(days)
        assert FIRST_DAY <= days[0] <= FIRST_DAY + timedelta(days=7)
        assert days[-1] == LAST_DAY
    assert (LAST_DAY - FIRST_DAY).days + 1 == 52 * 7


def test_kinds_are_mixed_as_they_are_on_real_networks(demo: Simulation) -> None:
    kinds = pd.Series([post.kind for c in demo.campaigns for post in c.posts])
    share = kinds.value_counts(normalize=True)
    assert 0.40 < share[Kind.REPOST] < 0.50
    assert 0.12 < share[Kind.REPLY] < 0.25
    assert 0.04 < share[Kind.QUOTE] < 0.10
    assert 0.25 < share[Kind.ORIGINAL] < 0.40


def test_every_reference_leads_to_an_earlier_post_of_the_same_network(demo: Simulation) -> None:
    for campaign in demo.campaigns:
        known = {post.post_id: post for post in campaign.posts}
        assert len(known) == len(campaign.posts)
        for post in campaign.posts:
            for post_id, author in references(post):
                target = known[post_id]
                assert target.published_at < post.published_at
                assert target.network == post.network
                assert target.author == author != post.author
                assert target.kind is not Kind.REPOST
            assert (post.root_id in known) is (post.kind is Kind.REPLY)


def test_a_repost_repeats_text_and_tags_and_has_no_counts(demo: Simulation) -> None:
    for campaign in demo.campaigns:
        known = {post.post_id: post for post in campaign.posts}
        for post in campaign.posts:
            if post.repost_of is not None:
                original = known[post.repost_of.post_id]
                assert (post.text, post.hashtags) == (original.text, original.hashtags)
                assert all(getattr(post, count) is None for count in COUNTS)


def test_what_a_network_does_not_publish_is_null_and_nothing_else_is(demo: Simulation) -> None:
    for campaign in demo.campaigns:
        for post in campaign.posts:
            if post.kind is Kind.REPOST:
                continue
            published = {count for count in COUNTS if getattr(post, count) is not None}
            if post.network is Network.YOUTUBE:
                expected = {"likes", "replies"}
                if post.kind is Kind.ORIGINAL:
                    expected |= {"impressions"}
                elif post.reply_to.post_id != post.root_id:
                    expected -= {"replies"}
            else:
                expected = {"likes", "reposts", "replies", "quotes"}
                if post.network is Network.X:
                    expected |= {"impressions"}
            assert published == expected
            unknown_followers = post.network is Network.BLUESKY or (
                post.network is Network.YOUTUBE and post.kind is Kind.REPLY
            )
            assert (post.author_followers is None) is unknown_followers


def test_counts_are_never_less_than_what_can_be_seen(demo: Simulation) -> None:
    for campaign in demo.campaigns:
        seen = {"reposts": {}, "replies": {}, "quotes": {}}
        for post in campaign.posts:
            named = (("reposts", post.repost_of), ("replies", post.reply_to))
            for count, reference in (*named, ("quotes", post.quote_of)):
                if reference is not None:
                    of = seen[count]
                    of[reference.post_id] = of.get(reference.post_id, 0) + 1
        for post in campaign.posts:
            for count, of in seen.items():
                published = getattr(post, count)
                assert published is None or published >= of.get(post.post_id, 0)
            if post.impressions is not None:
                counted = (post.likes, post.reposts or 0, post.replies, post.quotes or 0)
                assert post.impressions >= sum(counted)


def test_counts_were_read_four_weeks_after_or_at_the_end(demo: Simulation) -> None:
    end = max(post.observed_at for campaign in demo.campaigns for post in campaign.posts)
    assert (end.date() - LAST_DAY).days == 1
    for campaign in demo.campaigns:
        for post in campaign.posts:
            age = post.observed_at - post.published_at
            assert timedelta(0) < age < timedelta(days=30)
            assert age > timedelta(days=28) or post.observed_at == end
            assert post.observed_at.tzinfo is post.published_at.tzinfo is UTC


@pytest.fixture(scope="module")
def young(demo: Simulation) -> dict[str, list[Post]]:
    """The readings of each post of the campaign."""
    found: dict[str, list[Post]] = {}
    for post in readings(demo.campaigns[0].posts):
        found.setdefault(post.post_id, []).append(post)
    return found


def test_readings_are_the_same_on_every_machine(young: dict[str, list[Post]]) -> None:
    changing = ("author_followers", *COUNTS)
    counted = [
        [post.post_id, post.observed_at, *(getattr(post, name) for name in changing)]
        for posts in young.values()
        for post in posts
    ]
    found = hashlib.sha256(json.dumps(counted, default=str).encode()).hexdigest()
    assert found == READINGS


def test_every_post_with_engagements_was_read_at_the_ages_of_the_schedule(
    demo: Simulation, young: dict[str, list[Post]]
) -> None:
    for post in demo.campaigns[0].posts:
        engagements = (post.likes, post.reposts, post.replies, post.quotes)
        due = [post.published_at + timedelta(hours=hours) for hours in READ_AT_HOURS]
        expected = [at for at in due if at < post.observed_at] if any(engagements) else []
        assert [it.observed_at for it in young.get(post.post_id, [])] == expected


def test_a_younger_post_is_the_same_with_fewer_counts(
    demo: Simulation, young: dict[str, list[Post]]
) -> None:
    seen = {"reposts": {}, "replies": {}, "quotes": {}}
    for post in demo.campaigns[0].posts:
        for count, reference in zip(seen, (post.repost_of, post.reply_to, post.quote_of)):
            if reference is not None:
                seen[count].setdefault(reference.post_id, []).append(post.published_at)
    for post in demo.campaigns[0].posts:
        for younger, older in pairwise([*young.get(post.post_id, []), post]):
            changed = {count: getattr(older, count) for count in (*COUNTS, "author_followers")}
            assert younger._replace(**changed, observed_at=older.observed_at) == older
            for name, final in changed.items():
                count = getattr(younger, name)
                assert (count is None) is (final is None)
                assert count is None or 0 <= count <= final
            for count, moments in seen.items():
                published = getattr(younger, count)
                visible = sum(at <= younger.observed_at for at in moments.get(post.post_id, []))
                assert published is None or published >= visible
            if younger.impressions is not None:
                engagements = (younger.likes, younger.reposts, younger.replies, younger.quotes)
                assert younger.impressions >= sum(it or 0 for it in engagements)


def test_nobody_is_real(demo: Simulation) -> None:
    for campaign in demo.campaigns:
        assert campaign.id.startswith("demo-")
        for post in campaign.posts:
            accounts = [post.author, *post.mentions, *(author for _, author in references(post))]
            for account in accounts:
                assert account.id.startswith("demo_")
                assert account.handle.startswith("demo_")
            assert post.post_id.startswith("demo-")
            assert post.url is None
            assert all(link.startswith("https://exemple.invalid/") for link in post.links)
    truth = demo.truth
    assert truth.members["member_id"].str.startswith("demo_").all()
    assert truth.accounts["account_id"].str.startswith("demo_").all()


def test_every_post_but_some_answers_carries_its_campaigns_hashtag(demo: Simulation) -> None:
    for campaign in demo.campaigns:
        (own,) = campaign.hashtags
        for post in campaign.posts:
            assert own in post.hashtags or (post.kind is Kind.REPLY and not post.hashtags)
            assert all(f"#{tag}" in post.text for tag in post.hashtags)
            assert all(f"@{account.handle}" in post.text for account in post.mentions)
            assert all(link in post.text for link in post.links)


def test_a_lot_sends_three_quarters_of_the_members_to_a_workshop(demo: Simulation) -> None:
    members = demo.truth.members
    assert members["local_group"].value_counts().to_dict() == LOCAL_GROUPS
    assert members["cohort"].value_counts(dropna=False).to_list() == [10, 10, 10, 10]
    assert (members["cohort"].isna() == members["trained_on"].isna()).all()
    assert members.groupby("cohort")["trained_on"].nunique().eq(1).all()
    baseline = members["trained_on"].min() - pd.Timestamp(FIRST_DAY)
    assert baseline >= pd.Timedelta(weeks=12)
    assert members["local_group"].value_counts().min() < 5 <= members["cohort"].value_counts().min()


def people_a_week(simulation: Simulation) -> tuple[pd.DataFrame, pd.Series]:
    """Distinct people, members and organisations aside, who took up each member's posts.

    One row a member, one column a week; and the week from which each is trained (99: never).
    """
    truth = simulation.truth
    member_of = truth.accounts.dropna(subset="member_id").set_index("account_id")["member_id"]
    known = set(truth.accounts["account_id"])
    rows = [
        (
            member_of[author.id],
            (post.published_at.date() - FIRST_DAY).days // 7,
            post.author.id,
        )
        for post in simulation.campaigns[0].posts
        for _, author in references(post)
        if author.id in member_of.index and post.author.id not in known
    ]
    people = pd.DataFrame(rows, columns=["member", "week", "person"]).drop_duplicates()
    weekly = people.groupby(["member", "week"]).size().unstack(fill_value=0)
    since = (truth.members["trained_on"] - pd.Timestamp(FIRST_DAY)).dt.days // 7
    return (
        weekly.reindex(index=truth.members["member_id"], columns=range(52), fill_value=0),
        since.fillna(99),
    )


def rate_ratio(simulation: Simulation) -> float:
    """Trained weeks against what member and week let expect (methods: imputation, Poisson)."""
    weekly, since = people_a_week(simulation)
    counted = weekly.to_numpy(float)
    untrained = np.arange(52)[None, :] <= since.to_numpy()[:, None]
    by_member, by_week = np.ones((40, 1)), np.ones((1, 52))
    for _ in range(200):
        by_member = (counted * untrained).sum(1, keepdims=True) / (untrained * by_week).sum(
            1, keepdims=True
        )
        by_week = (counted * untrained).sum(0, keepdims=True) / (untrained * by_member).sum(
            0, keepdims=True
        )
    return counted[~untrained].sum() / (by_member * by_week)[~untrained].sum()


def test_the_effect_of_training_is_found_again(demo: Simulation) -> None:
    assert rate_ratio(demo) == pytest.approx(1 + demo.truth.effect, abs=0.2)


def test_a_training_without_effect_shows_none() -> None:
    assert rate_ratio(simulate(effect=0.0)) == pytest.approx(1.0, abs=0.2)


def test_training_does_not_make_members_post_more(demo: Simulation, posts: pd.DataFrame) -> None:
    truth = demo.truth
    member_of = truth.accounts.dropna(subset="member_id").set_index("account_id")["member_id"]
    theirs = posts[(posts["kind"] == "original") & posts["author"].isin(member_of.index)]
    member = theirs["author"].map(member_of)
    spring = theirs["published_at"].dt.tz_localize(None) < truth.members["trained_on"].min()
    trained = truth.members.dropna(subset="cohort")["member_id"]
    growth = {
        was_trained: (~spring & (member.isin(trained) == was_trained)).sum()
        / (spring & (member.isin(trained) == was_trained)).sum()
        for was_trained in (True, False)
    }
    assert growth[True] == pytest.approx(growth[False], rel=0.2)


def test_the_press_day_is_the_busiest(demo: Simulation, posts: pd.DataFrame) -> None:
    by_day = posts.groupby(posts["published_at"].dt.date).size().sort_values(ascending=False)
    assert by_day.index[0] == demo.truth.press_day
    assert by_day.iloc[0] > 1.5 * by_day.iloc[1]


def test_the_campaign_grows(posts: pd.DataFrame) -> None:
    days = (posts["published_at"].dt.tz_localize(None) - pd.Timestamp(FIRST_DAY)).dt.days
    by_quarter = posts.groupby(days // 91).size()
    assert len(by_quarter) == 4
    assert by_quarter.is_monotonic_increasing


def spread_seconds(reposts: pd.DataFrame) -> pd.Series:
    """Seconds from the first to the last repost of each post."""
    times = reposts.groupby("of")["published_at"]
    return (times.max() - times.min()).dt.total_seconds()


def test_the_coordinated_accounts_repost_within_seconds_and_nobody_else_does(
    demo: Simulation, posts: pd.DataFrame
) -> None:
    truth = demo.truth
    reposts = posts[posts["kind"] == "repost"]
    is_coordinated = reposts["author"].isin(truth.coordinated)
    coordinated = reposts[is_coordinated]
    assert set(coordinated["author"]) == set(truth.coordinated)
    assert set(coordinated["to"]) == {truth.boosted}
    assert spread_seconds(coordinated).max() < truth.synchrony_seconds
    assert coordinated.groupby("author")["of"].nunique().min() >= 20
    others = reposts[~is_coordinated]
    often = others[others.groupby("of")["of"].transform("size") >= 5]
    assert spread_seconds(often).min() > 5 * truth.synchrony_seconds


def test_followers_have_a_long_tail_and_never_shrink(demo: Simulation) -> None:
    seen: dict[str, list[int]] = {}
    read = [*demo.campaigns[0].posts, *readings(demo.campaigns[0].posts)]
    for post in sorted(read, key=lambda post: post.observed_at):
        if post.author_followers is not None:
            seen.setdefault(post.author.id, []).append(post.author_followers)
    assert all(a <= b for followers in seen.values() for a, b in pairwise(followers))
    last = pd.Series({account: followers[-1] for account, followers in seen.items()})
    assert last.median() < 100
    assert last.nlargest(len(last) // 100).sum() > 0.3 * last.sum()


def test_pages_for_measuring_are_the_same_each_time_and_hold_together() -> None:
    pages = list(twarc_pages(seed=3, posts=950, authors=500))
    assert pages == list(twarc_pages(seed=3, posts=950, authors=500))
    assert [len(page["data"]) for page in pages] == [100] * 9 + [50]
    assert ["next_token" in page["meta"] for page in pages] == [True] * 9 + [False]
    ids = [post["id"] for page in pages for post in page["data"]]
    assert len(set(ids)) == 950
    assert ids == sorted(ids, reverse=True)
    for page in pages:
        accounts = {account["id"] for account in page["includes"]["users"]}
        included = {post["id"]: post for post in page["includes"]["tweets"]}
        for post in (*page["data"], *included.values()):
            assert post["author_id"] in accounts
            for found in post.get("entities", {}).get("hashtags", ()):
                assert post["text"][found["start"] : found["end"]] == "#" + found["tag"]
            for found in post.get("entities", {}).get("mentions", ()):
                assert post["text"][found["start"] : found["end"]] == "@" + found["username"]
                assert found["id"] in accounts
        for post in page["data"]:
            for reference in post.get("referenced_tweets", ()):
                assert reference["id"] in included


def test_pages_for_measuring_weigh_what_real_ones_weigh() -> None:
    pages = list(twarc_pages(posts=2_000))
    assert 2_500 < len(json.dumps(pages)) / 2_000 < 4_000
    kinds = pd.Series(
        [
            post.get("referenced_tweets", [{"type": "original"}])[0]["type"]
            for page in pages
            for post in page["data"]
        ]
    ).value_counts(normalize=True)
    assert 0.6 < kinds["retweeted"] < 0.75
    authors = {post["author_id"] for page in pages for post in page["data"]}
    assert len(authors) > 1_500
