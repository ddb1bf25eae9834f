"""Sessions in the database, as Django's own; the one query of every page is prepared."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session

from sosportal.lib import clock
from sosportal.lib.prepared import Prepared

BY_KEY: Prepared[Session] = Prepared(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now).values_list("session_data")
)


class SessionStore(db.SessionStore):
    """Where sessions are kept (settings.SESSION_ENGINE)."""

    def load(self) -> dict[str, Any]:
        """What is kept of this session; empty, and the key forgotten, for one that is unknown or has expired."""
        rows = BY_KEY.rows(key=self.session_key or "", now=clock.now())
        if not rows:
            self._session_key = None
            return {}
        return self.decode(rows[0][0])
