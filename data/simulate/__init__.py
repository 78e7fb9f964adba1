"""A campaign that never happened, with truths planted in it to be found again.

It is what the dashboard shows before anybody has collected anything, what tests and
notebooks run on, and how methods are checked: here, and only here, the right answer is
known. Accounts, places and words are invented; every account id begins with `demo_`.

The same seed gives the same posts on every machine: all chance comes from the fractions
of PCG64, and these meet only products, quotients, roots and a threshold for Poisson numbers.
"""

from data.simulate.ages import READ_AT_HOURS, readings
from data.simulate.campaigns import SimulatedCampaign, Simulation, simulate
from data.simulate.crowd import SimulatedAudiences, audiences
from data.simulate.people import LOCAL_GROUPS
from data.simulate.truth import Truth
from data.simulate.year import FIRST_DAY, LAST_DAY, PRESS_DAY, WORKSHOPS

__all__ = [
    "FIRST_DAY",
    "LAST_DAY",
    "LOCAL_GROUPS",
    "PRESS_DAY",
    "READ_AT_HOURS",
    "WORKSHOPS",
    "SimulatedAudiences",
    "SimulatedCampaign",
    "Simulation",
    "Truth",
    "audiences",
    "readings",
    "simulate",
]
