"""Admin pages of prefectures, institutions, suspensions and people."""

from institutions.admin.institutions import InstitutionAdmin, PrefectureAdmin
from institutions.admin.people import UserAdmin
from institutions.admin.suspensions import SuspensionAdmin

__all__ = ["InstitutionAdmin", "PrefectureAdmin", "SuspensionAdmin", "UserAdmin"]
