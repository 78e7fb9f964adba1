"""Long work in the background: it goes on while pages are changed, reloaded or closed.

The work never touches the page; the page asks how far it is. One process keeps its jobs, and
a job is found again by the id that stands in the address.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import streamlit as st

from views.parts import address

#: The job whose progress or report is shown.
CHOICE = address.free_text("job", 12)

_KEPT = 20


@dataclass
class Job:
    """Work under way: what it shows of itself, and the event that asks it to stop."""

    job_id: str = field(default_factory=lambda: uuid4().hex[:12])
    stop: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)


@st.cache_resource
def _jobs() -> OrderedDict[str, Job]:
    return OrderedDict()


def start(job: Job, work: Callable[[], None]) -> str:
    """Runs `work` in a thread that ends with the program; gives the job's id."""

    def run() -> None:
        try:
            work()
        finally:
            job.done.set()

    jobs = _jobs()
    jobs[job.job_id] = job
    finished = [it for it, other in jobs.items() if other.done.is_set()]
    for job_id in finished[: max(0, len(jobs) - _KEPT)]:
        del jobs[job_id]
    threading.Thread(target=run, name=f"job-{job.job_id}", daemon=True).start()
    return job.job_id


def find(job_id: str) -> Job | None:
    """The job of this id; None when this process has none (it was restarted)."""
    return _jobs().get(job_id)
