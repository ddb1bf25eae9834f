"""お問い合わせ: the officers' list of what waits, and the thread with the verbs of the desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from institutions import asked_about, queries
from institutions.exceptions import NotPermitted, Refusal, StaleThread
from institutions.forms.inquiry import TextForm, number_of
from institutions.models import Inquiry, Prefecture, Role, User
from institutions.models.inquiry import in_state
from institutions.permissions import EVERY_DESK
from institutions.presenters import InquiryPage, waited
from institutions.rules.inquiry import Desk, State, Subject, Verb
from sosportal.lib import clock, once
from sosportal.lib.admin import LONGEST_SEARCH, OwnPageAdmin, role_of
from sosportal.lib.admin_filters import Choice, ConditionFilter
from sosportal.lib.jinja import jst_short
from sosportal.lib.once import LOST_TOKEN, token_of
from sosportal.lib.text import clean_line

TEMPLATES = "admin/institutions/inquiry"
LIST = "admin:institutions_inquiry_changelist"
WAITING = Q(waiting_since__isnull=False)


@dataclass(frozen=True)
class Step:
    """One verb on the page: what it does with the text and the revision seen, and how it speaks."""

    act: Callable[[Inquiry, User, str, int], Inquiry]
    done: str
    label: str = ""
    help_text: str = ""


STEPS = {
    Verb.ANSWER: Step(
        lambda inquiry, user, text, seen: inquiry.answer(user, text, seen_revision=seen),
        "回答を送りました。",
        "回答",
        "医療機関の画面に表示し、メールでも送ります。",
    ),
    Verb.MEMO: Step(
        lambda inquiry, user, text, seen: inquiry.memo(user, text),
        "内部メモを足しました。",
        "内部メモ",
        "担当者だけが読めます。医療機関には表示しません。",
    ),
    Verb.FORWARD: Step(
        lambda inquiry, user, text, seen: inquiry.forward(user, text, seen_revision=seen),
        "お問い合わせを引き継ぎました。",
        "引き継ぎのことば",
        "引き継ぐ先の担当者だけが読めます。医療機関には表示しません。",
    ),
    Verb.CLAIM: Step(
        lambda inquiry, user, text, seen: inquiry.claim(user, seen_revision=seen), "担当になりました。"
    ),
    Verb.RELEASE: Step(
        lambda inquiry, user, text, seen: inquiry.release(user, seen_revision=seen), "担当を終えました。"
    ),
}


class StateFilter(ConditionFilter):
    """状態, and what waits whoever has it."""

    title = "状態"
    parameter_name = "state"
    indexed = True

    def table(self, request: HttpRequest) -> list[Choice]:
        user: Any = request.user
        now = clock.now()
        # Whether it waits follows from the state: said once more, so that the index is entered where its rows are.
        waits = {each: ~WAITING if each is State.ANSWERED else WAITING for each in State}
        states = [(each.value, each.label, waits[each] & in_state(each, now)) for each in State]
        mine = WAITING & in_state(State.IN_HAND, now) & Q(claimed_by=user.pk)
        return [("waiting", "回答待ち", WAITING), *states, ("mine", "自分が担当", mine)]


class WaitingFilter(ConditionFilter):
    """回答待ち for so long."""

    title = "待っている時間"
    parameter_name = "waiting"
    indexed = True

    def table(self, request: HttpRequest) -> list[Choice]:
        now = clock.now()
        return [
            (str(days), f"{days}日以上", Q(waiting_since__lte=now - timedelta(days=days)))
            for days in (1, 3, 7)
        ]


class DeskFilter(ConditionFilter):
    """宛先."""

    title = "宛先"
    parameter_name = "desk"

    def table(self, request: HttpRequest) -> list[Choice]:
        return [(each.value, each.label, Q(desk=each.value)) for each in Desk]


class SubjectFilter(ConditionFilter):
    """件名."""

    title = "件名"
    parameter_name = "subject"

    def table(self, request: HttpRequest) -> list[Choice]:
        return [(each.value, each.label, Q(subject=each.value)) for each in Subject]


class PrefectureFilter(ConditionFilter):
    """都道府県 of the institution, for who sees more than one."""

    title = "都道府県"
    parameter_name = "prefecture"

    def table(self, request: HttpRequest) -> list[Choice]:
        rows = Prefecture.objects.order_by("code").values_list("code", "name")
        return [(code, name, Q(prefecture_id=code)) for code, name in rows]


@admin.register(Inquiry)
class InquiryAdmin(OwnPageAdmin):
    """Inquiries in scope, what waits longest first. Nothing is saved by the admin's own forms: only the verbs do."""

    viewers: ClassVar[frozenset[str]] = EVERY_DESK
    list_display = (
        *("subject_cell", "number", "institution_cell", "prefecture_cell", "desk_cell"),
        *("waiting_cell", "state_cell", "claimed_cell"),
    )
    list_display_links = ("subject_cell", "institution_cell")
    list_select_related = ("institution__prefecture", "claimed_by")
    list_filter = (StateFilter, WaitingFilter, SubjectFilter, DeskFilter, PrefectureFilter)
    search_fields = ("pk",)  # Django asks whether there are any; `get_search_results` does the search
    search_help_text = (
        "医療機関名、医療機関コード、お問い合わせ番号、要請番号。"
        "多くの医療機関にあたることばは、新しい5,000件のなかで探します。"
    )
    ordering = (F("waiting_since").asc(nulls_last=True), "-updated_at", "-pk")
    show_facets = admin.ShowFacets.NEVER  # the filters bring their own counts

    @admin.display(description="お問い合わせ番号")
    def number(self, row: Inquiry) -> str:
        return str(row.pk)

    @admin.display(description="医療機関名")
    def institution_cell(self, row: Inquiry) -> str:
        return row.institution.name

    @admin.display(description="都道府県")
    def prefecture_cell(self, row: Inquiry) -> str:
        return row.institution.prefecture.name

    @admin.display(description="件名")
    def subject_cell(self, row: Inquiry) -> SafeString:
        return whole(row.get_subject_display())

    @admin.display(description="宛先")
    def desk_cell(self, row: Inquiry) -> SafeString:
        return whole(row.desk_text)

    @admin.display(description="回答待ち")
    def waiting_cell(self, row: Inquiry) -> SafeString | str:
        if row.waiting_since is None:
            return "—"
        since, long = jst_short(row.waiting_since), waited(row.waiting_since, clock.now())
        return format_html('<span class="nb">{}</span> <span class="nb soft">{}から</span>', long, since)

    @admin.display(description="状態")
    def state_cell(self, row: Inquiry) -> SafeString:
        return format_html('<span class="tag">{}</span>', row.state_at(clock.now()).label)

    @admin.display(description="担当者")
    def claimed_cell(self, row: Inquiry) -> SafeString:
        now = clock.now()
        holder = row.holder_at(now)
        return whole(f"{holder.name}（あと{row.minutes_left(now)}分）" if holder else "—")

    def get_urls(self) -> list[URLPattern]:
        step = path(
            "<int:object_id>/do/<slug:inquiry_verb>/",
            self.admin_site.admin_view(self.step_view),
            name="institutions_inquiry_step",
        )
        return [step, *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> Any:
        """Without the column that would say the same in each row."""
        same = {"prefecture_cell"} if role_of(request) == Role.PREFECTURE else set()
        return [name for name in self.list_display if name not in same]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Nor for a choice among one."""
        left_out: dict[str, tuple[type[ConditionFilter], ...]] = {
            Role.PREFECTURE.value: (PrefectureFilter,),
            Role.OPERATOR.value: (SubjectFilter, DeskFilter),
        }
        return [
            each
            for each in super().get_list_filter(request)
            if each not in left_out.get(role_of(request), ())
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Looked for once, as each filter that counts asks again; what it came to is told above the rows."""
        user: Any = request.user
        asked = _searched(request)
        if search_term not in asked:
            asked[search_term] = queries.inquiries_matching(user, clean_line(search_term[:LONGEST_SEARCH]))
        return queryset.filter(asked[search_term].condition), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        extra: dict[str, Any] = {"title": "お問い合わせ", "now": clock.now(), "searched": _searched(request)}
        if self.has_view_permission(request):
            extra["figures"] = queries.inquiry_figures(Inquiry.objects.visible_to(request.user), clock.now())
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def row_page(self, request: HttpRequest, found: Inquiry) -> HttpResponse:
        """The thread."""
        return self._show(request, found)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What happened stands on the inquiry's own page."""
        return HttpResponseRedirect(f"{address(self._found(request, object_id))}#thread")

    def step_view(self, request: HttpRequest, object_id: int, inquiry_verb: str) -> HttpResponse:
        """Use a verb on an inquiry, once per form. 422: something is to be mended; 409: it isn't what was seen."""
        try:
            found = self._found(request, str(object_id))
        except Http404:
            if once.answer_to(token_of(request.POST.get("token")), actor_id=int(request.user.pk or 0)):
                return HttpResponseRedirect(
                    reverse(LIST)
                )  # the forward that took it out of sight, sent twice
            raise
        step = STEPS.get(Verb(inquiry_verb)) if inquiry_verb in {verb.value for verb in Verb} else None
        if step is None:
            raise Http404
        if request.method != "POST":
            return HttpResponseRedirect(address(found))
        verb = Verb(inquiry_verb)
        form = _form(verb, request.POST) if step.label else None
        return self._take(request, found, verb, form)

    def _take(self, request: HttpRequest, found: Inquiry, verb: Verb, form: TextForm | None) -> HttpResponse:
        """What a post comes to."""
        user: Any = request.user
        step, token = STEPS[verb], token_of(request.POST.get("token"))
        seen, last = number_of(request.POST, "seen_revision"), number_of(request.POST, "seen_message")
        problem = ""
        if form is not None and not form.is_valid():
            stale = seen != found.revision and verb is not Verb.MEMO
            status = HTTPStatus.CONFLICT if stale else HTTPStatus.UNPROCESSABLE_ENTITY
            return self._show(
                request, found, posted=(verb, form), seen=last if stale else None, status=status
            )
        if token is None:
            return self._show(
                request,
                found,
                posted=(verb, form),
                problem=LOST_TOKEN,
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
            )
        text = form.cleaned_data["text"] if form is not None else ""

        def act() -> str:
            step.act(found, user, text, seen)
            return step.done

        try:
            body = ["inquiry-step", found.pk, verb.value, seen, text]
            done = once.run_once(token, actor_id=user.pk, body=body, now=clock.now(), act=act)
        except NotPermitted as refusal:
            if seen == found.revision:
                raise PermissionDenied from refusal
            problem = f"画面を開いたあとに、このお問い合わせは{found.desk_text}に引き継がれました。"
        except (StaleThread, once.TokenReused, Refusal) as refusal:
            problem = refusal.message
        else:
            messages.success(request, done)
            return self._after(request, found)
        current = self._found(request, str(found.pk))
        return self._show(
            request, current, posted=(verb, form), problem=problem, seen=last, status=HTTPStatus.CONFLICT
        )

    def _after(self, request: HttpRequest, found: Inquiry) -> HttpResponse:
        """Back to the thread; to the list where a forward took it out of the officer's sight."""
        if Inquiry.objects.visible_to(request.user).filter(pk=found.pk).exists():
            return HttpResponseRedirect(address(found))
        return HttpResponseRedirect(reverse(LIST))

    def _found(self, request: HttpRequest, object_id: str) -> Inquiry:
        """The inquiry with its institution. Raises Http404 for what the officer may not see."""
        found: Inquiry = self.find_or_404(request, object_id)
        return found

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).select_related("institution__prefecture", "claimed_by")

    def _show(
        self,
        request: HttpRequest,
        found: Inquiry,
        *,
        posted: tuple[Verb, TextForm | None] | None = None,
        problem: str = "",
        seen: int | None = None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> HttpResponse:
        """The thread; the form that was posted as it was, the others fresh. What came after `seen` is marked."""
        user: Any = request.user
        forms = {verb.value: _form(verb) for verb, step in STEPS.items() if step.label}
        if posted is not None and posted[1] is not None:
            forms[posted[0].value] = posted[1]
        page = InquiryPage(found, user, clock.now(), seen)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{found.get_subject_display()}のお問い合わせ",
            "original": found,
            "page": page,
            "unsent": posted[1] if posted and not page.can[posted[0].value] else None,
            "about": asked_about.address(user, found.request_number),
            "forms": forms,
            "posted": posted[1] if posted else None,
            "problem": problem,
        }
        return TemplateResponse(request, f"{TEMPLATES}/page.html", context, status=status)


def whole(text: str) -> SafeString:
    """A short word of a cell, in one line."""
    return format_html('<span class="nb">{}</span>', text)


def _searched(request: HttpRequest) -> dict[str, queries.Matching]:
    """What the searches of this request came to, by their words."""
    found: dict[str, queries.Matching] = request.__dict__.setdefault("_searched", {})
    return found


def _form(verb: Verb, sent: Any = None) -> TextForm:
    step = STEPS[verb]
    return TextForm(sent, label=step.label, help_text=step.help_text, auto_id=f"id_{verb.value}_%s")


def address(inquiry: Inquiry) -> str:
    """The page of an inquiry in the admin."""
    return reverse("admin:institutions_inquiry_change", args=[inquiry.pk])
