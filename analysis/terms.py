"""What networks' terms let be made of their figures: the one place that leaves YouTube out."""

from __future__ import annotations

from collections.abc import Collection

from data.model import Network

#: Networks whose figures may be added to no other's, and nothing estimated from. YouTube's
#: developer policies (III.E.4) allow neither aggregated nor derived data of its API.
RESTRICTED = (Network.YOUTUBE.value,)


def are_restricted(networks: Collection[str]) -> bool:
    """Whether networks may stand in one total because there are none but such.

    >>> are_restricted(["youtube"]), are_restricted(["youtube", "x"]), are_restricted([])
    (True, False, False)
    """
    return len(networks) > 0 and {*networks} <= {*RESTRICTED}
