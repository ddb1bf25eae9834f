"""The dashboards of officers, inside the admin site's frame. Who is no officer of prefecture or ministry meets 404."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from institutions.models import Institution, Prefecture, Role, User
from institutions.permissions import OFFICERS
from requests_app import permissions
from requests_app.exceptions import Refusal
from requests_app.models import PublicSwitch
from sosportal.dashboards import files
from sosportal.dashboards.asking import Asked
from sosportal.dashboards.common import as_of_words
from sosportal.dashboards.country import CountryPage
from sosportal.dashboards.desk import Desk
from sosportal.dashboards.forms import SwitchForm
from sosportal.dashboards.prefecture import InstitutionPage, InstitutionsPage, PrefecturePage
from sosportal.dashboards.public import PublicPage, rendered
from sosportal.lib import clock, once
from sosportal.lib.tabular.writing import FileKind, download
from surveys.models import Item, SurveyRound

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

View = Callable[..., HttpResponseBase]
FOLDER = "admin/dashboard"
READ = ("GET", "HEAD")
NO_ROUND = "調査の回がまだありません。最初の回が始まると、ここに表示されます。"


def desk_of(request: HttpRequest) -> Desk | None:
    """What an officer meets first; None for who reviews nothing."""
    user = cast(User, request.user)
    if user.role not in OFFICERS:
        return None
    now = clock.now()
    return Desk(user, Asked(request.GET, now), now)


def urls(site: AdminSite) -> list[URLPattern]:
    """The paths below the admin's root. Each name begins with `progress`."""
    pages = Pages(site)

    def page(view: View) -> Any:
        return site.admin_view(only_read(view))

    return [
        path("progress/", page(pages.country), name="progress"),
        path("progress/export/", page(pages.export), name="progress_export"),
        path("progress/publication/", site.admin_view(pages.publication), name="progress_publication"),
        path("progress/publication/preview/", page(pages.preview), name="progress_preview"),
        path("progress/institutions/<str:code>/", page(pages.institution), name="progress_institution"),
        path("progress/<str:prefecture>/", page(pages.prefecture), name="progress_prefecture"),
        path(
            "progress/<str:prefecture>/institutions/",
            page(pages.institutions),
            name="progress_institutions",
        ),
    ]


def only_read(view: View) -> View:
    """A page that takes no post."""

    def reading(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        shown = view(request, **kwargs)  # first of all: who may not see it meets 404, whatever the method
        return shown if request.method in READ else HttpResponseNotAllowed(READ)

    return reading


class Pages:
    """The views. They read, and switch the public page; nothing else is written here."""

    def __init__(self, site: AdminSite) -> None:
        self.site = site

    # --- views ----------------------------------------------------------------------------------------------------

    def country(self, request: HttpRequest) -> HttpResponseBase:
        """全国の状況 for the ministry; an officer of a prefecture is led to theirs."""
        user = self._officer(request)
        if user.role == Role.PREFECTURE:
            address = reverse("admin:progress_prefecture", args=[user.prefecture_id])
            return HttpResponseRedirect(address)
        asked, item, survey_round = self._asked(request)
        if item is None or survey_round is None:
            return self._nothing_yet(request, "全国の状況")
        page = CountryPage(user, asked, item, survey_round, asked.now)
        title = f"{item.label}　全国の状況"
        return self._page(request, "country", title, page=page, public=PublicSwitch.last())

    def prefecture(self, request: HttpRequest, prefecture: str) -> HttpResponseBase:
        """One prefecture."""
        user = self._officer(request)
        place = self._prefecture(user, prefecture)
        asked, item, survey_round = self._asked(request)
        if item is None or survey_round is None:
            return self._nothing_yet(request, f"{place.name}の状況")
        page = PrefecturePage(user, asked, place, item, survey_round, asked.now)
        return self._page(request, "prefecture", f"{place.name}の状況", page=page)

    def institutions(self, request: HttpRequest, prefecture: str) -> HttpResponseBase:
        """The institutions of a prefecture."""
        user = self._officer(request)
        place = self._prefecture(user, prefecture)
        asked, item, survey_round = self._asked(request)
        if item is None or survey_round is None:
            return self._nothing_yet(request, f"{place.name}の医療機関")
        page = InstitutionsPage(user, asked, place, item, survey_round, asked.now)
        return self._page(request, "institutions", f"{place.name}の医療機関", page=page)

    def institution(self, request: HttpRequest, code: str) -> HttpResponseBase:
        """One institution."""
        user = self._officer(request)
        rows = Institution.objects.visible_to(user).select_related("prefecture")
        found = rows.filter(code=code).first()
        if found is None:
            raise Http404
        asked, item, _ = self._asked(request)
        if item is None:
            return self._nothing_yet(request, found.name)
        page = InstitutionPage(user, asked, found, item, asked.now)
        return self._page(request, "institution", found.name, page=page)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The table of the country as a file; `kind` is one of FileKind."""
        user = self._officer(request)
        asked, item, survey_round = self._asked(request)
        if user.role != Role.MINISTRY or item is None or survey_round is None:
            raise Http404
        if request.method not in READ:
            return HttpResponseNotAllowed(READ)  # before a file is made that nobody would close
        kind = next((each for each in FileKind if each.value == request.GET.get("kind")), FileKind.UTF8)
        page = CountryPage(user, asked, item, survey_round, asked.now)
        name = f"全国の状況_{item.label}_{survey_round.label}_{as_of_words(page.as_of)}"
        return download(kind, name, files.HEADING, files.rows([*page.areas, page.total]))

    def publication(self, request: HttpRequest) -> HttpResponseBase:
        """The switch of the public page, with who turned it when and why."""
        user = self._publisher(request)
        last = PublicSwitch.last()
        if request.method != "POST":
            return self._switch(request, SwitchForm(), last)
        form = SwitchForm(request.POST)
        if not form.is_valid():
            return self._switch(request, form, last, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        said = form.cleaned_data

        def act() -> str:
            turned = PublicSwitch.turn(
                user, on=said["on"] == "on", reason=said["reason"], seen=said["seen"], now=clock.now()
            )
            return "公開しました。" if turned.is_on else "公開をやめました。"

        body = {"on": said["on"], "reason": said["reason"], "seen": said["seen"]}
        try:
            done = once.run_once(said["token"], actor_id=user.pk, body=body, now=clock.now(), act=act)
        except (Refusal, once.TokenReused) as refusal:
            current = PublicSwitch.last()
            return self._switch(request, form, current, status=HTTPStatus.CONFLICT, problem=refusal.message)
        messages.success(request, done)
        return HttpResponseRedirect(reverse("admin:progress_publication"))

    def preview(self, request: HttpRequest) -> HttpResponseBase:
        """The public page as everybody would see it."""
        self._publisher(request)
        return rendered(PublicPage(Asked(request.GET, clock.now())), preview=True)

    # --- helpers --------------------------------------------------------------------------------------------------

    def _officer(self, request: HttpRequest) -> User:
        """Who asks. Raises Http404 for who is no officer of a prefecture or the ministry."""
        user = cast(User, request.user)
        if user.role not in OFFICERS:
            raise Http404
        return user

    def _publisher(self, request: HttpRequest) -> User:
        """Who asks. Raises Http404 for who may not publish."""
        user = self._officer(request)
        if not permissions.can_publish_progress(user):
            raise Http404
        return user

    def _prefecture(self, user: User, code: str) -> Prefecture:
        """Raises Http404 for a prefecture of others as for one there isn't."""
        found = Prefecture.objects.filter(code=code[:2] if len(code) == 2 else "").first()
        if found is None or (user.role == Role.PREFECTURE and user.prefecture_id != found.code):
            raise Http404
        return found

    def _asked(self, request: HttpRequest) -> tuple[Asked, Item | None, SurveyRound | None]:
        asked = Asked(request.GET, clock.now())
        return asked, asked.item, asked.round

    def _nothing_yet(self, request: HttpRequest, title: str) -> HttpResponse:
        return self._page(request, "nothing", title, text=NO_ROUND)

    def _switch(
        self,
        request: HttpRequest,
        form: SwitchForm,
        last: PublicSwitch | None,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        problem: str = "",
    ) -> HttpResponse:
        history = list(PublicSwitch.objects.order_by("-pk")[:50])
        return self._page(
            request,
            "publication",
            "公開ページの設定",
            status=status,
            form=form,
            last=last,
            history=history,
            problem=problem,
            token=uuid.uuid4(),
        )

    def _page(
        self, request: HttpRequest, name: str, title: str, *, status: HTTPStatus = HTTPStatus.OK, **more: Any
    ) -> HttpResponse:
        context = {**self.site.each_context(request), "title": title, **more}
        return TemplateResponse(request, f"{FOLDER}/{name}.html", context, status=status)
