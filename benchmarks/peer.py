"""twarc-csv at the same work; runs in the environment of `requirements.txt` alone."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any


def convert(file: str, csv: str) -> dict[str, Any]:
    """Write a file of twarc2 as CSV, as `twarc2 csv` does by default; without a progress bar."""
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
