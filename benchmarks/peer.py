"""The peers at the same work; each runs in the environment of `requirements.txt` alone.

What they read is on the disk, or in memory where so it is said, in the form they want it: making
it is not counted, and counts in their favour.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import warnings
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import child


def convert(file: str, csv: str) -> dict[str, Any]:
    """twarc-csv: a file of twarc2 as CSV, as `twarc2 csv` does by default; no progress bar."""
    from twarc_csv import CSVConverter, DataFrameConverter

    warnings.simplefilter("ignore", FutureWarning)  # of its own pandas, for every 100 lines
    with (
        Path(file).open(encoding="utf-8") as read,
        Path(csv).open("w", encoding="utf-8") as written,
    ):
        converter = CSVConverter(read, written, DataFrameConverter(), hide_progress=True)
        start = time.perf_counter()
        converter.process()
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "posts": converter.converter.counts["rows"]}


def normalise(file: str, csv: str) -> dict[str, Any]:
    """twitwi: the posts of a file of twarc2 in its own form, written as CSV."""
    from csv import writer

    from twitwi import format_tweet_as_csv_row, normalize_tweets_payload_v2
    from twitwi.constants import TWEET_FIELDS

    posts = 0
    with (
        Path(file).open(encoding="utf-8") as read,
        Path(csv).open("w", encoding="utf-8", newline="") as written,
    ):
        rows = writer(written)
        start = time.perf_counter()
        rows.writerow(TWEET_FIELDS)
        for line in read:
            page = normalize_tweets_payload_v2(json.loads(line), collection_source="api")
            rows.writerows(map(format_tweet_as_csv_row, page))
            posts += len(page)
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "posts": posts}


def hashtag_pairs(csv: str, answer: str) -> dict[str, Any]:
    """twitter-explorer: the co-hashtag network of posts in memory."""
    import pandas as pd
    from twitterexplorer.helpers import load_data
    from twitterexplorer.networks import SemanticNetwork

    posts = load_data(csv)
    network = SemanticNetwork()
    start = time.perf_counter()
    network.build_network(posts, network_type="hashtag")
    facts = {"seconds": time.perf_counter() - start, "peak": child.peak()}
    graph = network._graph
    names = graph.vs["name"]
    pairs = Counter(tuple(sorted((names[a], names[b]))) for a, b in graph.get_edgelist())
    rows = [(*pair, number) for pair, number in pairs.items()]
    columns = ["hashtag", "other_hashtag", "posts"]
    pd.DataFrame(rows, columns=columns).to_parquet(answer, index=False)
    return facts


def pagerank(edges: str, answer: str) -> dict[str, Any]:
    """networkx: the graph of edges in memory, and its PageRank to the same precision."""
    import networkx as nx
    import pandas as pd

    known = pd.read_parquet(edges)
    start = time.perf_counter()
    graph = nx.from_pandas_edgelist(
        known, "author_id", "target_id", edge_attr="times", create_using=nx.DiGraph
    )
    # It multiplies the tolerance by the number of accounts.
    tolerance = 1e-10 / len(graph)
    rank = nx.pagerank(graph, weight="times", tol=tolerance, max_iter=1000)
    facts = {"seconds": time.perf_counter() - start, "peak": child.peak()}
    rows = pd.DataFrame(rank.items(), columns=["author_id", "pagerank"])
    rows.to_parquet(answer, index=False)
    return facts


def preprocess(csv: str, database: str) -> dict[str, Any]:
    """coordination-network-toolkit: its database of the posts that matter for one network."""
    from coordination_network_toolkit.preprocess import preprocess_csv_files

    preprocess_csv_files(database, [csv])
    return {}


def co_actions(action: str, database: str, answer: str) -> dict[str, Any]:
    """coordination-network-toolkit: the pairs within 60 seconds, from its database."""
    import resource
    import sqlite3

    import pandas as pd
    from coordination_network_toolkit import compute_networks

    compute, table = {
        "repost": (compute_networks.compute_co_retweet_parallel, "co_retweet_network"),
        "text": (compute_networks.compute_co_tweet_network, "co_tweet_network"),
        "link": (compute_networks.compute_co_link_network, "co_link_network"),
    }[action]
    with TemporaryDirectory() as folder:
        copy = str(Path(folder, "posts.db"))
        shutil.copy(database, copy)
        start = time.perf_counter()
        compute(copy, 60, n_threads=os.cpu_count() or 1, min_edge_weight=1)
        seconds = time.perf_counter() - start
        # Each of its processes is one that ended.
        workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        with sqlite3.connect(copy) as connection:
            rows = pd.read_sql(
                "select user_1 as author_id, user_2 as other_id, weight as objects"
                f" from {table} where user_1 < user_2",
                connection,
            )
    rows.to_parquet(answer, index=False)
    return {"seconds": seconds, "peak": max(child.peak() or 0, workers)}
