"""The simulator's campaign, many times over: a lake with as many posts as asked for.

Each copy is a crowd of its own: other accounts and other posts, which refer to one another
only, up to an hour earlier or later, with texts and one hashtag that no other copy has; ten
copies share their links. So accounts, texts, links and tags grow with the posts, and so do the
traces of coordination, while days, networks, kinds and counts stay as the simulator drew them.
"""

from __future__ import annotations

import shutil
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks import child

#: The campaign that is multiplied, and what its multiple is called.
SIMULATED = "demo-bancs"
CAMPAIGN = "mesure"

_POINTERS = ("post", "root", "repost_of", "reply_to", "quote_of")
_ACCOUNTS = ("author", *(f"{pointer}_author" for pointer in _POINTERS[2:]))
_IDS = ",\n    ".join(
    f"md5({name}_id || copy)[:26] as {name}_id" for name in (*_POINTERS, *_ACCOUNTS)
)
_COPIES = f"""
with shifted as (
    select simulated.*, copy, to_seconds(
        (md5_number_lower(copy || ' ' || published_at::date) % 7200)::bigint - 3600
    ) as later
    from simulated, range({{copies}}) as numbers(copy)
    where month = '{{month}}' and copy * {{size}} + place < {{posts}}
)
select * exclude (place, copy, later) replace (
    '{CAMPAIGN}' as campaign_id,
    strftime(published_at + later, '%Y-%m') as month,
    {_IDS},
    published_at + later as published_at,
    observed_at + later as observed_at,
    replace(if(text[1] = '@', '@' || md5(text[2:27] || copy)[:26] || text[28:], text),
        '#LaSalleEstOuverte', '#LaSalleEstOuverte' || copy) || ' (' || copy || ')' as text,
    list_transform(hashtags, lambda it: if(it = 'lasalleestouverte', it || copy, it)) as hashtags,
    list_transform(mentions, lambda it: md5(it || copy)[:26]) as mentions,
    list_transform(links, lambda it: it || '/' || copy // 10) as links
)
from shifted
"""


def home(posts: int, cache: Path) -> Path:
    """The home of a lake with `posts` posts of `CAMPAIGN`, written on first use.

    It is named by what makes it, so that no older one is measured. As `PORTE_VOIX_HOME` it
    is the app's.
    """
    from data.lake import Lake

    made_by = Path(__file__).read_bytes() + Lake.demo().version(SIMULATED).encode()
    folder = cache / f"campaign-{posts}-{sha256(made_by).hexdigest()[:8]}"
    if not folder.exists():
        print(f"writing {folder} …", flush=True)
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        child.run(sys.executable, "benchmarks.campaign", "write", unfinished, str(posts))
        unfinished.replace(folder)
    return folder


def write(home: str, posts: str) -> dict[str, Any]:
    """Fill a fresh lake, month by month, so that memory stays the same for any number."""
    from data.lake import Lake
    from data.model import Campaign
    from data.tables import connect

    lake = Lake(Path(home))
    lake.create(Campaign(CAMPAIGN, f"{int(posts):,}"))
    with connect(Path(home, "spill")) as connection:
        connection.register("demo", Lake.demo().posts(SIMULATED).collect("pyarrow").to_native())
        connection.execute(
            "create table simulated as select *,"
            " row_number() over (order by published_at, post_id) - 1 as place from demo"
        )
        rows = connection.execute("select month, count(*) from simulated group by all order by all")
        months = dict(rows.fetchall())
        size = sum(months.values())
        for month in months:
            copies = connection.sql(
                _COPIES.format(
                    month=month, size=size, posts=int(posts), copies=-(-int(posts) // size)
                )
            )
            lake.store.posts.write(pa.RecordBatchReader.from_stream(copies))
    return {}
