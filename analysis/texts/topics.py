"""What posts are about: the topics that hold, found language by language.

TF-IDF of words and pairs of words, then the factorisation of `analysis.texts.factors`, which also
says how it stays clear of the hours that its method would take. Besides:

- A text that was published many times is learnt from once, and counts each time.
- Topics are learnt from at most `LEARNT` different texts, those of the smallest `post_id`:
  pseudonyms are random, so these are a sample, and always the same one. Every post is then
  given to what was learnt. What less than one post in a hundred is about is not found.
- A term is one that at least `FEWEST_ACCOUNTS` accounts use: no account's own word names a
  topic.
- A post is about a topic only if it has one of the topic's terms: shares of a text are shares
  of what the topics explain of it, however little that is.

The tests compare this with the whole method, on a corpus that is small enough for it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.measure import FEWEST_ACCOUNTS
from analysis.texts import factors
from analysis.texts.content import folded
from analysis.texts.stopwords import ENGLISH_REMNANTS, FRENCH
from data.model import normal_hashtag

#: A topic is shown if it is as stable, of as many posts, by `FEWEST_ACCOUNTS` or more.
LEAST_STABILITY, FEWEST_POSTS = 0.5, 20

#: A post is about the topic that has at least this share of it, if it has any of its terms.
LEAST_SHARE = 0.4

#: How many of its posts stand for a topic.
BEST = 10

#: A name belongs to the topic whose terms are at least as like those that were named (Jaccard).
SAME = 0.5

#: Texts to learn from: of all languages, of one at least, and without which none is tried.
LEARNT, LEARNT_AT_LEAST, FEWEST_TEXTS = 5_000, 1_000, 100

#: Different texts that a term stands in.
FEWEST_TEXTS_OF_TERM = 3

_TITLE = 3
_NOT_WORDS = r"https?://\S+|www\.\S+|@\S*"
#: Letters and figures, the first a letter, with the marks above and below them.
_WORD = r"(?u)[^\W\d_][\w\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670]+"
_NO_LANGUAGE = ("", "un", "und", "zxx")


class Stopped(Exception):
    """Somebody asked for an end before there was a result."""


@dataclass(frozen=True)
class Topic:
    """What many posts by many accounts are about.

    `language` is its code, None where networks give none; `terms` stand the heaviest first;
    `stability` is their mean likeness (Jaccard, 0 to 1) with those that are found when a fifth
    of the texts is left out; `engagements` are those of the `n_engagements` posts that publish
    any, None where none does.
    """

    language: str | None
    terms: tuple[str, ...]
    stability: float
    posts: int
    authors: int
    engagements: int | None
    n_engagements: int

    @property
    def title(self) -> str:
        """Its first terms, none of which says again what another one says.

        >>> Topic("fr", ("eau", "eau claire", "puits", "seaux", "matin"), 1, 20, 5, None, 0).title
        'eau · puits · seaux'
        """
        said: list[str] = []
        for term in self.terms:
            if not any({*term.split()} & {*other.split()} for other in said):
                said.append(term)
        return " · ".join(said[:_TITLE])

    @property
    def code(self) -> str:
        """What it is called in an address: the same as long as its terms are."""
        known_by = " ".join([self.language or "", *sorted(self.terms)])
        return sha256(known_by.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Corpus:
    """The posts of a language, and how many of them are about a topic that is shown.

    `number` of topics were looked for, as stable together as `stability`; both are None for
    too few texts.
    """

    language: str | None
    posts: int
    texts: int
    in_topics: int
    number: int | None
    stability: float | None


@dataclass(frozen=True)
class Found:
    """Topics, most posts first, and what they rest on.

    `days` has a row a language (empty: unknown), topic and UTC day with posts: `language`,
    `topic` (its place among `topics`, -1 for none), `day` (date), `posts`. `best` has the most
    engaging posts of each topic: `topic`, `post_id`, `network`, `kind`, `published_at`,
    `text`, `engagements`.
    """

    topics: tuple[Topic, ...]
    corpora: tuple[Corpus, ...]
    days: pd.DataFrame
    best: pd.DataFrame


def find(
    texts: pd.DataFrame,
    *,
    hashtags: Collection[str] = (),
    progress: Callable[[float], None] = lambda share: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Found:
    """The topics of posts, which takes seconds: `progress` is told the share that is done.

    `texts` is the frame of `aggregates.texts`. `hashtags` are the campaign's own: they stand
    in every post, so they are no topic.

    Raises:
        Stopped: `is_stopped` said so.
    """
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    posts = texts.reset_index(drop=True)
    posts = posts.assign(language=_languages(posts["language"]), said=_said(posts["text"]))
    sizes = posts.groupby("language")["said"].nunique()
    learnt = {str(it): _learnt(int(size), int(sizes.sum())) for it, size in sizes.items()}
    whole, done = sum(learnt.values()) or 1, 0.0

    def step(share: float) -> None:
        nonlocal done
        if is_stopped():
            raise Stopped
        done = min(done + share, 1.0)
        progress(done)

    stop_words = _stop_words(hashtags)
    models: dict[str, _Model | None] = {}
    # Products of matrices this small are slower on several threads.
    with (
        threadpool_limits(1),
        warnings.catch_warnings(action="ignore", category=ConvergenceWarning),
    ):
        for language, rows in posts.groupby("language"):
            size = learnt[str(language)]

            def step_of_language(share: float, part: float = size / whole) -> None:
                step(share * part)

            models[str(language)] = _learn(rows, size, stop_words, step_of_language)
    return _found(posts, models)


def names(topics: Sequence[Topic], named: pd.DataFrame) -> list[tuple[str, tuple[str, ...]] | None]:
    """The name that each topic was given, with the terms that it was given for; None for none.

    `named` is the frame of `Lake.topic_names` (`language`, `terms`, `name`, the newest first).
    A name stays with the topic whose terms are most like those it was given for, at least
    `SAME`: topics that are found anew keep their names.
    """
    given = list(zip(named["language"], named["terms"], named["name"], strict=True))
    likeness = [
        (_jaccard(topic.terms, terms), -age, place)
        for place, topic in enumerate(topics)
        for age, (language, terms, _) in enumerate(given)
        if language == topic.language
    ]
    found: list[tuple[str, tuple[str, ...]] | None] = [None] * len(topics)
    for alike, newness, place in sorted(likeness, reverse=True):
        _, terms, name = given[-newness]
        if alike >= SAME and found[place] is None and (name, terms) not in found:
            found[place] = name, terms
    return found


@dataclass(frozen=True)
class _Model:
    """The topics of a language, and the one of each of its posts (-1: none)."""

    terms: list[tuple[str, ...]]
    stabilities: NDArray[np.float64]
    of_posts: NDArray[np.int64]


def _learn(
    posts: pd.DataFrame, learnt: int, stop_words: list[str], step: Callable[[float], None]
) -> _Model | None:
    """The topics of posts of one language, in the order of their ids; None for too few texts."""
    from sklearn.base import clone
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

    step(0.0)
    if not learnt:
        return None
    text_of_posts, texts = pd.factorize(posts["said"])
    counter = CountVectorizer(
        ngram_range=(1, 2),
        stop_words=stop_words,
        token_pattern=_WORD,
        lowercase=False,
        dtype=np.float32,
    )
    try:
        sample = counter.fit_transform(texts[:learnt])
    except ValueError:  # there is no word in any of them
        return None
    texts_with = np.asarray((sample > 0).sum(axis=0)).ravel()
    authors_of = _authors(posts["author_id"], text_of_posts, sample)
    is_shared = (texts_with >= FEWEST_TEXTS_OF_TERM) & (authors_of >= FEWEST_ACCOUNTS)
    if not is_shared.any():
        return None
    terms = counter.get_feature_names_out()[is_shared]
    counts = clone(counter).set_params(vocabulary=terms).transform(texts)
    rows = TfidfTransformer(sublinear_tf=True).fit(counts[:learnt]).transform(counts)
    found = factors.most_stable(rows[:learnt], step)
    if found is None:
        return None
    shares = factors.shares(rows, found)
    heaviest = factors.heaviest(found.weights)
    # A text that hardly speaks of any topic would have all of its small share in one of them.
    shares *= np.column_stack([np.asarray(rows[:, at].sum(axis=1)).ravel() > 0 for at in heaviest])
    of_texts = np.where(shares.max(axis=1) >= LEAST_SHARE, shares.argmax(axis=1), -1)
    return _Model(
        [tuple(str(it) for it in terms[at]) for at in heaviest],
        found.stabilities,
        of_texts[text_of_posts],
    )


def _authors(author_ids: pd.Series[Any], text_of_posts: NDArray[Any], sample: Any) -> NDArray[Any]:
    """How many known accounts use each term of the sample."""
    from scipy.sparse import csr_matrix

    author, ids = pd.factorize(author_ids)
    is_there = (author >= 0) & (text_of_posts < sample.shape[0])
    wrote = csr_matrix(
        (np.ones(is_there.sum(), np.float32), (author[is_there], text_of_posts[is_there])),
        shape=(len(ids), sample.shape[0]),
    )
    return np.asarray(((wrote @ sample) > 0).sum(axis=0)).ravel()


def _found(posts: pd.DataFrame, models: Mapping[str, _Model | None]) -> Found:
    """Every post with its topic, and of the topics those that may be shown."""
    learnt: list[tuple[str | None, tuple[str, ...], float]] = []
    place = pd.Series(-1, index=posts.index)
    for language, model in models.items():
        if model is not None:
            of_posts = model.of_posts
            is_of_language = posts["language"] == language
            place[is_of_language] = np.where(of_posts < 0, -1, of_posts + len(learnt))
            codes = [language or None] * len(model.terms)
            learnt += zip(codes, model.terms, model.stabilities.tolist(), strict=True)
    numbers = (
        posts[place >= 0]
        .groupby(place[place >= 0])
        .agg(
            posts=("post_id", "size"),
            authors=("author_id", "nunique"),
            engagements=("engagements", "sum"),
            n_engagements=("engagements", "count"),
        )
    )
    numbers = numbers.assign(stability=[learnt[at][2] for at in numbers.index])
    is_shown = (
        (numbers["stability"] >= LEAST_STABILITY)
        & (numbers["posts"] >= FEWEST_POSTS)
        & (numbers["authors"] >= FEWEST_ACCOUNTS)
    )
    shown = numbers[is_shown].sort_values("posts", ascending=False, kind="stable")
    ranks = {int(at): rank for rank, at in enumerate(shown.index)}
    sums = shown[["posts", "authors", "engagements", "n_engagements"]].to_numpy(np.int64)
    posts = posts.assign(topic=place.map(ranks).fillna(-1).astype(int))
    return Found(
        tuple(
            Topic(*learnt[at], number, authors, engagements if n else None, n)
            for at, (number, authors, engagements, n) in zip(ranks, sums.tolist(), strict=True)
        ),
        _corpora(posts, models),
        _days(posts),
        _best(posts),
    )


def _corpora(posts: pd.DataFrame, models: Mapping[str, _Model | None]) -> tuple[Corpus, ...]:
    found = [
        Corpus(
            language or None,
            len(rows := posts[posts["language"] == language]),
            rows["said"].nunique(),
            int((rows["topic"] >= 0).sum()),
            None if model is None else len(model.terms),
            None if model is None else float(model.stabilities.mean()),
        )
        for language, model in models.items()
    ]
    return tuple(sorted(found, key=lambda it: it.posts, reverse=True))


def _days(posts: pd.DataFrame) -> pd.DataFrame:
    dated = posts[posts["published_at"].notna()]
    day = dated["published_at"].dt.tz_convert("UTC").dt.date
    days = dated.assign(day=day).groupby(["language", "topic", "day"])
    return days.size().reset_index(name="posts")


def _best(posts: pd.DataFrame) -> pd.DataFrame:
    columns = ["topic", "post_id", "network", "kind", "published_at", "text", "engagements"]
    return (
        posts[posts["topic"] >= 0]
        .sort_values(["engagements", "post_id"], ascending=[False, True])
        .drop_duplicates(["topic", "said"])
        .groupby("topic")
        .head(BEST)
        .sort_values("topic", kind="stable")[columns]
        .reset_index(drop=True)
    )


def _learnt(texts: int, of: int) -> int:
    """How many of a language's texts are learnt from; none where there are too few."""
    if texts < FEWEST_TEXTS:
        return 0
    return min(texts, max(LEARNT_AT_LEAST, round(LEARNT * texts / of)))


def _languages(codes: pd.Series[Any]) -> pd.Series[Any]:
    """Languages without their regions; empty where none is given."""
    bare = codes.fillna("").astype(str).str.lower().str.split("-").str[0]
    return bare.where(~bare.isin(_NO_LANGUAGE), "")


def _said(texts: pd.Series[Any]) -> pd.Series[Any]:
    """Texts without addresses and names of accounts, in small letters."""
    bare = texts.str.replace(_NOT_WORDS, " ", regex=True).str.lower()
    return bare.str.normalize("NFC").str.strip()


def _stop_words(hashtags: Collection[str]) -> list[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    own = {it for tag in hashtags for it in (normal_hashtag(tag), folded(tag))}
    return sorted(FRENCH | ENGLISH_STOP_WORDS | ENGLISH_REMNANTS | own)


def _jaccard(one: Collection[str], other: Collection[str]) -> float:
    return len({*one} & {*other}) / (len({*one} | {*other}) or 1)
