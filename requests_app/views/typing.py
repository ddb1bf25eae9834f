"""What the form does without saving: look how the check stands, fill in a figure, keep what is typed, go and mend."""

from __future__ import annotations

import uuid
from dataclasses import replace
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render

from institutions.models import Institution
from requests_app.exceptions import Refusal, TypedElsewhere
from requests_app.forms.request import Carried, RequestForm, as_sent, texts_of
from requests_app.models import SosRequest, TypedDraft, Typing
from requests_app.models.typed_draft import keeps_for
from requests_app.presenters.filing import Difference, FormPage, differences, plain
from requests_app.presenters.typing import (
    FROM,
    OWN,
    RESUME,
    Offered,
    TypedState,
    drafts_of,
    earlier_content,
    offered,
    said,
    texts_of_content,
)
from requests_app.views.access import acting
from sosportal.lib.numbers import format_count

LIVE = "X-Live"
"""The header with which a page asks for the parts alone that change while somebody types."""
SAVE, APPLY = "save", "apply"
SAVING = frozenset({SAVE, APPLY})
DISCARDED = "入力の途中のものを破棄しました。"
ON_PHONE = ("Mobi", "Android", "iPhone", "iPad")
MOST_DIGITS = 18
NOTHING = "要請しない"


def pressed(request: HttpRequest) -> str:
    """Which button sent the form; 保存 where none says so."""
    return request.POST.get("do", SAVE)


def is_saving(request: HttpRequest) -> bool:
    """Whether the form was sent to be saved."""
    return pressed(request) in SAVING


def typing_of(request: HttpRequest) -> Typing:
    """What stands on the page that was sent. A page whose token can't be read is a new one."""
    carried = Carried.read(request.POST)
    agent = request.headers.get("User-Agent", "")
    return Typing(
        carried.token or uuid.uuid4(),
        texts_of(request.POST),
        seen_version=carried.seen_version,
        seen_draft=request.POST.get("seen_draft", ""),
        on_phone=any(word in agent for word in ON_PHONE),
    )


def resumed_id(request: HttpRequest) -> int:
    """The id of a colleague's draft that the page went on from; 0 for none."""
    return _id(request.POST.get("resumed", ""))


def forget(request: HttpRequest, institution: Institution, found: SosRequest | None) -> None:
    """It is being saved: what was kept of it goes. Call inside the transaction that saves."""
    TypedDraft.forget_saved(acting(request), institution, found, typing_of(request), resumed_id(request))


def begin(request: HttpRequest, page: FormPage) -> FormPage:
    """The page as it opens: what was typed before is offered or gone on with; a new one may begin with an earlier
    request. Two queries for a new one, one for an edit."""
    user = acting(request)
    page.typing = TypedState(keeps=keeps_for(user, page.institution))
    if request.method == "POST":
        page.typing.seen = request.POST.get("seen_draft", "")
        page.typing.resumed = resumed_id(request)
        return page
    found = offered(drafts_of(user, page.institution, page.request), user, page.address)
    wanted = request.GET.get(RESUME, "")
    for each in found:
        # The same form come back to (reload, back button) shows what was typed in it.
        same = not each.who and (wanted == OWN or each.draft.page == page.carried.token)
        if same or wanted == str(each.draft.pk):
            page.typing.offered = [other for other in found if other is not each]
            return _go_on(page, each)
    page.typing.offered = found
    return page if page.request else _from_earlier(request, page)


def _go_on(page: FormPage, which: Offered) -> FormPage:
    """The form as the draft has it. Saved over meanwhile, what is saved stands beside it."""
    page = replace(page, form=_form(page, as_sent(which.draft.typed)))
    page.typing.going_on = which
    if which.who:
        page.typing.resumed = which.draft.pk
    else:
        page.typing.seen = which.draft.mark
    if page.request and page.request.version != which.draft.seen_version:
        page.differences = differences(page.request.content(), page.form)
    return page


def _from_earlier(request: HttpRequest, page: FormPage) -> FormPage:
    """A new form begun with an earlier request of the institution; any other number counts as none."""
    user, number = acting(request), request.GET.get(FROM, "")
    mine = SosRequest.objects.visible_to(user).filter(institution=page.institution)
    if not number:
        page.typing.last = mine.order_by("-created_at").first()
        return page
    found = mine.filter(number=number).prefetch_related("lines").first()
    if found is None:
        return page
    content, earlier = earlier_content(found, page.form.accepted, page.form.items)
    page = replace(page, form=_form(page, as_sent(texts_of_content(content))))
    page.typing.earlier = earlier
    return page


def answer(request: HttpRequest, page: FormPage) -> HttpResponse:
    """What comes of every button but 保存: `check`, `suggest:5`, `packs:5`, `go:survey`, `keep`, `discard:12`. What
    stands on the page is kept first, so that nothing is lost on the way; nothing is saved."""
    user, (verb, _, what) = acting(request), pressed(request).partition(":")
    if verb == "discard":
        if page.typing.keeps and TypedDraft.discard(user, page.institution, page.request, _id(what)):
            messages.info(request, DISCARDED)
        return HttpResponseRedirect(page.address)
    carried = Carried.read(request.POST)
    page.carried = replace(carried, token=carried.token or uuid.uuid4())
    page = _filled(page, verb, _id(what))
    keep(request, page)
    status = HTTPStatus.CONFLICT if page.typing.elsewhere else 200
    if verb == "keep":
        return HttpResponse(status=status if page.typing.elsewhere else HTTPStatus.NO_CONTENT)
    if request.headers.get(LIVE):
        return render(request, "requests/_live.html", {"page": page})
    if page.typing.elsewhere:
        _both(page, page.typing.elsewhere.draft)
    elif verb == "go" and (address := _way(page, what)):
        return HttpResponseRedirect(address)
    elif page.form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "requests/form.html", {"page": page}, status=status)


def keep(request: HttpRequest, page: FormPage) -> None:
    """Keep what stands on the page, and note on it what came of it."""
    state = page.typing
    if not state.keeps:
        return
    typing = replace(
        typing_of(request), page=page.carried.token or uuid.uuid4(), texts=texts_of(page.form.data)
    )
    try:
        state.kept = TypedDraft.keep(acting(request), page.institution, page.request, typing, now=page.now)
    except TypedElsewhere as elsewhere:
        state.elsewhere = offered([elsewhere.draft], acting(request), page.address)[0]
        state.problem = elsewhere.message
    except Refusal as refusal:
        state.problem = refusal.message
    if state.kept:
        state.seen = state.kept.mark


def _both(page: FormPage, other: TypedDraft) -> None:
    """What another page wrote beside what stands here; from now on this page has seen it."""
    theirs = dict(said(_form(page, as_sent(other.typed))))
    mine = dict(said(page.form))
    rows = [
        Difference(name, theirs.get(name, NOTHING), mine.get(name, NOTHING)) for name in {**theirs, **mine}
    ]
    page.differences = [each for each in rows if plain(each.saved) != plain(each.typed)]
    page.typing.seen = other.mark


def _filled(page: FormPage, verb: str, item_id: int) -> FormPage:
    """The page with the suggested quantity, or with that which was meant by boxes, in the field of one item."""
    quantity = None
    for row, suggestion, _, _ in page.rows if verb in {"suggest", "packs"} else []:
        if row.item.pk == item_id and row.quantity is not None:
            by_packs = row.meant or row.perhaps
            quantity = by_packs if verb == "packs" else suggestion.quantity if suggestion else None
    if not quantity:
        return page
    filled = {f"item_{item_id}": "on", f"quantity_{item_id}": format_count(quantity)}
    return replace(page, form=_form(page, as_sent(texts_of(page.form.data) | filled)))


def _form(page: FormPage, sent: QueryDict) -> RequestForm:
    standing = page.request.content() if page.request else None
    return RequestForm(page.form.items, page.form.accepted, standing=standing, sent=sent, judged=False)


def _way(page: FormPage, place: str) -> str:
    """Where to mend what the check finds there; "" when it finds nothing."""
    ways = [page.places.way(finding) for finding in page.check.findings if finding.place == place]
    return next((way[1] for way in ways if way), "")


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0
