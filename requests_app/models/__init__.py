"""Tables of the requests app, and the verbs that change them."""

from requests_app.models.calendar import CalendarException, CutoffChange
from requests_app.models.campaign import Campaign, CampaignItem, RuleSettings
from requests_app.models.claim import Claim
from requests_app.models.event import RequestEvent
from requests_app.models.progress import (
    InstitutionOpen,
    InstitutionStock,
    PrefectureRound,
    PrefectureStanding,
    ProgressState,
    PublicSwitch,
    RequestFigure,
    StockFigure,
)
from requests_app.models.question import Question
from requests_app.models.request import Content, RecentView, RequestLine, SosRequest

__all__ = [
    "CalendarException",
    "Campaign",
    "CampaignItem",
    "Claim",
    "Content",
    "CutoffChange",
    "InstitutionOpen",
    "InstitutionStock",
    "PrefectureRound",
    "PrefectureStanding",
    "ProgressState",
    "PublicSwitch",
    "Question",
    "RecentView",
    "RequestEvent",
    "RequestFigure",
    "RequestLine",
    "RuleSettings",
    "SosRequest",
    "StockFigure",
]
