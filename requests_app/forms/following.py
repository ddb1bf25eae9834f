"""The button フォローする: what its form says, and that it is done once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.http import QueryDict

from requests_app.models import Follow, SosRequest
from sosportal.lib import once

if TYPE_CHECKING:
    from institutions.models import User

BEGUN = "この要請をフォローします。動きがあったら、メールでお知らせします。"
ENDED = "この要請のフォローをやめました。"


@dataclass(frozen=True)
class FollowPost:
    """What was pressed: フォローする (`begins`), or its end."""

    token: uuid.UUID
    begins: bool

    @classmethod
    def read(cls, posted: QueryDict) -> FollowPost | None:
        """None for what no form of ours says."""
        token, pressed = once.token_of(posted.get("token")), posted.get("follow")
        return cls(token, pressed == "begin") if token and pressed in {"begin", "end"} else None

    def carry_out(self, user: User, request: SosRequest, now: datetime) -> str:
        """Once per form, at `now` (aware); returns what to say. Raises TokenReused and NotPermitted."""

        def act() -> str:
            if self.begins:
                Follow.begin(user, request, now=now)
                return BEGUN
            Follow.end(user, request)
            return ENDED

        body = ["follow", request.pk, self.begins]
        return once.run_once(self.token, actor_id=user.pk, body=body, now=now, act=act)
