"""Posts with planted topics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

FIRST = pd.Timestamp("2026-06-01", tz="UTC")
SYLLABLES = [f"{one}{two}" for one in "bdfgjklmnprstvz" for two in "aeiouéè"]


def words(first: int, number: int) -> list[str]:
    """Invented words, no two alike."""
    places = [(it, it // 105, it * 7) for it in range(first, first + number)]
    return ["".join(SYLLABLES[it % 105] for it in place) for place in places]


def falling(number: int) -> np.ndarray[Any, Any]:
    """Odds that fall as those of words do."""
    odds = 1 / np.arange(1, number + 1)
    return odds / odds.sum()


def planted(
    posts: int,
    subjects: int,
    *,
    seed: int = 1,
    language: str | None = "fr",
    authors: int = 200,
    own: float = 0.6,
) -> pd.DataFrame:
    """Posts of which each is about one of a few subjects, as the column `subject` says."""
    chance = np.random.default_rng(seed)
    everyday = words(0, 1_500)
    of_subject = [words(2_000 + 400 * seed + 40 * it, 40) for it in range(subjects)]
    subject = chance.integers(0, subjects, posts)
    texts = []
    for each in subject:
        length = int(chance.integers(10, 24))
        about = chance.binomial(length, own)
        said = [
            *chance.choice(of_subject[each], about, p=falling(40)),
            *chance.choice(everyday, length - about, p=falling(1_500)),
        ]
        chance.shuffle(said)
        texts.append(" ".join(said))
    rows = pd.DataFrame(
        {
            "post_id": [f"{seed:02x}{it:024x}" for it in chance.permutation(posts)],
            "author_id": [f"{it:026x}" for it in chance.integers(0, authors, posts)],
            "network": "x",
            "kind": "original",
            "published_at": FIRST + pd.to_timedelta(chance.integers(0, 30 * 86_400, posts), "s"),
            "language": language,
            "text": texts,
            "engagements": chance.integers(0, 50, posts),
            "subject": subject,
        }
    )
    return rows.sort_values("post_id", ignore_index=True)
