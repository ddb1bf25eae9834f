"""お知らせ: writing one with a preview, correcting and withdrawing it, and what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from institutions import queries
from institutions.exceptions import HasBegun, NotPermitted, NotPossible, Refusal, StaleAnnouncement
from institutions.forms.announcement import AnnouncementForm, WithdrawForm
from institutions.forms.inquiry import number_of
from institutions.models import Announcement, AnnouncementVersion
from institutions.models.announcement import settled
from institutions.permissions import EVERY_DESK, OFFICERS, can_correct
from institutions.presenters import audience_text
from sosportal.lib import clock, once
from sosportal.lib.admin import OwnPageAdmin, role_of
from sosportal.lib.admin_filters import Choice, ConditionFilter
from sosportal.lib.jinja import jst_short
from sosportal.lib.once import LOST_TOKEN, token_of

TEMPLATES = "admin/institutions/announcement"
AHEAD = "ahead"
"""The hidden field of a correction that was begun before the announcement did."""


class StageFilter(ConditionFilter):
    """掲載予定, 掲載中, 終了, 取下げ: as `Announcement.stage` says it of one."""

    title = "状態"
    parameter_name = "stage"

    def table(self, request: HttpRequest) -> list[Choice]:
        now = clock.now()
        stands = Q(withdrawn_at__isnull=True)
        ended = Q(ends_at__isnull=False, ends_at__lte=now)
        return [
            ("ahead", "掲載予定", stands & Q(starts_at__gt=now)),
            ("now", "掲載中", stands & Q(starts_at__lte=now) & ~ended),
            ("over", "終了", stands & Q(starts_at__lte=now) & ended),
            ("withdrawn", "取下げ", ~stands),
        ]


class IssuerFilter(ConditionFilter):
    """発信元: the ministry, or a prefecture."""

    title = "発信元"
    parameter_name = "issuer"

    def table(self, request: HttpRequest) -> list[Choice]:
        return [
            ("ministry", "国", Q(prefecture__isnull=True)),
            ("prefecture", "都道府県", Q(prefecture__isnull=False)),
        ]


class ImportantFilter(ConditionFilter):
    """重要."""

    title = "重要"
    parameter_name = "important"

    def table(self, request: HttpRequest) -> list[Choice]:
        return [("yes", "重要なお知らせ", Q(important=True))]


@admin.register(Announcement)
class AnnouncementAdmin(OwnPageAdmin):
    """Announcements in scope."""

    viewers: ClassVar[frozenset[str]] = EVERY_DESK
    list_display = ("title", "stage", "issuer_name", "audience_text", "starts", "ends", "marks")
    list_filter = (StageFilter, IssuerFilter, ImportantFilter)
    list_select_related = ("prefecture",)
    search_fields = ("title", "body")
    search_help_text = "題名と本文"
    ordering = (F("starts_at").desc(), "-pk")
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description="状態")
    def stage(self, row: Announcement) -> str:
        return row.stage(clock.now())

    @admin.display(description="発信元")
    def issuer_name(self, row: Announcement) -> str:
        return row.issuer

    @admin.display(description="対象")
    def audience_text(self, row: Announcement) -> str:
        return audience_text(row.audience)

    @admin.display(description="掲載の開始")
    def starts(self, row: Announcement) -> str:
        return jst_short(row.starts_at)

    @admin.display(description="掲載の終了")
    def ends(self, row: Announcement) -> str:
        return jst_short(row.ends_at) if row.ends_at else "—"

    @admin.display(description="備考")
    def marks(self, row: Announcement) -> str:
        said = ["重要"] if row.important else []
        if row.corrected_at:
            said.append(f"{jst_short(row.corrected_at)} 更新")
        return "、".join(said) or "—"

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, "institutions_announcement"
        return [
            path("write/", view(self.write_view), name=f"{name}_write"),
            path("<int:object_id>/correct/", view(self.correct_view), name=f"{name}_correct"),
            path("<int:object_id>/withdraw/", view(self.withdraw_view), name=f"{name}_withdraw"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        extra = {"title": "お知らせ", "may_write": role_of(request) in OFFICERS}
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def row_page(self, request: HttpRequest, found: Announcement) -> HttpResponse:
        """The announcement as its readers see it, and what became of it."""
        now = clock.now()
        context = self._context(request, found.title) | {
            "original": found,
            "shown": self._as_read(found),
            "stage": found.stage(now),
            "audience": audience_text(found.audience),
            "reach": queries.reach_told(found.audience),
            "read": queries.read_count(found),
            "mailing": found.mailings.order_by("-version").first(),
            "versions": list(
                AnnouncementVersion.objects.filter(announcement_id=found.pk).order_by("-version")
            ),
            "may_change": found.withdrawn_at is None and can_correct(request.user, found),
        }
        return TemplateResponse(request, f"{TEMPLATES}/page.html", context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What happened stands on the announcement's own page."""
        found = self.find_or_404(request, object_id)
        return HttpResponseRedirect(f"{address(found)}#versions")

    # --- writing --------------------------------------------------------------------------------------------------

    def write_view(self, request: HttpRequest) -> HttpResponse:
        """A new announcement: the form, its preview with whom it reaches, and 公開."""
        if role_of(request) not in OFFICERS:
            raise PermissionDenied
        user: Any = request.user
        if request.method != "POST":
            return self._form(request, AnnouncementForm(user), "お知らせを書く")
        form = AnnouncementForm(user, request.POST)

        def act() -> Announcement:
            return Announcement.publish(user, form.content(), by_mail=form.cleaned_data["by_mail"])

        return self._take(request, form, "お知らせを書く", act, None)

    def correct_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """訂正: the form with what stands, its preview, and the new version."""
        found = self._own(request, object_id)
        if found.withdrawn_at is not None and request.method != "POST":
            return self._too_late(request, found)
        user: Any = request.user
        # Opened before it began, the form asked for audience and beginning, and is read as it was.
        begun = found.starts_at <= clock.now() and AHEAD not in request.POST
        if request.method != "POST":
            form = AnnouncementForm(user, standing=found, begun=begun)
            return self._form(request, form, "お知らせの訂正", found)
        form = AnnouncementForm(user, request.POST, standing=found, begun=begun)
        seen = number_of(request.POST, "seen_version")

        def act() -> Announcement:
            by_mail = form.cleaned_data["by_mail"]
            return found.correct(user, form.content(), seen_version=seen, by_mail=by_mail)

        return self._take(request, form, "お知らせの訂正", act, found)

    def _take(
        self,
        request: HttpRequest,
        form: AnnouncementForm,
        title: str,
        act: Callable[[], Announcement],
        found: Announcement | None,
    ) -> HttpResponse:
        """What a post comes to: the form again, the preview, or the deed, once per token."""
        user: Any = request.user
        seen, token, now = (
            number_of(request.POST, "seen_version"),
            token_of(request.POST.get("token")),
            clock.now(),
        )
        valid = form.is_valid()
        if valid and token is None:
            form.add_error(None, LOST_TOKEN)
        if token is None or not valid:
            return self._form(request, form, title, found, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if "edit" in request.POST:
            return self._form(request, form, title, found)
        body = ["announcement", found.pk if found else 0, seen, form.carried()]
        try:
            if "agreed" not in request.POST:
                return self._preview(request, form, title, found, token, seen)
            key = once.run_once(token, actor_id=user.pk, body=body, now=now, act=lambda: str(act().pk))
        except StaleAnnouncement as stale:
            form.add_error(None, stale.message)
            return self._form(request, form, title, stale.current, stale=True, status=HTTPStatus.CONFLICT)
        except (HasBegun, NotPossible, once.TokenReused) as refusal:
            if isinstance(refusal, HasBegun):
                form = AnnouncementForm(user, request.POST, standing=found, begun=True)
            form.add_error(None, refusal.message)
            return self._form(request, form, title, found, status=HTTPStatus.CONFLICT)
        except NotPermitted as refusal:
            raise PermissionDenied from refusal
        except Refusal as refusal:
            form.add_error(None, refusal.message)
            return self._form(request, form, title, found, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        messages.success(request, "お知らせを訂正しました。" if found else "お知らせを登録しました。")
        return HttpResponseRedirect(reverse("admin:institutions_announcement_change", args=[key]))

    def _preview(
        self,
        request: HttpRequest,
        form: AnnouncementForm,
        title: str,
        found: Announcement | None,
        token: uuid.UUID,
        seen: int,
    ) -> HttpResponse:
        """How it will look, from when, and how many it reaches. Raises what publishing it would raise."""
        user: Any = request.user
        now = clock.now()
        if found is not None:
            found.check_as_seen(seen)
        begun = found if found is not None and found.starts_at <= now else None
        content = settled(user, form.content(), now, begun=begun)
        draft = Announcement(
            title=content.title,
            body=content.body,
            important=content.important,
            starts_at=content.starts_at or now,
            ends_at=content.ends_at,
            prefecture=found.prefecture if found else user.prefecture,
            corrected_at=now if begun else None,
        )
        context = self._context(request, title) | {
            "original": found,
            "form": form,
            "token": token,
            "seen_version": seen,
            "draft": draft,
            "now": now,
            "shown": self._as_read(draft),
            "audience": audience_text(content.audience),
            "reach": queries.reach(content.audience),
            "ordered": found.mailings.filter(finished_at__isnull=True).first() if found else None,
        }
        return TemplateResponse(request, f"{TEMPLATES}/preview.html", context)

    # --- withdrawing ----------------------------------------------------------------------------------------------

    def withdraw_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """取下げ, with its reason."""
        found = self._own(request, object_id)
        if found.withdrawn_at is not None and request.method != "POST":
            return self._too_late(request, found)
        user: Any = request.user
        if request.method != "POST":
            return self._withdraw_form(request, found, WithdrawForm())
        form, token = WithdrawForm(request.POST), token_of(request.POST.get("token"))
        seen = number_of(request.POST, "seen_version")
        if form.is_valid() and token is None:
            form.add_error(None, LOST_TOKEN)
        if token is None or not form.is_valid():
            return self._withdraw_form(request, found, form, HTTPStatus.UNPROCESSABLE_ENTITY)
        reason = form.cleaned_data["reason"]

        def act() -> str:
            return str(found.withdraw(user, reason, seen_version=seen).pk)

        body = ["announcement-withdraw", found.pk, seen, reason]
        try:
            once.run_once(token, actor_id=user.pk, body=body, now=clock.now(), act=act)
        except (Refusal, once.TokenReused) as refusal:
            form.add_error(None, refusal.message)
            found.refresh_from_db()
            return self._withdraw_form(request, found, form, HTTPStatus.CONFLICT)
        messages.success(request, "お知らせを取り下げました。")
        return HttpResponseRedirect(address(found))

    def _withdraw_form(
        self, request: HttpRequest, found: Announcement, form: WithdrawForm, status: int = HTTPStatus.OK
    ) -> HttpResponse:
        context = self._context(request, "お知らせの取下げ") | {
            "original": found,
            "form": form,
            "token": uuid.uuid4(),
            "shown": self._as_read(found),
        }
        return TemplateResponse(request, f"{TEMPLATES}/withdraw.html", context, status=status)

    # --- what the views share -------------------------------------------------------------------------------------

    def _own(self, request: HttpRequest, object_id: int) -> Announcement:
        """The announcement, for who may correct it. Raises Http404 for what they may not see, else PermissionDenied."""
        found: Announcement = self.find_or_404(request, str(object_id))
        if not can_correct(request.user, found):
            raise PermissionDenied
        return found

    def _too_late(self, request: HttpRequest, found: Announcement) -> HttpResponse:
        messages.info(request, "このお知らせは、すでに取り下げられています。")
        return HttpResponseRedirect(address(found))

    def _form(
        self,
        request: HttpRequest,
        form: AnnouncementForm,
        title: str,
        found: Announcement | None = None,
        *,
        stale: bool = False,
        status: int = HTTPStatus.OK,
    ) -> HttpResponse:
        context = self._context(request, title) | {
            "original": found,
            "form": form,
            "token": uuid.uuid4(),
            "shown": self._as_read(found) if found is not None and stale else "",
            "audience": audience_text(found.audience) if found is not None else "",
        }
        return TemplateResponse(request, f"{TEMPLATES}/form.html", context, status=status)

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title}

    def _as_read(self, announcement: Announcement) -> str:
        """The announcement as institutions see it: the same part of the same template."""
        return render_to_string("announcements/_body.html", {"announcement": announcement}, using="jinja2")


def address(announcement: Announcement) -> str:
    """The page of an announcement in the admin."""
    return reverse("admin:institutions_announcement_change", args=[announcement.pk])
