"""The SOS request, its lines, and what stands beside them. Its verbs are in the modules beside this package."""

from requests_app.models.request.beside import NumberSeries, RecentView
from requests_app.models.request.content import Content
from requests_app.models.request.rows import NEWEST_FIRST, QUESTION_OPEN
from requests_app.models.request.tables import (
    DERIVED,
    RequestLine,
    SosRequest,
    SosRequestQuerySet,
    look_up_entered,
)

__all__ = [
    "DERIVED",
    "NEWEST_FIRST",
    "QUESTION_OPEN",
    "Content",
    "NumberSeries",
    "RecentView",
    "RequestLine",
    "SosRequest",
    "SosRequestQuerySet",
    "look_up_entered",
]
