"""Tables of the institutions app."""

from institutions.models.announcement import (
    Announcement,
    AnnouncementContent,
    AnnouncementRead,
    AnnouncementVersion,
    unread_count,
)
from institutions.models.audience import Audience
from institutions.models.inquiry import Inquiry, InquiryMessage
from institutions.models.institution import Institution, InstitutionKind, Particulars, Prefecture
from institutions.models.mailing import AnnouncementMailing
from institutions.models.notice import NoticeChoice
from institutions.models.suspension import Suspension
from institutions.models.user import Membership, Proxy, Role, User

__all__ = [
    "Announcement",
    "AnnouncementContent",
    "AnnouncementMailing",
    "AnnouncementRead",
    "AnnouncementVersion",
    "Audience",
    "Inquiry",
    "InquiryMessage",
    "Institution",
    "InstitutionKind",
    "Membership",
    "NoticeChoice",
    "Particulars",
    "Prefecture",
    "Proxy",
    "Role",
    "Suspension",
    "User",
    "unread_count",
]
