"""Topics looked for in the background, off the page's thread."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from analysis.texts import topics
from findings.question import Filters
from views.parts import jobs, loaders
from views.parts.loaders import reader

#: Of more posts a sample is read.
MOST_TEXTS = 100_000

_LOG = logging.getLogger(__name__)

#: The work takes both cores of a laptop: who comes second waits.
_TURN = threading.Lock()
_A_MOMENT = 0.2


@dataclass(kw_only=True)
class TopicSearch(jobs.Job):
    """A search under way: the posts that it is for, and how much of it is done (0 to 1)."""

    chosen: Filters
    share: float = 0.0
    has_failed: bool = False


def of(chosen: Filters) -> TopicSearch | None:
    """The newest search in the posts of a filter, done or not; whoever began it."""
    found = jobs.newest(lambda it: isinstance(it, TopicSearch) and it.chosen == chosen)
    return found if isinstance(found, TopicSearch) else None


def start(chosen: Filters) -> None:
    """Looks for the topics of a filter's posts; `loaders.topics` has them once it is over."""
    campaign = next(it for it in reader.campaigns() if it.campaign_id == chosen.campaign_id)
    read = reader.texts(chosen, MOST_TEXTS)
    job = TopicSearch(chosen=chosen)

    def tell(share: float) -> None:
        job.share = share

    def work() -> None:
        while not _TURN.acquire(timeout=_A_MOMENT):
            if job.stop.is_set():
                return
        try:
            found = topics.find(
                read(), hashtags=campaign.hashtags, progress=tell, is_stopped=job.stop.is_set
            )
            loaders.keep_topics(chosen, found)
        except topics.Stopped:
            pass
        except Exception:
            # The log has what a developer needs, without anybody's post.
            _LOG.exception("a search for topics failed")
            job.has_failed = True
        finally:
            _TURN.release()

    jobs.start(job, work)
