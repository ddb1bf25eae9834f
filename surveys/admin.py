"""The survey in the admin: officers look at what was answered; the ministry keeps the items. Nobody deletes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from institutions.models import Institution
from institutions.permissions import EVERY_DESK, OFFICERS, THE_MINISTRY
from sosportal.lib import clock
from sosportal.lib.admin import LONGEST_SEARCH, ReadOnlyMixin, ScopedInline, ScopedModelAdmin
from sosportal.lib.jinja import jst_short
from sosportal.lib.text import clean_line
from surveys.forms import LABELS, weeks_of
from surveys.models import Figures, Item, StockAnswer, SurveyResponse, SurveyRound
from surveys.queries import Correction, corrections, events_of
from surveys.rules.corrections import Change

BLANK = "空欄"
ROUNDS_OFFERED = 10


@admin.register(Item)
class ItemAdmin(ScopedModelAdmin):
    """物資. The ministry corrects name, unit and pack, or retires an item; its number stays."""

    viewers = EVERY_DESK
    changers = THE_MINISTRY
    all_rows = True
    list_display = ("label_shown", "unit", "pack_size", "pack_unit", "is_active")
    fields = ("order", "name", "unit", "pack_size", "pack_unit", "is_active")
    readonly_fields = ("order",)
    ordering = ("order",)

    @admin.display(description="物資", ordering="order")
    def label_shown(self, item: Item) -> str:
        return item.label


@admin.register(SurveyRound)
class SurveyRoundAdmin(ReadOnlyMixin, ScopedModelAdmin):
    """調査の回. Opened by the queue, or by `manage.py open_survey_round`."""

    viewers = EVERY_DESK
    all_rows = True
    list_display = ("label_shown", "opens_at", "closes_at")
    fields = ("opens_at", "closes_at")
    ordering = ("-opens_at",)

    @admin.display(description="調査の回", ordering="opens_at")
    def label_shown(self, survey_round: SurveyRound) -> str:
        return survey_round.label


class RoundFilter(admin.SimpleListFilter):
    """The rounds of the last weeks; older answers are found by institution. One query."""

    title = "調査の回"
    parameter_name = "round"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        opened = SurveyRound.objects.filter(opens_at__lte=clock.now()).order_by("-opens_at")
        return [(str(each.pk), each.label) for each in opened[:ROUNDS_OFFERED]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        offered = {key for key, _ in self.lookup_choices}
        return queryset.filter(round_id=self.value()) if self.value() in offered else queryset


class StockAnswerInline(ScopedInline):
    """The figures of one response, item by item."""

    model = StockAnswer
    viewers = OFFICERS
    fields = readonly_fields = (
        "item",
        "stock_shown",
        "weekly_consumption_shown",
        "weekly_purchase_shown",
        "weeks",
    )
    verbose_name_plural = "回答した数"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockAnswer]:
        return StockAnswer.objects.select_related("item").order_by("item__order")

    @admin.display(description=LABELS["stock"])
    def stock_shown(self, answer: StockAnswer) -> str:
        return amount(answer.item, answer.stock)

    @admin.display(description=LABELS["weekly_consumption"])
    def weekly_consumption_shown(self, answer: StockAnswer) -> str:
        return amount(answer.item, answer.weekly_consumption)

    @admin.display(description=LABELS["weekly_purchase"])
    def weekly_purchase_shown(self, answer: StockAnswer) -> str:
        return amount(answer.item, answer.weekly_purchase)

    @admin.display(description="備蓄")
    def weeks(self, answer: StockAnswer) -> str:
        weeks = weeks_of(Figures(answer.stock, answer.weekly_consumption, answer.weekly_purchase))
        return "—" if weeks is None else f"{weeks}週分"


@admin.register(SurveyResponse)
class SurveyResponseAdmin(ReadOnlyMixin, ScopedModelAdmin):
    """調査の回答, with figures and every correction. Only institutions answer, on their own page."""

    viewers = OFFICERS
    shared_relations = ("round", "institution__prefecture")
    list_display = ("institution", "code", "prefecture", "round", "answered_at", "corrected")
    list_filter = (RoundFilter, "institution__prefecture")
    list_select_related = ("institution__prefecture", "round")
    search_fields = ("institution__name", "institution__code")
    search_help_text = "医療機関名または医療機関コード"
    ordering = ("-answered_at", "-pk")
    fields = ("institution", "code", "round", "answered_at", "answered_by_name", "corrections_shown")
    readonly_fields = ("code", "answered_by_name", "corrections_shown")
    inlines = (StockAnswerInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SurveyResponse]:
        return super().get_queryset(request).select_related("institution__prefecture", "round", "answered_by")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the institution's name or code, whatever their width."""
        words = clean_line(search_term[:LONGEST_SEARCH])
        if not words:
            return queryset, False
        found = Institution.objects.visible_to(request.user).matching(words)
        return queryset.filter(institution__in=found), False

    @admin.display(description="医療機関コード", ordering="institution__code")
    def code(self, response: SurveyResponse) -> str:
        return response.institution.code

    @admin.display(description="都道府県", ordering="institution__prefecture")
    def prefecture(self, response: SurveyResponse) -> str:
        return response.institution.prefecture.name

    @admin.display(description="訂正", ordering="version")
    def corrected(self, response: SurveyResponse) -> str:
        return f"{response.version - 1}回" if response.version > 1 else "なし"

    @admin.display(description="回答者")
    def answered_by_name(self, response: SurveyResponse) -> str:
        return response.answered_name

    @admin.display(description="訂正")
    def corrections_shown(self, response: SurveyResponse) -> str:
        """Every correction, the newest first. Two queries."""
        found = corrections(list(events_of([response])))
        if not found:
            return "なし"
        items = Item.objects.in_bulk()
        lines = ((_correction(each, items),) for each in found)
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}</li>", lines))


def amount(item: Item, figure: int | None) -> str:
    """`4,100枚（41箱）`, or 空欄."""
    return BLANK if figure is None else item.amount(figure)


def _correction(correction: Correction, items: dict[int, Item]) -> SafeString:
    said = [_change(change, items[change.item_id]) for change in correction.changes] or ["同じ数で送信"]
    event = correction.event
    return format_html("{}　{}　{}", jst_short(event.at), event.actor_text, "、".join(said))


def _change(change: Change, item: Item) -> str:
    before, after = amount(item, change.before), amount(item, change.after)
    return f"{item.label} {LABELS[change.figure]} {before} → {after}"
