"""A small frame in, a plotly figure out; every word comes in as a label.

Figures have no title and no background, so that the page's own show; dates are in digits,
so that no month's name needs translating. `labels` gives the word for each code of a network
or kind (`KeyError` for one that is missing). `separators` are plotly's: the decimal sign,
then the one between thousands.
"""

from analysis.figures.contents import times_chart, topic_chart, week_chart
from analysis.figures.coverage import STATES, coverage_chart
from analysis.figures.drawing import DARK, LIGHT, SEPARATORS, Palette
from analysis.figures.posts import hashtags_chart, posts_by_day_chart, posts_by_kind_chart
from analysis.figures.reach import (
    AGES,
    REACHES,
    audience_chart,
    growth_chart,
    reach_chart,
    share_of_voice_chart,
)

__all__ = [
    "AGES",
    "DARK",
    "LIGHT",
    "REACHES",
    "SEPARATORS",
    "STATES",
    "Palette",
    "audience_chart",
    "coverage_chart",
    "growth_chart",
    "hashtags_chart",
    "posts_by_day_chart",
    "posts_by_kind_chart",
    "reach_chart",
    "share_of_voice_chart",
    "times_chart",
    "topic_chart",
    "week_chart",
]
