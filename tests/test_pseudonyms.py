"""Nobody is named by what the lake keeps."""

import hmac
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.buried import Buried
from data.model import COUNTS, Account, Network, NumberedPage, Post, Reference
from data.pseudonyms import Pseudonyms

KEY = bytes(range(32))
NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)


def a_post(**given):
    facts = {"network": Network.X, "post_id": "1", "author": Account("7", "ama"), **given}
    return Post(**{"published_at": NOW, **facts})


def rows_of(*posts):
    return kept_of(*posts).rows


def kept_of(*posts, forgotten=()):
    ours = Pseudonyms(KEY)
    rows = ours.rows("campagne", "collecte", [NumberedPage(1, posts, None)], NOW)
    return Buried(ours, forgotten).kept(rows)


def row_of(post):
    return rows_of(post).observations.to_pylist()[0]


@given(st.text(min_size=1), st.sampled_from(Network))
def test_a_pseudonym_is_the_hmac_of_the_network_and_the_id(post_id, network):
    expected = hmac.digest(KEY, f"post:{network.value}:{post_id}".encode(), "sha256").hex()[:26]
    assert Pseudonyms(KEY).post(network, post_id) == expected


def test_the_same_account_has_another_pseudonym_in_another_campaign_and_network():
    ours, theirs = Pseudonyms(KEY), Pseudonyms(KEY[::-1])
    account = Account("7")
    assert len({p.account(n, account) for p in (ours, theirs) for n in Network}) == 2 * len(Network)


def test_an_account_seen_by_id_and_handle_leaves_an_alias_that_joins_them():
    seen = Pseudonyms(KEY)
    by_id = seen.account(Network.X, Account("7", "Ama_TG"))
    by_handle = seen.account(Network.X, Account(None, "@ama_tg"))
    assert seen.aliases == {by_handle: by_id}


@pytest.mark.parametrize(
    ("network", "text", "named"),
    [
        (Network.X, "RT @ama_tg: debout", "ama_tg"),
        (Network.X, ".@ama_tg!", "ama_tg"),
        (Network.X, "écrivez à ama.tg@exemple.org", "ama.tg"),
        (Network.BLUESKY, "merci @ama.bsky.social.", "ama.bsky.social"),
        (Network.MASTODON, "merci @ama@instance.exemple", "ama"),
        (Network.MASTODON, "https://instance.exemple/@ama/1093", "ama"),
        (Network.REDDIT, "merci /u/ama_tg et u/ama_tg", "ama_tg"),
        (Network.X, "https://twitter.com/ama_tg/status/1 et http://www.x.com/ama_tg", "ama_tg"),
        (Network.BLUESKY, "https://bsky.app/profile/ama.bsky.social/post/3k", "ama.bsky"),
        (Network.INSTAGRAM, "＠ama.tg", "ama.tg"),
    ],
)
def test_a_text_names_nobody(network, text, named):
    assert named not in row_of(a_post(network=network, text=text))["text"]


def test_a_text_keeps_its_words_and_its_other_links():
    text = "Debout ! https://exemple.org/page #Libertés"
    assert row_of(a_post(text=text))["text"] == text


@given(st.from_regex(r"[a-z]\w{4,14}", fullmatch=True), st.text(max_size=30))
def test_no_handle_mentioned_in_any_text_gets_through(handle, around):
    around = re.sub(r"\S*$", "", around)  # what touches the @ on its left makes another word of it
    text = row_of(a_post(text=f"{around}@{handle} {around}"))["text"]
    assert f"@{handle}" not in text


def test_links_into_networks_and_to_personal_pages_are_dropped():
    links = (
        "https://x.com/ama/status/1",
        "https://m.facebook.com/ama",
        "https://instance.exemple/@ama",
        "https://instance.exemple/users/ama/statuses/1",
        "http://[broken",
        "https://exemple.org/rapport.pdf",
        "https://notx.com/rapport",
    )
    assert row_of(a_post(links=links))["links"] == [
        "https://exemple.org/rapport.pdf",
        "https://notx.com/rapport",
    ]


def test_hashtags_are_one_whatever_the_keyboard():
    tags = ("LibertéPourTous", "liberte\u0301pourtous", "#LIBERTÉPOURTOUS", "Ŋutsu", "حرية")
    assert row_of(a_post(hashtags=tags))["hashtags"] == ["libertépourtous", "ŋutsu", "حرية"]


def test_a_repost_carries_no_counts_of_its_own():
    counts = dict.fromkeys(COUNTS, 12)
    repost = a_post(repost_of=Reference("2", Account("8")), **counts)
    assert {row_of(repost)[name] for name in COUNTS} == {None}
    assert {row_of(a_post(**counts))[name] for name in COUNTS} == {12}


def test_a_count_that_is_not_published_stays_unknown():
    assert row_of(a_post())["impressions"] is None


def test_a_reply_that_quotes_is_a_reply_and_keeps_both_references():
    row = row_of(a_post(reply_to=Reference("2", Account("8")), quote_of=Reference("3")))
    ours = Pseudonyms(KEY)
    assert row["kind"] == "reply"
    assert row["reply_to_id"] == ours.post(Network.X, "2")
    assert row["reply_to_author_id"] == ours.account(Network.X, Account("8"))
    assert (row["quote_of_id"], row["quote_of_author_id"]) == (ours.post(Network.X, "3"), None)


def test_a_reference_can_be_read_with_the_key_alone():
    post = a_post(url="https://x.com/i/web/status/1")
    reference = rows_of(post).references["reference"][0].as_py()
    assert b"status" not in reference
    assert Pseudonyms(KEY).read_reference(reference) == ("1", post.url, None)
    with pytest.raises(Exception):  # noqa: B017 - whatever the cipher raises
        Pseudonyms(KEY[::-1]).read_reference(reference)


def test_somebody_forgotten_does_not_come_back_as_author_mention_or_pointer():
    ama, efua = Account("7", "ama"), Account("8", "efua")
    ours = Pseudonyms(KEY)
    pseudonyms = [ours.account(Network.X, ama), ours.handle(Network.X, "ama")]
    found = kept_of(
        a_post(post_id="1"),
        a_post(post_id="2", author=efua, repost_of=Reference("1", ama)),
        a_post(post_id="3", author=efua, reply_to=Reference("1", ama), mentions=(ama, efua)),
        a_post(post_id="4", author=efua, text="avec @ama et @efua"),
        forgotten=[ours.tombstone(it) for it in pseudonyms],
    )
    assert found.taken_out == 2
    rows = found.rows
    kept = rows.observations.select(
        [it for it in rows.observations.column_names if it != "cursor"]
    ).to_pylist()
    assert len(kept) == len(rows.references) == 2
    assert not any(pseudonym in str(kept) for pseudonym in pseudonyms)
    assert (kept[0]["kind"], kept[0]["reply_to_id"]) == ("reply", None)


def test_a_page_that_shows_a_post_at_two_moments_keeps_both_and_what_it_repeats_once():
    later = NOW.replace(hour=13)
    seen = [a_post(likes=n, observed_at=at) for n, at in ((1, later), (2, NOW), (3, NOW))]
    rows = rows_of(*seen).observations
    assert sorted(rows["likes"].to_pylist()) == [1, 3]
