"""One verb on many requests: a page that says what will happen to each, then a report of what did.

Each row is a transaction of its own, in the order of ids: one that is refused holds up no other, and two officers who
do the same rows in opposite orders never wait for each other in a circle.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from requests_app.admin.columns import SEEN
from requests_app.admin.review import TEMPLATES, rehearse
from requests_app.exceptions import NotPossible, ReasonRequired, Refusal, StaleVersion
from requests_app.models import RequestLine, SosRequest
from requests_app.officer_forms import SeenRow, SeenRows
from requests_app.rules.transitions import VERB_ROLES, Verb
from sosportal.lib import clock, once
from sosportal.lib.admin import role_of

if TYPE_CHECKING:
    from institutions.models import User
    from sosportal.lib.admin import ScopedModelAdmin

    Host = ScopedModelAdmin
else:
    Host = object

ROW = "row"
LONG = 10  # rows; below more of them the button is out of sight
NOT_SHOWN = "一覧に表示した内容と照らし合わせられませんでした。一覧から選び直してください。"
BUSY = "混み合っていて、処理できませんでした。少し待って、もう一度選んでください。"
ONE_BY_ONE = "都道府県の確認がまだありません。理由を書いて受け付けるときは、1件ずつ開いてください。"
UPDATED = "画面を開いたあとに、更新されました。"
CONFIRMED_ALREADY = "もう確認済みです。確認し直すときは、1件ずつ開いてください。"


class ConfirmedAlready(NotPossible):
    """Bulk work confirms what was asked for; it does not overwrite what an officer confirmed with care."""

    message = CONFIRMED_ALREADY


def confirm(request: SosRequest, user: User, revision: int) -> SosRequest:
    """Confirm what was asked for; the note stays as it stands."""
    if request.confirmed_at is not None and request.revision == revision:
        raise ConfirmedAlready
    quantities = {line.item_id: int(line.quantity or 0) for line in request.lines.all()}
    return request.confirm(user, quantities, request.prefecture_note, seen_revision=revision)


def accept(request: SosRequest, user: User, revision: int) -> SosRequest:
    """Accept what the prefecture confirmed."""
    return request.accept(user, seen_revision=revision)


@dataclass(frozen=True)
class Work:
    """A verb for many: what it does, and its words; `{}` stands for how many."""

    verb: Verb
    act: Callable[[SosRequest, User, int], SosRequest]
    will_all: str
    none: str
    lead: str
    will: str
    button: str
    did_all: str
    did: str


WORKS: Mapping[Verb, Work] = {
    Verb.CONFIRM: Work(
        Verb.CONFIRM,
        confirm,
        will_all="{}件に、都道府県の確認を記録します",
        none="確認を記録できる要請がありません",
        lead="要請の数量のまま確認します。減らすときは、1件ずつ開いてください。",
        will="確認を記録する",
        button="{}件に確認を記録する",
        did_all="{}件に、都道府県の確認を記録しました",
        did="確認を記録しました",
    ),
    Verb.ACCEPT: Work(
        Verb.ACCEPT,
        accept,
        will_all="{}件を、受付完了にします",
        none="受付完了にできる要請がありません",
        lead="受付完了にすると、だれも内容を変更できません。",
        will="受付完了にする",
        button="{}件を受付完了にする",
        did_all="{}件を、受付完了にしました",
        did="受付完了にしました",
    ),
}


@dataclass(frozen=True)
class Line:
    """One request of the bulk: as it stands, what was seen of it, and why it can't be done ("" if it can)."""

    request: SosRequest
    seen: SeenRow
    problem: str = ""
    changed: bool = False

    @property
    def text(self) -> str:
        """The row as the next form carries it: what was seen, not what stands."""
        return f"{self.request.pk}:{self.seen.revision}:{self.seen.version}"

    @property
    def lines(self) -> list[RequestLine]:
        """The request's lines with their items."""
        return list(self.request.lines.all())


class BulkViews(Host):
    """The views of bulk work, for SosRequestAdmin."""

    def ask_for_many(self, request: HttpRequest, queryset: models.QuerySet[Any], verb: Verb) -> HttpResponse:
        """The page that says of each chosen row what will happen, or why nothing can. Nothing is written."""
        user: Any = request.user
        seen = SeenRows.read(request.POST, SEEN).rows
        work = WORKS[verb]
        chosen = [
            attempt(
                found,
                seen.get(found.pk),
                lambda one, revision: rehearse(lambda: work.act(one, user, revision)),
            )
            for found in rows_in_order(queryset)
        ]
        return self._bulk_page(
            request, work, "bulk_ask", chosen, {"title": headline(work, chosen), "token": uuid.uuid4()}
        )

    def bulk_view(self, request: HttpRequest, verb: str) -> HttpResponse:
        """Do it to each row and report. The same post again gives the same report and does nothing twice."""
        user: Any = request.user
        work = next((work for work in WORKS.values() if work.verb.value == verb), None)
        if work is None or not self.has_view_permission(request):
            raise Http404
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:requests_app_sosrequest_changelist"))
        if role_of(request) not in {role.value for role in VERB_ROLES[work.verb]}:
            raise PermissionDenied
        seen = SeenRows.read(request.POST, ROW)
        token = seen.token
        if token is None or not seen.rows:
            messages.warning(request, "要請が選ばれていません。一覧から選んでください。")
            return HttpResponseRedirect(reverse("admin:requests_app_sosrequest_changelist"))

        def act(found: SosRequest, revision: int) -> None:
            once.run_once(
                uuid.uuid5(token, f"{work.verb.value}:{found.pk}"),
                actor_id=user.pk,
                body={"bulk": work.verb.value, "request": found.pk, "seen": revision},
                now=clock.now(),
                act=lambda: work.act(found, user, revision).number,
            )

        waiting = rows_in_order(self.get_queryset(request).filter(pk__in=seen.rows))
        report = [attempt(found, seen.rows.get(found.pk), act) for found in waiting]
        return self._bulk_page(
            request,
            work,
            "bulk_done",
            report,
            {
                "title": work.did_all.format(sum(1 for row in report if not row.problem)),
                "missing": len(seen.rows) - len(report),
            },
        )

    def _bulk_page(
        self, request: HttpRequest, work: Work, template: str, rows: Sequence[Line], more: Mapping[str, Any]
    ) -> HttpResponse:
        able = [row for row in rows if not row.problem]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "work": work,
            "rows": by_outcome(rows),
            "is_long": len(rows) > LONG,
            "able": able,
            "unable": len(rows) - len(able),
            "button": work.button.format(len(able)),
            **more,
        }
        return TemplateResponse(request, f"{TEMPLATES}/{template}.html", context)


def headline(work: Work, rows: Sequence[Line]) -> str:
    """`4件のうち3件を、受付完了にします`."""
    able = sum(1 for row in rows if not row.problem)
    if not able:
        return work.none
    of_all = f"{len(rows)}件のうち" if able < len(rows) else ""
    return of_all + work.will_all.format(able)


def by_outcome(rows: Sequence[Line]) -> list[Line]:
    """What can be done first, then the rest reason by reason; within each as they came."""
    reasons = ["", *dict.fromkeys(row.problem for row in rows if row.problem)]
    return sorted(rows, key=lambda row: reasons.index(row.problem))


def rows_in_order(requests: models.QuerySet[Any]) -> list[SosRequest]:
    """The requests by id, with what the pages show of them. Three queries."""
    return list(requests.order_by("pk").prefetch_related("lines__item"))


def attempt(found: SosRequest, seen: SeenRow | None, act: Callable[[SosRequest, int], object]) -> Line:
    """Do `act` to one request, and say what came of it."""
    if seen is None:
        return Line(found, SeenRow(0, 0), NOT_SHOWN)
    try:
        act(found, seen.revision)
    except StaleVersion as stale:
        version = stale.current.version
        return Line(
            found, seen, f"いま第{version}版です" if version != seen.version else UPDATED, changed=True
        )
    except ReasonRequired:
        return Line(found, seen, ONE_BY_ONE)
    except (Refusal, once.TokenReused) as refusal:
        return Line(found, seen, refusal.message)
    except OperationalError:
        return Line(found, seen, BUSY)
    return Line(found, seen)
