"""What officers look at: the queue, the figures beside a request, and what became of it.

Every function begins with rows that `visible_to` gave, or with requests found through it. Costs are per call, whatever
the number of rows in the tables (decision 0007).
"""

from requests_app.queries.officers.bounds import in_status
from requests_app.queries.officers.past import Past, Week, past_requests, weeks_of_figures
from requests_app.queries.officers.rows import (
    ASKED,
    Answer,
    LineView,
    Row,
    last_two_answers,
    latest_answers,
    rows_of,
    view_of,
)
from requests_app.queries.officers.searching import MOST_FOUND, WALKED, Found, search
from requests_app.queries.officers.standing import (
    UNDER_REVIEW,
    QueueFigures,
    Stage,
    late,
    late_count,
    oldest_of_each,
    queue_figures,
    stage_of,
)
from sosportal.lib.counting import MOST, counted, counted_each, told

__all__ = [
    "ASKED",
    "MOST",
    "MOST_FOUND",
    "UNDER_REVIEW",
    "WALKED",
    "Answer",
    "Found",
    "LineView",
    "Past",
    "QueueFigures",
    "Row",
    "Stage",
    "Week",
    "counted",
    "counted_each",
    "in_status",
    "last_two_answers",
    "late",
    "late_count",
    "latest_answers",
    "oldest_of_each",
    "past_requests",
    "queue_figures",
    "rows_of",
    "search",
    "stage_of",
    "told",
    "view_of",
    "weeks_of_figures",
]
