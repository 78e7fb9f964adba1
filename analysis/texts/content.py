"""What worked: when posts do better than their account's usual, and hashtags by their writing.

A post is compared with what is usual for its own account, the median of the account's own
posts: so a small account's success counts as much as a large one's. No figure here is about
one account.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.draws import seeded
from analysis.measure import FEWEST_ACCOUNTS
from data.model import normal_hashtag

#: A time is judged by as many posts of `FEWEST_ACCOUNTS` accounts, at least.
FEWEST_POSTS = 20

#: How many times its account's usual a post has at least: it is told in these steps alone, for
#: an exact ratio would tell what is usual for one account.
STEPS = (2, 3, 5, 10, 20, 50, 100)

#: The analyses of one page, by day, by hour and by both, are sure together: chance alone finds
#: something in at most one page in twenty.
_SURE = 1 - 0.05 / 3

#: How many hours a part of the day has.
HOURS = 3

#: What a hashtag is written in; `local` is Latin with letters of Ewe, Kabiyè and their likes.
SCRIPTS = ("latin", "local", "arabic", "other", "mixed")

_ROUNDS = 2_000
_SEED = 52
_LOCAL_LETTERS = frozenset("ɖɗɓɛəƒɣɩŋɔʊʋƴɲ")
_MARKS_ON_LATIN = re.compile(r"(?<=[a-z\u00df-\u02af])[\u0300-\u036f]+")


def best_times(slots: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """How often posts do better than their account's usual, for each time that they go out.

    `slots` is the frame of `aggregates.by_slot`; `by` names one or both of `weekday` (1 is
    Monday) and `hours` (the first of `HOURS` hours, UTC). One row a time with posts, in order:
    `by`, `posts`, `share` (of the posts that do better; one that does as usual counts half),
    `low` and `high`, `usual` (the share at any time), `verdict`: `better`, `worse` or `same`.
    `share` to `high` and `verdict` are null where there are fewer posts or accounts than
    `FEWEST_POSTS` and `FEWEST_ACCOUNTS`; so many parts of `slots` stand for as many accounts at
    least.

    The intervals hold together, and with those of the other two choices of `by`: of three such
    analyses, chance alone takes any time for better or worse about once in twenty times (Dunn
    1961). They are maxima over a wild bootstrap, in which no time differs, of the parts:
    accounts put together at random, as an account's posts are alike (Cameron, Gelbach and
    Miller 2008; Wolter 2007, chapter 2, for random groups).

    >>> slots = pd.DataFrame({"weekday": [1], "hour": [8], "part": ["a0"], "posts": [3]})
    >>> best_times(slots.assign(twice_better=4), ["weekday"])[["posts", "share", "usual"]]
       posts  share     usual
    0      3    NaN  0.666667
    """
    keys = list(by)
    cells = slots.assign(hours=slots["hour"] // HOURS * HOURS)
    cells = cells.groupby([*keys, "part"], as_index=False)[["posts", "twice_better"]].sum()
    posts = cells.pivot_table(index="part", columns=keys, values="posts", fill_value=0)
    better = cells.pivot_table(index="part", columns=keys, values="twice_better", fill_value=0)
    times = posts.columns.to_frame(index=False).astype(int)
    n, b = posts.to_numpy(float), better.to_numpy(float) / 2
    if not len(times):
        return times.assign(posts=[], share=[], low=[], high=[], usual=[], verdict=[])
    usual = b.sum() / n.sum()
    is_enough = (n.sum(axis=0) >= FEWEST_POSTS) & ((n > 0).sum(axis=0) >= FEWEST_ACCOUNTS)
    share = np.where(is_enough, b.sum(axis=0) / n.sum(axis=0), np.nan)
    margin = _margin(n[:, is_enough], b[:, is_enough], n.sum(axis=1), b.sum(axis=1))
    margins = np.full(len(times), np.nan)
    margins[is_enough] = margin
    difference = share - usual
    verdict = np.select([difference > margins, difference < -margins], ["better", "worse"], "same")
    return times.assign(
        posts=n.sum(axis=0).astype(int),
        share=share,
        low=np.clip(share - margins, 0, 1),
        high=np.clip(share + margins, 0, 1),
        usual=usual,
        verdict=pd.Series(verdict).where(is_enough, None),
    )


def _margin(
    posts: NDArray[np.float64],
    better: NDArray[np.float64],
    all_posts: NDArray[np.float64],
    all_better: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Half the width of each time's interval around its difference from the usual share.

    Rows are parts, columns are times. What a part adds to each difference, if no time differed,
    might as well have had the other sign: signs are drawn, one a part, and the largest
    difference of each draw, in standard errors, says what chance can do.
    """
    if not posts.shape[1]:
        return np.empty(0)
    usual = all_better.sum() / all_posts.sum()
    of_all = (all_better - usual * all_posts) / all_posts.sum()
    added = (better - usual * posts) / posts.sum(axis=0) - of_all[:, None]
    errors = np.sqrt((added**2).sum(axis=0))
    chance = seeded(_SEED)
    signs = chance.choice([-1.0, 1.0], (_ROUNDS, len(posts)))
    away = np.abs(signs @ added) / np.where(errors > 0, errors, np.inf)
    margin: NDArray[np.float64] = np.quantile(away.max(axis=1), _SURE) * errors
    return margin


def step(engagements: float, usual: float) -> int | None:
    """The last of `STEPS` that a post reaches; None under the first.

    An account whose usual is under 1 counts as one of 1.

    >>> step(45, 10), step(4, 0), step(19, 10)
    (3, 3, None)
    """
    reached = [it for it in STEPS if engagements >= it * max(usual, 1)]
    return reached[-1] if reached else None


def folded(hashtag: str) -> str:
    """A hashtag as those write it who write neither accents nor underscores.

    Latin letters alone lose their accents: elsewhere a mark may be a vowel, and the word
    another one. Letters of their own (ɖ, ŋ, ɔ) stay.

    >>> folded("#Liberté_pour_Tous"), folded("ŊUTSU"), folded("حُرية")
    ('libertepourtous', 'ŋutsu', 'حُرية')
    """
    bare = _MARKS_ON_LATIN.sub("", unicodedata.normalize("NFD", normal_hashtag(hashtag)))
    return unicodedata.normalize("NFC", bare).replace("_", "")


def script(hashtag: str) -> str:
    """One of `SCRIPTS`.

    >>> [script(it) for it in ("libertépourtous", "ablɔɖe", "حرية", "свобода", "togoحرية")]
    ['latin', 'local', 'arabic', 'other', 'mixed']
    """
    found = {_script(sign) for sign in unicodedata.normalize("NFD", hashtag) if sign.isalpha()}
    if found == {"latin", "local"}:
        return "local"
    return found.pop() if len(found) == 1 else "mixed" if found else "other"


def _script(letter: str) -> str:
    if letter in _LOCAL_LETTERS:
        return "local"
    name = unicodedata.name(letter, "").split(" ")[0]
    return {"LATIN": "latin", "ARABIC": "arabic"}.get(name, "other")


def together(hashtags: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Hashtags with their spellings in one row, the most used spelling first.

    `hashtags` is the frame of `aggregates.hashtags`; `counts` that of `aggregates.spellings`
    for the groups of several spellings, in the order of `spellings`. Columns: `hashtag`,
    `spellings` (tuple, the others), `script`, `posts`, `engagements`, and `authors`, which is
    that of the spelling with the most: there are at least as many.
    """
    of_tags = hashtags.set_index("hashtag")
    groups = spellings(of_tags.index)
    rows = pd.DataFrame(
        [
            (
                group[0],
                group[1:],
                script(group[0]),
                of_tags.loc[group[0], "posts"],
                of_tags.loc[group[0], "engagements"],
                of_tags.loc[list(group), "authors"].max(),
            )
            for group in groups
        ],
        columns=["hashtag", "spellings", "script", "posts", "engagements", "authors"],
    ).astype(dict.fromkeys(("posts", "engagements", "authors"), "int64[pyarrow]"))
    is_several = rows["spellings"].map(len).astype(bool).to_numpy(bool)
    for name in ("posts", "engagements"):
        rows.loc[is_several, name] = counts[name].to_numpy()
    return rows.sort_values(["posts", "hashtag"], ascending=[False, True], ignore_index=True)


def by_script(hashtags: pd.DataFrame) -> pd.DataFrame:
    """One row a script that occurs: `script`, `hashtags` (how many), `uses` (posts, once a
    hashtag), `authors` (at least); most used first. `hashtags` is the frame of `together`."""
    return (
        hashtags.groupby("script", as_index=False)
        .agg(hashtags=("hashtag", "size"), uses=("posts", "sum"), authors=("authors", "max"))
        .sort_values(["uses", "script"], ascending=[False, True], ignore_index=True)
    )


def spellings(hashtags: Iterable[str]) -> list[tuple[str, ...]]:
    """Hashtags that are one but for accents and underscores, together, in their order.

    >>> spellings(["libertépourtous", "togo", "libertepourtous"])
    [('libertépourtous', 'libertepourtous'), ('togo',)]
    """
    groups: dict[str, list[str]] = {}
    for hashtag in hashtags:
        groups.setdefault(folded(hashtag) or hashtag, []).append(hashtag)
    return [tuple(group) for group in groups.values()]
