"""The cells of the queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from requests_app.forms.officer import amount, seen_text
from requests_app.models import SosRequest
from requests_app.queries.officers import LineView, Row, Stage, stage_of
from requests_app.rules.quantity import cut_to_tenths
from requests_app.rules.transitions import Verb
from sosportal.lib.clock import jst
from sosportal.lib.markup import mark
from sosportal.lib.numbers import circled
from sosportal.lib.templatetags.portal import status

BAR_WEEK = 40  # units of the drawing to a week of stock
BAR_END = 80
SEEN = "seen"

Cell = Callable[[Any, SosRequest], SafeString]


def row_of(request: SosRequest) -> Row:
    """What the queue knows of the request; the change list put it there."""
    row: Row = request.__dict__["row"]
    return row


class QueueColumns:
    """The columns; each is given a request that bears its `row`."""

    @admin.display(description="")
    def action_checkbox(self, obj: SosRequest) -> SafeString:
        """The tick of a row, and the revision that the page shows."""
        return format_html(
            '<label class="item-check"><input type="checkbox" class="action-select" name="{}" value="{}">'
            '<span class="hidden-text">{} {} を選択</span></label>'
            '<input type="hidden" name="{}" value="{}">',
            *(ACTION_CHECKBOX_NAME, obj.pk, obj.institution.name, obj.number, SEEN, seen_text(obj)),
        )

    @admin.display(description="医療機関")
    def institution_cell(self, obj: SosRequest) -> SafeString:
        held = obj.__dict__.get("held", "")
        return format_html(
            '<span class="name-cell">{}</span>'
            '<span class="ref"><span class="num">{}</span>　<span class="num">{}</span></span>{}',
            *(obj.institution.name, obj.number, obj.institution.code),
            format_html('<span class="tag">{}</span>', held) if held else "",
        )

    @admin.display(description="都道府県", ordering="prefecture")
    def prefecture_cell(self, obj: SosRequest) -> str:
        return obj.institution.prefecture.name

    @admin.display(description="申請日時", ordering="submitted_at")
    def submitted_cell(self, obj: SosRequest) -> SafeString | None:
        return moment_cell(obj.submitted_at) if obj.submitted_at else None

    @admin.display(description="対応開始日")
    def handled_cell(self, obj: SosRequest) -> SafeString | None:
        day = obj.handled_from
        return format_html('<span class="num">{}/{}</span>', day.month, day.day) if day else None

    @admin.display(description="要請数量")
    def quantity_cell(self, obj: SosRequest) -> SafeString | None:
        return per_line(obj, lambda line: None if line.quantity is None else amount(line.item, line.quantity))

    @admin.display(description="めやす")
    def suggested_cell(self, obj: SosRequest) -> SafeString | None:
        return per_line(
            obj, lambda line: None if line.suggested is None else amount(line.item, line.suggested)
        )

    @admin.display(description="備蓄", ordering="least_weeks")
    def stock_cell(self, obj: SosRequest) -> SafeString | None:
        return format_html(
            '<span class="stock-way">{}<a class="small" href="{}/change/#line-{}">推移'
            '<span class="hidden-text"> {} {}</span></a></span>',
            per_line(obj, lambda line: None if line.weeks is None else stock(line.weeks)) or "",
            *(obj.pk, row_of(obj).first_item, obj.institution.name, obj.number),
        )

    @admin.display(description="備蓄")
    def unsorted_stock_cell(self, obj: SosRequest) -> SafeString | None:
        return self.stock_cell(obj)

    @admin.display(description="気になる点")
    def flags_cell(self, obj: SosRequest) -> SafeString | None:
        flags = row_of(obj).flags
        if not flags:
            return format_html('<span class="soft">{}</span>', "なし")
        sign = mark("caution")
        return format_html_join("", '<span class="flag">{}{}</span>', ((sign, flag) for flag in flags))

    @admin.display(description="都道府県の確認")
    def stage_cell(self, obj: SosRequest) -> SafeString | None:
        stage = stage_of(obj)
        if stage is None and obj.confirmed_at is None:
            return None
        if stage in {Stage.UNCONFIRMED, Stage.AGAIN}:
            return format_html("<strong>{}</strong>", stage.label if stage else "")
        confirmed = per_line(
            obj, lambda line: None if line.confirmed is None else amount(line.item, line.confirmed)
        )
        return format_html("{} {}", Stage.CONFIRMED.label, confirmed or "")

    @admin.display(description="対応ステータス")
    def status_cell(self, obj: SosRequest) -> SafeString:
        shown = status(obj.status, obj.get_status_display())
        if obj.withdrawn_at is None:
            return shown
        return format_html(
            '{}<span class="tag">{}</span> {}', shown, Verb.WITHDRAW.label, moment_cell(obj.withdrawn_at)
        )


def per_line(request: SosRequest, cell: Callable[[LineView], str | None]) -> SafeString | None:
    """The cell of each line below each other, with the item's number where there are several; None for nothing."""
    lines = row_of(request).lines
    cells = [(line, cell(line)) for line in lines]
    if all(text is None for _, text in cells):
        return None
    several = len(lines) > 1
    return format_html_join(
        "",
        '<span class="line-cell num">{}{}</span>',
        ((number(line) if several else "", "—" if text is None else text) for line, text in cells),
    )


def number(line: LineView) -> str:
    """The item's number in a circle."""
    return circled(line.item.order)


def stock(weeks: Fraction) -> SafeString:
    """Weeks of stock, as a figure and as a bar of two weeks."""
    return format_html(
        '<span class="stock-cell"><span class="num">{}週</span>'
        '<svg class="mini-bar" viewBox="0 0 80 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="scale-track" width="80" height="8"></rect>'
        '<rect class="scale-bar" width="{}" height="8"></rect></svg></span>',
        *(cut_to_tenths(weeks), min(BAR_END, int(weeks * BAR_WEEK))),
    )


def moment_cell(moment: datetime) -> SafeString:
    """`11/24 13:02` in Tokyo; the year comes with the request's page."""
    here = jst(moment)
    return format_html('<span class="num">{}/{} {}</span>', here.month, here.day, f"{here:%H:%M}")
