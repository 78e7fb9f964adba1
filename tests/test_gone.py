"""Which posts are asked for again, when, and what is left of those that are gone."""

from datetime import timedelta

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import data.forget
from data.buried import Buried
from data.lake import Lake
from data.model import Account, Campaign, KnownPost, Network, NumberedPage, Reference
from tests.lakes import NOW, a_post, add, posts_in

HOUR = timedelta(hours=1)
AGES = [HOUR * hours for hours in (1, 3, 6, 12, 24, 48, 96, 168, 336, 672)]


def seen_at(number, published, observed, **given):
    """A post published and observed so many hours before now."""
    moments = {"published_at": NOW - published * HOUR, "observed_at": NOW - observed * HOUR}
    return a_post(number, **{**moments, **given})


def to_reread(lake, limit=100, network=Network.X, now=NOW):
    return [each.known.post_id for each in lake.to_reread("campagne", network, AGES, now, limit)]


def known(lake, limit=100, after=None, before=NOW):
    return lake.known("campagne", Network.X, before, limit, after)


def test_a_post_is_due_once_it_has_passed_an_age_unseen(lake):
    add(
        lake,
        "a",
        seen_at(1, published=0.5, observed=0.4),  # has passed none
        seen_at(2, published=1.1, observed=0.1),  # was seen at just that age
        seen_at(3, published=2, observed=1.5),
        seen_at(4, published=700, observed=29),  # 28 days, and nothing since
        seen_at(5, published=700, observed=20),  # seen after the last age
        seen_at(6, published=30, observed=7),  # seen after 23 hours: the 24th passed since
        seen_at(7, published=30, observed=5),
    )
    lake.derive("campagne")
    assert to_reread(lake) == ["3", "6", "4"]


def test_the_youngest_and_then_the_most_engaging_are_read_first_in_a_stable_order(lake):
    counts = {"likes": None, "reposts": None}
    add(
        lake,
        "a",
        seen_at(1, published=5, observed=4.5, likes=1, replies=1),
        seen_at(2, published=5, observed=4.5, **counts),
        seen_at(3, published=4, observed=4, likes=0),
        seen_at(4, published=4, observed=4, likes=None, quotes=3),
        seen_at(5, published=25, observed=20, likes=500),
        seen_at(6, published=2, observed=2, likes=0),
    )
    lake.derive("campagne")
    everything = to_reread(lake)
    assert everything == ["6", "4", "1", "3", "2", "5"]
    for limit in range(7):
        assert to_reread(lake, limit) == everything[:limit]


def test_reposts_and_posts_without_a_date_are_never_due(lake):
    old = {"published": 200, "observed": 199}
    add(
        lake,
        "a",
        seen_at(1, **old),
        seen_at(2, **old, repost_of=Reference("1")),
        a_post(3, published_at=None, repost_of=Reference("1")),
        a_post(4, published_at=None),
        seen_at(5, **old, network=Network.BLUESKY),
    )
    lake.derive("campagne")
    assert to_reread(lake) == ["1"]
    assert to_reread(lake, network=Network.BLUESKY) == ["5"]
    assert to_reread(lake, network=Network.REDDIT) == []


def test_a_post_that_was_read_again_is_due_no_more_until_its_next_age(lake):
    add(lake, "a", seen_at(1, published=2, observed=2))
    lake.derive("campagne")
    assert to_reread(lake) == ["1"]
    add(lake, "b", seen_at(1, published=2, observed=0))
    lake.derive("campagne")
    assert to_reread(lake) == []
    assert to_reread(lake, now=NOW + HOUR) == ["1"]


def test_a_post_to_read_again_is_named_as_its_network_names_it(lake):
    url = "https://instance.exemple/@exemple_1/1"
    add(lake, "a", seen_at(1, published=2, observed=2))
    add(lake, "b", seen_at(1, published=2, observed=2, url=url, locator="instance.exemple 1"))
    add(lake, "c", seen_at(1, published=2, observed=2))
    lake.derive("campagne")
    [row] = posts_in(lake)
    [again] = lake.to_reread("campagne", Network.X, AGES, NOW, 10)
    assert again == (row["post_id"], KnownPost("1", url, "instance.exemple 1"), NOW - 2 * HOUR)
    assert known(lake) == [again]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    posts=st.lists(
        st.tuples(st.integers(0, 900), st.integers(0, 900), st.none() | st.integers(0, 3)),
        min_size=1,
        max_size=30,
    )
)
def test_what_is_due_is_what_the_rule_says(tmp_path_factory, posts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTE_VOIX_KEY_CAMPAGNE", "ab" * 32)
        lake = Lake(tmp_path_factory.mktemp("lac"))
        lake.create(Campaign("campagne", "Une campagne"))
        moments = [(max(a, b), min(a, b), likes) for a, b, likes in posts]
        add(lake, "a", *(seen_at(n, *m[:2], likes=m[2]) for n, m in enumerate(moments)))
        lake.derive("campagne")
        found = to_reread(lake)
    expected = {}
    for number, (published, observed, likes) in enumerate(moments):
        passed = [age for age in AGES if age <= published * HOUR]
        if passed and (published - observed) * HOUR < passed[-1]:
            expected[str(number)] = (passed[-1], -1 if likes is None else likes)
    assert sorted(found) == sorted(expected)
    order = [expected[post] for post in found]
    assert order == sorted(order, key=lambda it: (it[0], -it[1]))


def test_posts_that_nobody_has_seen_for_long_come_oldest_first_and_go_on_behind_the_last(lake):
    add(lake, "a", *(seen_at(n, published=99, observed=n % 5) for n in range(12)))
    lake.derive("campagne")
    everything = known(lake, before=NOW - HOUR)
    hours = [(NOW - each.observed_at) / HOUR for each in everything]
    assert hours == [4, 4, 3, 3, 2, 2]
    in_turn, last = [], None
    while batch := known(lake, 3, last, NOW - HOUR):
        in_turn, last = in_turn + batch, batch[-1]
    assert in_turn == everything


def test_going_on_behind_a_post_that_was_seen_meanwhile_leaves_none_out(lake):
    add(lake, "a", *(seen_at(n, published=99, observed=9 - n) for n in range(6)))
    lake.derive("campagne")
    first = known(lake, 2)
    add(lake, "b", *(seen_at(n, published=99, observed=0.5) for n in range(2)))
    lake.derive("campagne")
    further = known(lake, after=first[-1], before=NOW - HOUR)
    assert [each.known.post_id for each in further] == ["2", "3", "4", "5"]


def test_a_repost_is_looked_for_where_it_has_a_date_of_its_own(lake):
    before = {"observed_at": NOW - HOUR, "repost_of": Reference("1")}
    add(lake, "a", a_post(2, **before), a_post(3, published_at=None, **before))
    lake.derive("campagne")
    assert [each.known.post_id for each in known(lake)] == ["2"]


def numbered(lake):
    """The rows of a campaign, by the numbers of `a_post`."""
    name = lake._pseudonyms("campagne").post
    numbers = {name(Network.X, str(number)): number for number in range(100)}
    return {numbers[row["post_id"]]: row for row in posts_in(lake)}


def conversation():
    return [
        a_post(1, text="Un texte retiré"),
        a_post(2, repost_of=Reference("1"), text="Un texte retiré"),
        a_post(3, reply_to=Reference("1"), root_id="1", text="une réponse"),
        a_post(4, quote_of=Reference("1"), text="une citation"),
        a_post(5, text="un autre texte"),
        a_post(70, text="Un texte retiré aussi"),
    ]


def everything_kept(lake):
    """All that the tables hold of a campaign's posts, in files old and new."""
    kept = ""
    for table in ("posts", "observations", "references"):
        folder = lake.root / "lake" / table
        files = [str(file) for file in folder.rglob("campaign_id=*/**/*.parquet")]
        kept += str(duckdb.read_parquet(files).to_arrow_table().to_pylist()) if files else ""
        kept += "".join(file.read_text() for file in folder.rglob("*.json"))
    return kept


def test_a_post_that_is_gone_takes_its_reposts_along_and_leaves_what_others_wrote(lake):
    add(lake, "a", *conversation())
    lake.derive("campagne")
    before = numbered(lake)
    references = {row["post_id"]: row for row in rows_of(lake, lake.store.references)}
    assert lake.remove("campagne", Network.X, ["1", "70"]) == 3
    after = numbered(lake)
    assert after == {number: before[number] for number in (3, 4, 5)}
    assert after[3]["root_id"] == after[3]["reply_to_id"] == before[1]["post_id"]
    assert "retiré" not in everything_kept(lake)
    gone = {before[number]["post_id"] for number in (1, 2, 70)}
    assert {row["post_id"] for row in rows_of(lake, lake.store.references)} == {*references} - gone
    fingerprint = lake.fingerprint("campagne")
    lake.rebuild("campagne")
    assert lake.fingerprint("campagne") == fingerprint


def rows_of(lake, table):
    return lake.store.rows(table, "campagne").to_arrow_table().to_pylist()


def test_no_later_file_brings_a_post_back_that_is_gone(lake):
    add(lake, "a", *conversation())
    lake.remove("campagne", Network.X, ["1"])
    writer = lake.writer("campagne", "b")
    rows = writer.prepare([NumberedPage(1, [a_post(9), *conversation()], None)], NOW)
    writer.commit(rows)
    assert writer.forgotten == 2
    lake.derive("campagne")
    assert sorted(numbered(lake)) == [3, 4, 5, 9, 70]


def test_a_post_that_is_gone_is_neither_due_nor_known(lake):
    add(lake, "a", seen_at(1, published=9, observed=9), seen_at(2, published=9, observed=9))
    lake.derive("campagne")
    lake.remove("campagne", Network.X, ["1"])
    assert to_reread(lake) == ["2"]
    assert [each.known.post_id for each in known(lake)] == ["2"]


def test_forgetting_somebody_and_removing_posts_leave_each_other_alone(lake):
    add(lake, "a", *conversation())
    lake.remove("campagne", Network.X, ["5"])
    lake.forget("campagne", Network.X, Account("0"))  # who wrote 70
    add(lake, "b", *conversation())
    lake.derive("campagne")
    assert sorted(numbered(lake)) == [1, 2, 3, 4]
    ours = lake._pseudonyms("campagne")
    buried = Buried.of(lake.store, "campagne", ours)
    assert buried.has_post(ours.post(Network.X, "5"))
    assert not buried.has_post(ours.post(Network.X, "70"))
    assert buried.has_account(ours.account(Network.X, Account("0")))


def test_removing_nothing_or_what_is_not_there_changes_nothing(lake):
    add(lake, "a", *conversation())
    lake.derive("campagne")
    fingerprint = lake.fingerprint("campagne")
    assert lake.remove("campagne", Network.X, []) == 0
    assert lake.remove("campagne", Network.X, ["404"]) == 0
    assert lake.remove("campagne", Network.BLUESKY, ["1"]) == 0
    assert lake.fingerprint("campagne") == fingerprint


def test_removing_every_post_leaves_an_empty_campaign(lake):
    add(lake, "a", *conversation(), page=7)
    lake.derive("campagne")
    assert lake.remove("campagne", Network.X, [str(n) for n in (1, 2, 3, 4, 5, 70)]) == 6
    assert posts_in(lake) == []
    assert lake.writer("campagne", "a").page == 7
    lake.derive("campagne")
    add(lake, "b", a_post(6))
    lake.derive("campagne")
    assert len(posts_in(lake)) == 1


def test_removing_leaves_another_campaign_alone(lake):
    lake.create(Campaign("autre", "Une autre"))
    for campaign in ("campagne", "autre"):
        add(lake, "a", *conversation(), campaign=campaign)
        lake.derive(campaign)
    fingerprint = lake.fingerprint("autre")
    lake.remove("campagne", Network.X, ["1"])
    lake.derive("autre")
    assert lake.fingerprint("autre") == fingerprint
    add(lake, "b", a_post(1, text="autrement"), campaign="autre")
    lake.derive("autre")
    assert len(posts_in(lake, "autre")) == 6


class Killed(BaseException):
    """The end, as a power cut would bring it."""


def killed_after(steps, monkeypatch):
    """Let so many writes and erasures through, and no more."""
    left = steps

    def counting(step):
        def counted(*given, **named):
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return step(*given, **named)

        return counted

    for name in ("write", "erase_history"):
        monkeypatch.setattr(data.forget.Table, name, counting(getattr(data.forget.Table, name)))


STEPS = {"remove": 7, "forget": 9}


@pytest.mark.parametrize(("how", "steps"), [(how, n) for how in STEPS for n in range(STEPS[how])])
def test_what_is_killed_and_done_again_ends_as_if_it_had_run_through(lake, how, steps):
    def do():
        if how == "remove":
            lake.remove("campagne", Network.X, ["1", "70"])
        else:
            lake.forget("campagne", Network.X, Account(None, "compte_1"))

    def content():
        tables = (lake.store.observations, lake.store.references, lake.store.aliases)
        rows = [sorted(map(str, rows_of(lake, table))) for table in tables]
        return lake.fingerprint("campagne"), rows

    add(lake, "a", *conversation(), a_post(8, text="Un texte retiré", repost_of=Reference("1")))
    lake.derive("campagne")
    before = numbered(lake)
    with pytest.MonkeyPatch.context() as patch:
        killed_after(steps, patch)
        with pytest.raises(Killed):
            do()
    add(lake, "b", a_post(1, text="Un texte retiré", observed_at=NOW + HOUR), a_post(6))
    lake.derive("campagne")
    do()
    after_all = content()
    do()
    assert content() == after_all
    left = set(numbered(lake))
    if how == "remove":
        assert left == {3, 4, 5, 6}
        kept = everything_kept(lake)
        assert "Un texte retiré" not in kept
        assert not any(
            f"'post_id': '{before[number]['post_id']}'" in kept for number in (1, 2, 8, 70)
        )
    else:
        assert left == {2, 3, 4, 5, 6, 70}  # 1 and 8 are theirs
    lake.rebuild("campagne")
    assert content() == after_all


def test_a_removal_that_was_killed_is_found_again_by_the_next_look(lake):
    add(lake, "a", *conversation())
    lake.derive("campagne")
    for steps in range(STEPS["remove"] - 2):
        with pytest.MonkeyPatch.context() as patch:
            killed_after(steps, patch)
            with pytest.raises(Killed):
                lake.remove("campagne", Network.X, ["1"])
        texts = {row["text"] for row in rows_of(lake, lake.store.observations)} | {
            row["text"] for row in posts_in(lake)
        }
        found = {each.known.post_id for each in known(lake, before=NOW + HOUR)}
        assert "1" in found or "Un texte retiré" not in texts
