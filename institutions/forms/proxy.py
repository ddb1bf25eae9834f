"""Why somebody enters for an institution without being of it (代理入力)."""

from __future__ import annotations

from typing import Any

from sosportal.lib.forms import LineField, PortalForm


class ReasonField(LineField):
    """By whom and how one was asked to. The institution reads it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label="代理で入力する理由", max_length=100, **kwargs)


class ReasonForm(PortalForm):
    """Why somebody enters for others."""

    reason = ReasonField(
        help_text="だれからどう頼まれたか。例：電話で依頼（見本 花子さん）、FAXで依頼。医療機関も読みます。"
    )
