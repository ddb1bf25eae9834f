"""Tables of the requests app, and the verbs that change them."""

from requests_app.models.calendar import CalendarException, CutoffChange
from requests_app.models.campaign import Campaign, CampaignItem, RuleSettings
from requests_app.models.event import RequestEvent
from requests_app.models.request import Content, RecentView, RequestLine, SosRequest

__all__ = [
    "CalendarException",
    "Campaign",
    "CampaignItem",
    "Content",
    "CutoffChange",
    "RecentView",
    "RequestEvent",
    "RequestLine",
    "RuleSettings",
    "SosRequest",
]
