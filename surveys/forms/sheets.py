"""The forms of the survey as a workbook: the file, and the last press."""

from __future__ import annotations

from typing import Any

from institutions.forms.proxy import ReasonField
from sosportal.lib.forms import PortalForm, UploadField


class SheetFileForm(PortalForm):
    """The sheet that was filled in."""

    file = UploadField(
        label="入力した様式",
        accept=".xlsx,.csv",
        help_text="Excel（.xlsx）かCSV（UTF-8またはShift_JIS）。",
    )


class ConfirmForm(PortalForm):
    """The last press; a proxy says why, for the institutions where they have not said it yet."""

    reason = ReasonField(help_text="だれからどう頼まれたか。例：電話で依頼、FAXで依頼。医療機関も読みます。")

    def __init__(self, *args: Any, by_proxy: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by_proxy:
            del self.fields["reason"]
