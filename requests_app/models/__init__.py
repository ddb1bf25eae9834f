"""Tables of the requests app, and the verbs that change them."""

from requests_app.models.allocation import AllocationDecision, DecisionSums, LineOutcome
from requests_app.models.calendar import CalendarException, CutoffChange
from requests_app.models.campaign import Campaign, CampaignItem, RuleSettings
from requests_app.models.claim import Claim
from requests_app.models.delivery import Delivery
from requests_app.models.event import RequestEvent
from requests_app.models.follow import Follow
from requests_app.models.handoff import ExportLog, HandOff, HandOffRow
from requests_app.models.intake import CampaignText, Schedule
from requests_app.models.list_choice import ListChoice
from requests_app.models.progress import (
    InstitutionOpen,
    InstitutionStock,
    PrefectureRound,
    PrefectureStanding,
    ProgressState,
    PublicSwitch,
    PublishedTable,
    RequestFigure,
    StockFigure,
)
from requests_app.models.question import Question
from requests_app.models.reminding import SurveyReminding
from requests_app.models.request import Content, RecentView, RequestLine, SosRequest
from requests_app.models.shipment import Receipt, Shipment, ShipmentUpload
from requests_app.models.typed_draft import TypedDraft, Typing
from requests_app.models.waiting import UndecidedLine, UnhandedLine

__all__ = [
    "AllocationDecision",
    "CalendarException",
    "Campaign",
    "CampaignItem",
    "CampaignText",
    "Claim",
    "Content",
    "CutoffChange",
    "DecisionSums",
    "Delivery",
    "ExportLog",
    "Follow",
    "HandOff",
    "HandOffRow",
    "InstitutionOpen",
    "InstitutionStock",
    "LineOutcome",
    "ListChoice",
    "PrefectureRound",
    "PrefectureStanding",
    "ProgressState",
    "PublicSwitch",
    "PublishedTable",
    "Question",
    "Receipt",
    "RecentView",
    "RequestEvent",
    "RequestFigure",
    "RequestLine",
    "RuleSettings",
    "Schedule",
    "Shipment",
    "ShipmentUpload",
    "SosRequest",
    "StockFigure",
    "SurveyReminding",
    "TypedDraft",
    "Typing",
    "UndecidedLine",
    "UnhandedLine",
]
