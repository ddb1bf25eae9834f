"""Admin pages of prefectures, institutions, suspensions, people, announcements and inquiries."""

from institutions.admin.announcements import AnnouncementAdmin
from institutions.admin.inquiries import InquiryAdmin
from institutions.admin.institutions import InstitutionAdmin, PrefectureAdmin
from institutions.admin.people import UserAdmin
from institutions.admin.suspensions import SuspensionAdmin

__all__ = [
    "AnnouncementAdmin",
    "InquiryAdmin",
    "InstitutionAdmin",
    "PrefectureAdmin",
    "SuspensionAdmin",
    "UserAdmin",
]
