"""The review and the running of campaigns, in Django's admin: fetch through scope, call one verb, show the outcome."""

from requests_app.admin.allocation import AllocationDecisionAdmin
from requests_app.admin.calendar import CalendarExceptionAdmin, CutoffChangeAdmin
from requests_app.admin.campaign import CampaignAdmin
from requests_app.admin.delivery import DeliveryAdmin
from requests_app.admin.handoff import ExportLogAdmin, HandOffAdmin
from requests_app.admin.request import SosRequestAdmin

__all__ = [
    "AllocationDecisionAdmin",
    "CalendarExceptionAdmin",
    "CampaignAdmin",
    "CutoffChangeAdmin",
    "DeliveryAdmin",
    "ExportLogAdmin",
    "HandOffAdmin",
    "SosRequestAdmin",
]
