"""お知らせ: what the ministry or a prefecture tells institutions, its versions, and who has read it."""

from institutions.models.announcement.content import AnnouncementContent, settled
from institutions.models.announcement.kept import AnnouncementRead, AnnouncementVersion
from institutions.models.announcement.rows import Announcement, AnnouncementQuerySet
from institutions.models.announcement.unread import MOST_UNREAD, UNREAD_FOR, unread_count

__all__ = [
    "MOST_UNREAD",
    "UNREAD_FOR",
    "Announcement",
    "AnnouncementContent",
    "AnnouncementQuerySet",
    "AnnouncementRead",
    "AnnouncementVersion",
    "settled",
    "unread_count",
]
