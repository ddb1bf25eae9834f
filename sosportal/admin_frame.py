"""The frame around every page of the admin."""

from __future__ import annotations

from functools import cached_property

from institutions.models import Role
from requests_app.models import SosRequest
from requests_app.queries.officers import late_count, told
from sosportal.lib import clock
from sosportal.pages import Frame


class AdminFrame(Frame):
    """The portal's frame, with what officers must not overlook. One more query, for officers who review."""

    @cached_property
    def late(self) -> int | None:
        """How many requests wait past their first day of handling, as `counted`; None for who doesn't review any."""
        if self.user is None or self.user.role not in {Role.PREFECTURE, Role.MINISTRY}:
            return None
        return late_count(SosRequest.objects.visible_to(self.user), clock.today())

    @property
    def late_told(self) -> str:
        """`late` as it is shown."""
        return told(self.late or 0, unit="件")

    @property
    def entered_for(self) -> frozenset[int]:
        """The ids of the institutions for which an entry by proxy is running."""
        return frozenset(proxy.institution_id for proxy in self.proxies)

    @property
    def who(self) -> str:
        """Who is logged in, and for whom: `静岡県 見本 一郎`."""
        return self.user.described() if self.user else ""
