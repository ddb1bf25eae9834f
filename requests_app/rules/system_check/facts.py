"""What the system check looks at: plain data, read from locked rows by whoever runs it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Severity(StrEnum):
    """ERROR stops the application (エラー有り), WARNING only tells (注意のみ)."""

    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True)
class Rules:
    """One version of a campaign's rule settings. An unset maximum is not tested."""

    version: int
    survey_valid_days: int = 7
    max_weeks_of_stock: Decimal | None = None
    weeks_of_stock_severity: Severity = Severity.ERROR
    max_weeks_requested: Decimal | None = None
    weeks_requested_severity: Severity = Severity.WARNING
    pack_severity: Severity = Severity.WARNING


NO_CAMPAIGN = Rules(version=0)
"""What the other rules go by while no campaign exists: its own absence is R1's to report."""


@dataclass(frozen=True)
class Figures:
    """The survey's three figures of one item, in its unit; None where the answer left a blank."""

    stock: int | None
    weekly_consumption: int | None
    weekly_purchase: int | None


@dataclass(frozen=True)
class OtherRequest:
    """Another request of the institution for the same item that is under review."""

    number: str
    title: str
    quantity: int


@dataclass(frozen=True)
class LineFacts:
    """One ticked item: what is asked for, and what the latest answer says of it (`figures` None: nothing)."""

    item_id: int
    item_label: str
    unit: str
    pack_unit: str
    pack_size: int
    quantity: int | None
    accepted_by_campaign: bool
    figures: Figures | None
    others_under_review: tuple[OtherRequest, ...] = ()


@dataclass(frozen=True)
class InstitutionFacts:
    """The particulars R3 asks for, as registered, and whether the institution is suspended (R6)."""

    name: str
    code: str
    postal_code: str
    address: str
    telephone: str
    contact_person: str
    email: str
    suspended: bool = False
    suspension_reason: str = ""


@dataclass(frozen=True)
class CheckInput:
    """Everything the check looks at. Moments are aware; `last_answered_at`, `answer_id` and `answer_version` belong
    to the answer that the lines' figures were read from."""

    now: datetime
    campaign_open: bool
    campaign_name: str
    rules: Rules | None
    institution: InstitutionFacts
    last_answered_at: datetime | None
    answer_id: int | None
    answer_version: int | None
    lines: tuple[LineFacts, ...]
