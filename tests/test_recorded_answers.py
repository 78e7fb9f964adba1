"""The numbers are right: every one of them, against a few plain lines over the raw files.

What is expected is read here from the networks' documentation and nothing of ours, so that
the program and its test cannot share a mistake.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

import collectors.__main__
import reports.__main__
from tests.oracles import Seen, expected, iso, lines, whole, written, x, youtube

Oracle = Callable[[Path], Iterator[Seen]]
Command = Callable[..., tuple[int, Any]]


def epoch(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def bluesky(path: Path) -> Iterator[Seen]:
    """Search results and quotes have `posts`, feeds have `feed`."""
    for page in lines(path):
        for item in page.get("posts") or page["feed"]:
            post = item.get("post", item)
            record = post["record"]
            embedded = record.get("embed", {}).get("record", {})
            quoted = embedded.get("record", embedded).get("uri", "")
            features = [it for facet in record.get("facets", []) for it in facet["features"]]
            if "reply" in record:
                kind = "reply"
            else:
                kind = "quote" if "/app.bsky.feed.post/" in quoted else "original"
            yield Seen(
                "bluesky",
                post["uri"],
                kind,
                post["author"]["did"],
                min(iso(record["createdAt"]), iso(post["indexedAt"])),
                [it["tag"] for it in features if "tag" in it] + record.get("tags", []),
                (*(post[f"{it}Count"] for it in ("like", "repost", "reply", "quote")), None),
            )


def mastodon(path: Path) -> Iterator[Seen]:
    """A list of statuses, a status, or what stands around one; `uri` is the same everywhere."""
    for page in lines(path):
        around = [*page["ancestors"], *page["descendants"]] if "ancestors" in page else [page]
        for status in page if isinstance(page, list) else around:
            refers = {"repost": "reblog", "reply": "in_reply_to_id", "quote": "quote"}
            yield Seen(
                "mastodon",
                status["uri"],
                next((kind for kind in refers if status.get(refers[kind])), "original"),
                status["account"]["url"],
                iso(status["created_at"]),
                [it["name"] for it in status["tags"]],
                (
                    *(status[f"{it}_count"] for it in ("favourites", "reblogs", "replies")),
                    status.get("quotes_count"),
                    None,
                ),
            )


def reddit(path: Path) -> Iterator[Seen]:
    """Listings in listings: links (t3), and comments (t1) that hold the answers to them."""
    waiting = list(lines(path))
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, list):
            waiting += thing
        elif thing["kind"] == "Listing":
            waiting += thing["data"]["children"]
        else:
            post = thing["data"]
            waiting += [post["replies"]] if post.get("replies") else []
            yield Seen(
                "reddit",
                post["name"],
                "reply" if thing["kind"] == "t1" else "original",
                None if post["author"] == "[deleted]" else post["author"],
                epoch(post["created_utc"]),
                written("\n".join(post.get(it, "") for it in ("title", "selftext", "body"))),
                (
                    max(post["score"], 0),
                    post.get("num_crossposts"),
                    post.get("num_comments"),
                    None,
                    None,
                ),
            )


def zeeschuimer(path: Path) -> Iterator[Seen]:
    """What a browser was shown, in each site's own words."""
    sites = {
        "twitter.com": x_in_a_browser,
        "instagram.com": instagram_in_a_browser,
        "tiktok.com": tiktok_in_a_browser,
    }
    for item in lines(path):
        yield sites[item["source_platform"]](item["data"])


def x_in_a_browser(post: dict[str, Any]) -> Seen:
    """An answer names the post it answers; a first word "@name" alone is a mention."""
    old = post["legacy"]
    refers = {"reply": "in_reply_to_status_id_str", "quote": "quoted_status_id_str"}
    return Seen(
        "x",
        post["rest_id"],
        next((kind for kind in refers if old.get(refers[kind])), "original"),
        post["core"]["user_results"]["result"]["rest_id"],
        datetime.strptime(old["created_at"], "%a %b %d %H:%M:%S %z %Y"),
        [it["text"] for it in old["entities"]["hashtags"]],
        (
            *(old[f"{it}_count"] for it in ("favorite", "retweet", "reply", "quote")),
            whole(post["views"].get("count")),
        ),
    )


def instagram_in_a_browser(post: dict[str, Any]) -> Seen:
    """The likes of an account that hides them are those of the reader's friends only."""
    return Seen(
        "instagram",
        post["pk"],
        "original",
        post["user"]["username"],
        epoch(post["taken_at"]),
        written((post["caption"] or {"text": ""})["text"]),
        (
            None if post["like_and_view_counts_disabled"] else post["like_count"],
            post["media_repost_count"],
            post["comment_count"],
            None,
            post["view_count"],
        ),
    )


def tiktok_in_a_browser(post: dict[str, Any]) -> Seen:
    return Seen(
        "tiktok",
        post["id"],
        "original",
        post["author"]["uniqueId"],
        epoch(post["createTime"]),
        [it["hashtagName"] for it in post["textExtra"] if it["hashtagName"]],
        (
            *(post["stats"][f"{it}Count"] for it in ("digg", "share", "comment")),
            None,
            post["stats"]["playCount"],
        ),
    )


#: A recorded answer and who reads it; `#1` names the second body of a cassette.
ANSWERS: dict[str, Oracle] = {
    "x/media_policy_violation_off.jsonl": x,
    "x/brexit.jsonl": x,
    "x/streaming_output_with_error.jsonl": x,
    "x/verified_type.jsonl": x,
    "x/geo_tweets.jsonl": x,
    "x/payload-v2.json": x,
    "x/payload-v2-tweet-retweet.json": x,
    "bluesky/app.bsky.feed.searchPosts_b1263.json": bluesky,
    "bluesky/app.bsky.feed.searchPosts_bb16d.json": bluesky,
    "bluesky/f_feedfeed.replay.json#0": bluesky,
    "bluesky/f_getquotes.replay.json#0": bluesky,
    "mastodon/get_timeline_hashtag_default.replay.json#0": mastodon,
    "mastodon/get_timeline_public_instance.replay.json#0": mastodon,
    "mastodon/get_context_with_ancesters.replay.json#0": mastodon,
    "mastodon/test_hashtag_tl.replay.json#1": mastodon,
    "mastodon/test_entity_status.replay.json#0": mastodon,
    "mastodon/test_entity_status.replay.json#1": mastodon,
    "reddit/TestSubreddit.test_search.replay.json#0": reddit,
    "reddit/TestSubredditListings.test_new.replay.json#0": reddit,
    "reddit/TestSubmission.test_duplicates.replay.json#0": reddit,
    "reddit/TestComment.test_refresh.replay.json#0": reddit,
    "reddit/TestComment.test_refresh.replay.json#1": reddit,
    "youtube/apidata__videos__videos_info_multi.json": youtube,
    "youtube/apidata__search__search_by_keywords_p1.json": youtube,
    "youtube/apidata__comment_threads__comment_threads_by_video_paged_1.json": youtube,
    "youtube/modeldata__videos__video_api_response.json": youtube,
    "imports/zeeschuimer-twitter-2023.ndjson": zeeschuimer,
    "imports/zeeschuimer-instagram-2026-1.ndjson": zeeschuimer,
    "imports/zeeschuimer-tiktok-item.json": zeeschuimer,
}

#: One campaign on all networks; the accounts of X come from two kinds of file.
MIXED = (
    "x/brexit.jsonl",
    "bluesky/app.bsky.feed.searchPosts_bb16d.json",
    "mastodon/get_timeline_hashtag_default.replay.json#0",
    "reddit/TestSubreddit.test_search.replay.json#0",
    "youtube/modeldata__videos__video_api_response.json",
    "imports/zeeschuimer-twitter-2023.ndjson",
    "imports/zeeschuimer-instagram-2026-1.ndjson",
    "imports/zeeschuimer-tiktok-item.json",
)

#: Lines that are not whole, by file.
BROKEN = {"x/streaming_output_with_error.jsonl": 1}


def answer(fixtures: Path, name: str, folder: Path) -> Path:
    """The file of a recorded answer; a cassette's body is taken out of it."""
    file, _, body = name.partition("#")
    if not body:
        return fixtures / file
    recorded = json.loads((fixtures / file).read_text(encoding="utf-8"))
    path = folder / f"{Path(file).name.partition('.replay')[0]}-{body}.json"
    path.write_text(json.dumps(recorded[int(body)]["response"]["body"]), encoding="utf-8")
    return path


def check(summary: dict[str, Any], seen: list[Seen]) -> None:
    """Every number equals; of hashtags, the 20 most frequent in order, ties as they come."""
    counted = expected(seen)
    tags = counted.pop("top_hashtags")
    shown = summary["top_hashtags"]
    assert [posts for _, posts in shown] == sorted(tags.values(), reverse=True)[:20]
    assert dict(shown).items() <= tags.items()
    assert len(dict(shown)) == len(shown)
    days = [day for day, _ in summary["per_day"]]
    assert days == sorted(set(days))
    rest = {**summary, "per_day": dict(summary["per_day"])}
    assert {name: rest[name] for name in counted} == counted
    assert set(summary) == {*counted, "top_hashtags", "version"}


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], home: Path) -> Command:
    """A command of ours run here, in an empty home: its exit code and what it printed."""

    def run(program: Any, *arguments: str | Path) -> tuple[int, Any]:
        capsys.readouterr()
        code = program.__main__.main([*map(str, arguments), "--campaign", "essai", "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.mark.parametrize("name", ANSWERS)
def test_every_number_of_a_recorded_answer_is_right_and_stays_so(
    name: str, command: Command, fixtures: Path, tmp_path: Path
) -> None:
    path = answer(fixtures, name, tmp_path)
    seen = list(ANSWERS[name](path))
    assert seen
    code, report = command(collectors, "import", path)
    assert code == 0
    assert report["new"] == len({post.post_id for post in seen})
    assert report["refused"] == BROKEN.get(name, 0)
    code, summary = command(reports, "summary")
    assert code == 0
    check(summary, seen)

    code, report = command(collectors, "import", path)
    assert (code, report["new"]) == (0, 0)
    assert command(reports, "summary") == (0, summary)


def test_a_campaign_of_many_networks_adds_up_without_youtube(
    command: Command, fixtures: Path, tmp_path: Path
) -> None:
    paths = {name: answer(fixtures, name, tmp_path) for name in MIXED}
    seen = [post for name, path in paths.items() for post in ANSWERS[name](path)]
    code, report = command(collectors, "import", *paths.values())
    assert code == 0
    assert report["new"] == len({(post.network, post.post_id) for post in seen})
    _, summary = command(reports, "summary")
    check(summary, seen)
    assert len(summary["by_network"]) == 7
    assert summary["posts"] == report["new"] - summary["by_network"]["youtube"]

    assert command(collectors, "import", *reversed(paths.values()))[1]["new"] == 0
    assert command(reports, "summary") == (0, summary)


def test_the_newest_sight_of_a_post_counts_wherever_it_stands_in_the_file(
    command: Command, fixtures: Path, tmp_path: Path
) -> None:
    [page] = lines(fixtures / "x/verified_type.jsonl")
    sights = []
    for hour, likes in ((3, 10), (5, 30), (4, 20)):
        page["__twarc"]["retrieved_at"] = f"2023-01-06T0{hour}:00:00+00:00"
        page["data"][0]["public_metrics"]["like_count"] = likes
        sights.append(json.dumps(page))
    path = tmp_path / "three-times.jsonl"
    path.write_text("\n".join(sights), encoding="utf-8")
    assert command(collectors, "import", path)[1]["new"] == 1
    _, summary = command(reports, "summary")
    assert (summary["posts"], summary["likes"], summary["authors"]) == (1, 30, 1)


@pytest.mark.parametrize("name", ["x/brexit.jsonl", "imports/zeeschuimer-twitter-2023.ndjson"])
@pytest.mark.parametrize("ending", ["gz", "zip"])
def test_a_packed_file_gives_the_numbers_of_the_file(
    name: str,
    ending: str,
    command: Command,
    fixtures: Path,
    tmp_path: Path,
) -> None:
    path = fixtures / name
    packed = tmp_path / f"{path.name}.{ending}"
    if ending == "gz":
        packed.write_bytes(gzip.compress(path.read_bytes()))
    else:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, path.name)
    seen = list(ANSWERS[name](path))
    assert command(collectors, "import", packed)[0] == 0
    check(command(reports, "summary")[1], seen)

    assert command(collectors, "import", path)[1]["new"] == 0
    check(command(reports, "summary")[1], seen)


@pytest.mark.parametrize(
    "name",
    [
        "x/counts.jsonl",
        "x/tweets_compliance.jsonl",
        "bluesky/app.bsky.actor.getProfiles_0f35e.json",
        "bluesky/app.bsky.feed.getRepostedBy_95deb.json",
        "mastodon/get_reblogged_by_default.replay.json#0",
        "youtube/apidata__channels__info_multiple.json",
    ],
)
def test_a_file_without_posts_is_refused_in_the_language_of_the_computer(
    name: str,
    command: Command,
    fixtures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = answer(fixtures, name, tmp_path)
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    code, french = command(collectors, "import", path)
    assert code == 1
    [refused] = french["files"]
    assert refused["file"] == path.name
    assert refused["error"]
    assert refused["reason"].startswith(("« ", "«\u00a0"))
    assert refused["reason"].endswith(".")

    monkeypatch.setenv("LANG", "en_US.UTF-8")
    code, english = command(collectors, "import", path)
    assert code == 1
    [in_english] = english["files"]
    assert in_english["error"] == refused["error"]
    assert in_english["reason"] != refused["reason"]
    assert "«" not in in_english["reason"]
    check(command(reports, "summary")[1], [])


def test_the_commands_work_from_a_terminal(fixtures: Path, tmp_path: Path) -> None:
    french = {
        **{it: os.environ[it] for it in os.environ if not it.startswith(("LC_", "LANG"))},
        "PORTE_VOIX_HOME": str(tmp_path / "Été à Lomé"),
        "PYTHONIOENCODING": "utf-8",
        "TZ": "Pacific/Kiritimati",  # where a UTC day is another day for 14 hours
    }

    def run(*arguments: str | Path, **language: str) -> tuple[int, Any]:
        done = subprocess.run(
            [sys.executable, "-m", *map(str, arguments), "--campaign", "essai", "--json"],
            cwd=ROOT,
            env=french | language,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    name = "x/media_policy_violation_off.jsonl"
    path = fixtures / name
    code, report = run("collectors", "import", path, fixtures / "x/counts.jsonl")
    assert (code, report["new"]) == (1, 100)
    assert "pas les publications" in report["files"][1]["reason"]
    code, summary = run("reports", "summary", LANG="en_US.UTF-8")
    assert code == 0
    check(summary, list(ANSWERS[name](path)))
    code, report = run("collectors", "import", fixtures / "x/counts.jsonl", LANG="en_US.UTF-8")
    assert code == 1
    assert "«" not in report["files"][0]["reason"]
