"""The verbs of a request. Each decides what is to be written; `moving` locks, writes and logs it.

Source: domain, "The request, from draft to acceptance"; manual 3-1, 3-2, 4-1.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

from django.db import connection, models, transaction

from requests_app import permissions
from requests_app.exceptions import (
    QuantityRefused,
    ReasonRequired,
    TermsChanged,
    TermsNotConfirmed,
    TimeRefused,
)
from requests_app.models.calendar import calendar_changes
from requests_app.models.campaign import Campaign
from requests_app.models.moving import Outcome, check_four_eyes, check_move, move, record
from requests_app.rules.cutoff import cutoff_facts
from requests_app.rules.system_check import CheckResult
from requests_app.rules.transitions import Status, Verb
from sosportal.lib import clock

if TYPE_CHECKING:
    from institutions.models import Institution, User
    from requests_app.models.request import Content, SosRequest

MAX_QUANTITY = 9_999_999
LONGEST_AGO = timedelta(days=30)  # a call further back is surely a slip of the keys


class Verbs(models.Model):
    """The verbs. Each takes the acting user, the version that the user saw, and optionally `now` (aware); left out, it
    is the server's clock once the row is locked. Each returns the request as it then stands.

    Each raises NotPossible (status), NotPermitted (role or scope), StaleVersion (somebody saved in between) and its
    own refusals; then nothing is written. Each locks the request's row until its transaction ends.
    """

    class Meta:
        abstract = True

    @classmethod
    def create_draft(
        cls, actor: User, institution: Institution, content: Content, *, now: datetime | None = None
    ) -> SosRequest:
        """保存 of a new request: stores a draft, which is no application yet (manual 3-1 ④).

        Raises NotPermitted unless `actor` is a member of the institution; TermsNotConfirmed without the tick;
        QuantityRefused for a quantity outside 1 to 9,999,999. Locks the institution, the person and their membership,
        then the month's number series.
        """
        from requests_app.models.request import SosRequest

        moment = clock.jst(now or clock.now())
        with transaction.atomic():
            # The institution first, as the insert would wait for it: who waits for a long import keeps no number from
            # the others.
            actor = actor.held_for(institution.pk, and_place=True)
            permissions.check_file_for(actor, institution)
            _check_content(content)
            request = SosRequest(
                number=_next_number(moment),
                title=f"{moment.year}/{moment.month}/{moment.day}_{institution.name}_緊急配布要請",
                institution=institution,
                prefecture_id=institution.prefecture_id,
                campaign=Campaign.open(moment),
                status=Status.DRAFT.value,
                confirmed_terms=content.confirmed_terms,
                opinion=content.opinion,
                item_ids=sorted(content.lines),
                created_at=moment,
                created_by=actor,
                updated_at=moment,
            )
            models.Model.save(request, force_insert=True)
            _write_lines(request, content)
            data = {"content": content.to_json()}
            record(request, Verb.SAVE, None, actor, moment, Outcome(Status.DRAFT, data=data))
        return request

    def revise(
        self, actor: User, content: Content, *, seen_version: int, now: datetime | None = None
    ) -> SosRequest:
        """保存 of an edit. 未申請 and エラー有り stay what they are; under review the system check runs again.

        Passed, the request stays under review with its 申請日時; failed, it goes to エラー有り; a prefecture's
        confirmation is withdrawn either way. An edit that changes nothing writes nothing.

        Raises also TermsNotConfirmed and QuantityRefused. `seen_version` is the version of the content that was edited.
        """
        _check_content(content)

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            changes = _changes(request.content(), content)
            if not changes:
                return Outcome(request.state, unchanged=True)
            request.confirmed_terms = content.confirmed_terms
            request.opinion = content.opinion
            request.item_ids = sorted(content.lines)
            request.version += 1
            _write_lines(request, content)
            outcome = Outcome(request.state, changes=changes, data={"content": content.to_json()})
            if request.state is Status.UNDER_REVIEW:
                if request.confirmed_at is not None:
                    outcome.data["confirmation_withdrawn"] = True
                _withdraw_confirmation(request)
                if not _run_check(request, moment, outcome).ok:
                    outcome.data["applied_by"] = request.submitted_by_id
                    _withdraw_application(request)
                    outcome.to = Status.ERROR
            return outcome

        return move(self.pk, Verb.REVISE, actor, ("version", seen_version), decide, now)

    def submit(
        self, actor: User, *, seen_version: int, seen_text: str | None = None, now: datetime | None = None
    ) -> SosRequest:
        """システムチェック&申請: run every rule.

        Passed, the request goes under review with 申請日時, cut-off and 対応開始日; failed, to エラー有り.
        Either way the event keeps the inputs, the rule settings and every finding, and passed, which version of the
        campaign's conditions and terms was agreed to. Raises also TermsChanged when that is not what the person was
        shown: `seen_text` is its `text_mark`, "" where no campaign was open then (None: not asked).

        Locks also the institution's row (so that two of its requests are judged one after the other) and its latest
        survey response. Domain, "The system check" and "The cut-off".
        """

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            outcome = Outcome(Status.UNDER_REVIEW, data={"content": request.content().to_json()})
            if not _run_check(request, moment, outcome).ok:
                outcome.to = Status.ERROR
                return outcome
            moved, exceptions = calendar_changes(moment)
            facts = cutoff_facts(moment, moved=moved, exceptions=exceptions)
            _keep_agreement(request, seen_text, outcome)
            request.submitted_at = moment
            request.submitted_by = actor
            request.cutoff_at = facts.cutoff
            request.handled_from = facts.handled_from
            outcome.data["cutoff_at"] = facts.cutoff.isoformat()
            outcome.data["handled_from"] = facts.handled_from.isoformat()
            return outcome

        return move(self.pk, Verb.SUBMIT, actor, ("version", seen_version), decide, now)

    def confirm(
        self,
        actor: User,
        quantities: Mapping[int, int],
        note: str,
        *,
        seen_revision: int,
        now: datetime | None = None,
    ) -> SosRequest:
        """都道府県の確認: a confirmed quantity per line (by item id, in the item's unit) and the 都道府県入力欄.

        Raises also QuantityRefused unless every line has a quantity from 0 to what was requested, and ReasonRequired
        when a quantity is lowered and `note` says nothing. Can be given again; the last one stands.
        """

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            lowered = _write_quantities(request, "confirmed_quantity", quantities)
            if lowered and not note.strip():
                raise ReasonRequired("数量を減らすときは、理由を都道府県入力欄に書いてください。")
            request.prefecture_note = note
            request.confirmed_at = moment
            request.confirmed_by = actor
            request.confirmed_before = True
            return Outcome(Status.UNDER_REVIEW, data={"confirmed": _by_item(quantities), "note": note})

        return move(self.pk, Verb.CONFIRM, actor, ("revision", seen_revision), decide, now)

    def note(self, actor: User, note: str, *, seen_revision: int, now: datetime | None = None) -> SosRequest:
        """Write the 都道府県入力欄 without confirming. The institution reads it."""

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            if request.prefecture_note == note:
                return Outcome(Status.UNDER_REVIEW, unchanged=True)
            request.prefecture_note = note
            return Outcome(Status.UNDER_REVIEW, data={"note": note})

        return move(self.pk, Verb.NOTE, actor, ("revision", seen_revision), decide, now)

    def log_telephone(
        self,
        actor: User,
        *,
        whom: str,
        what: str,
        called_at: datetime | None = None,
        now: datetime | None = None,
    ) -> SosRequest:
        """Record a telephone check: who was spoken to, when, and what was said (manual 1-1, note 2).

        `called_at` (aware) may lie up to 30 days back; left out, the call was just now. Changes nothing else, so it
        asks for no version. Raises ReasonRequired when `whom` or `what` is blank, TimeRefused for another time.
        """
        if not whom.strip() or not what.strip():
            raise ReasonRequired("電話の相手と内容を入力してください。")

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            called = clock.jst(called_at or moment)
            if not moment - LONGEST_AGO <= called <= moment:
                raise TimeRefused
            request.telephoned_at = max(called, request.telephoned_at or called)
            data = {"whom": whom, "what": what, "called_at": called.isoformat()}
            return Outcome(Status.UNDER_REVIEW, data=data)

        return move(self.pk, Verb.TELEPHONE, actor, None, decide, now)

    def accept(
        self,
        actor: User,
        *,
        seen_revision: int,
        quantities: Mapping[int, int] | None = None,
        reason: str = "",
        now: datetime | None = None,
    ) -> SosRequest:
        """受付: the ministry accepts; from then on nobody can change the request.

        `quantities` by item id; left out, the prefecture's confirmed quantities, or without a confirmation the
        requested ones. Raises also ReasonRequired without the prefecture's confirmation or when a quantity differs
        from the confirmed one, unless `reason` says why, and QuantityRefused as `confirm`.
        """

        def decide(request: SosRequest, moment: datetime) -> Outcome:
            confirmed = request.confirmed_at is not None
            proposed = _proposed(request)
            accepted = dict(proposed if quantities is None else quantities)
            _must_give_reason(request, accepted, proposed, reason)
            _write_quantities(request, "accepted_quantity", accepted)
            request.accepted_at = moment
            request.accepted_by = actor
            data = {"accepted": _by_item(accepted), "without_confirmation": not confirmed}
            return Outcome(Status.ACCEPTED, reason=reason, data=data)

        return move(self.pk, Verb.ACCEPT, actor, ("revision", seen_revision), decide, now)

    def check_confirm(self, actor: User, *, seen_revision: int) -> None:
        """Raises what `confirm` of the requested quantities would raise for the request as it was loaded; locks and
        writes nothing. No query when institution and lines are loaded and `look_up_entered` was called."""
        check_move(self._loaded, Verb.CONFIRM, actor, ("revision", seen_revision))
        check_four_eyes(self._loaded, Verb.CONFIRM, actor)

    def check_accept(self, actor: User, *, seen_revision: int, reason: str = "") -> None:
        """The same for `accept` of the quantities that stand."""
        check_move(self._loaded, Verb.ACCEPT, actor, ("revision", seen_revision))
        check_four_eyes(self._loaded, Verb.ACCEPT, actor)
        proposed = _proposed(self._loaded)
        _must_give_reason(self._loaded, proposed, proposed, reason)

    @property
    def _loaded(self) -> SosRequest:
        return cast("SosRequest", self)


# --- What the verbs share -----------------------------------------------------------------------------------------


def _keep_agreement(request: SosRequest, seen_text: str | None, outcome: Outcome) -> None:
    """To apply is to agree to the open campaign's conditions and terms as they stand (manual 3-1)."""
    campaign = request.campaign
    if campaign is None:
        return
    if seen_text is not None and seen_text != campaign.text_mark:
        raise TermsChanged
    outcome.data["agreed"] = {"campaign": campaign.pk, "text_version": campaign.text_version}


def _run_check(request: SosRequest, moment: datetime, outcome: Outcome) -> CheckResult:
    from requests_app.models.checking import check

    result, outcome.check_record, request.least_weeks = check(request, moment)
    return result


def _check_content(content: Content) -> None:
    if not content.confirmed_terms:
        raise TermsNotConfirmed
    for quantity in content.lines.values():
        if quantity is not None and not 1 <= quantity <= MAX_QUANTITY:
            raise QuantityRefused("要請数量は、1から9,999,999までの数を入力してください。")


def _changes(before: Content, after: Content) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"item_id": item_id, "before": before.lines.get(item_id), "after": after.lines.get(item_id)}
        | {"ticked": [item_id in before.lines, item_id in after.lines]}
        for item_id in sorted(set(before.lines) | set(after.lines))
        if (item_id in before.lines) != (item_id in after.lines)
        or before.lines.get(item_id) != after.lines.get(item_id)
    ]
    if before.opinion != after.opinion:
        found.append({"field": "opinion", "before": before.opinion, "after": after.opinion})
    if before.confirmed_terms != after.confirmed_terms:
        found.append(
            {"field": "confirmed_terms", "before": before.confirmed_terms, "after": after.confirmed_terms}
        )
    return found


def _write_lines(request: SosRequest, content: Content) -> None:
    """Make the lines what the content says; confirmed quantities of an edit are withdrawn by the caller."""
    from requests_app.models.request import RequestLine

    if request.version > 1:
        RequestLine.objects.filter(request=request).exclude(item_id__in=list(content.lines)).delete()
    RequestLine.objects.bulk_create(
        [
            RequestLine(request=request, item_id=item_id, quantity=quantity)
            for item_id, quantity in sorted(content.lines.items())
        ],
        update_conflicts=True,
        unique_fields=["request", "item"],
        update_fields=["quantity"],
    )
    request.__dict__.pop("_prefetched_objects_cache", None)


def _withdraw_confirmation(request: SosRequest) -> None:
    if request.confirmed_at is not None:
        request.lines.update(confirmed_quantity=None)
    request.confirmed_at = None
    request.confirmed_by = None


def _withdraw_application(request: SosRequest) -> None:
    request.submitted_at = None
    request.submitted_by = None
    request.cutoff_at = None
    request.handled_from = None


def _write_quantities(
    request: SosRequest,
    column: Literal["confirmed_quantity", "accepted_quantity"],
    quantities: Mapping[int, int],
) -> bool:
    """Write one quantity per line; True if any is below what was requested. Raises QuantityRefused."""
    from requests_app.models.request import RequestLine

    lines = list(request.lines.all())
    if {line.item_id for line in lines} != set(quantities):
        raise QuantityRefused
    for line in lines:
        if not 0 <= quantities[line.item_id] <= (line.quantity or 0):
            raise QuantityRefused
        setattr(line, column, quantities[line.item_id])
    RequestLine.objects.bulk_update(lines, [column])
    return any(quantities[line.item_id] < (line.quantity or 0) for line in lines)


def _proposed(request: SosRequest) -> dict[int, int]:
    """What is accepted unless somebody says otherwise: what was confirmed, without a confirmation what was asked."""
    confirmed = request.confirmed_at is not None
    return {
        line.item_id: int((line.confirmed_quantity if confirmed else line.quantity) or 0)
        for line in request.lines.all()
    }


def _must_give_reason(
    request: SosRequest, accepted: Mapping[int, int], proposed: Mapping[int, int], reason: str
) -> None:
    """Raises ReasonRequired when the ministry goes its own way without saying why."""
    if reason.strip():
        return
    if request.confirmed_at is None:
        raise ReasonRequired("都道府県の確認がない要請を受け付けるときは、理由を入力してください。")
    if accepted != proposed:
        raise ReasonRequired("都道府県の確認と違う数量にするときは、理由を入力してください。")


def _by_item(quantities: Mapping[int, int]) -> dict[str, int]:
    return {str(item_id): quantity for item_id, quantity in sorted(quantities.items())}


NEXT_NUMBER = """
INSERT INTO requests_app_numberseries AS series (month, last) VALUES (%(month)s, 1)
ON CONFLICT (month) DO UPDATE SET last = series.last + 1 RETURNING last
"""


def _next_number(moment: datetime) -> str:
    """The next request number of the month, `2611-0482`. Waits for another transaction that is just taking one."""
    month = f"{moment:%y%m}"
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBER, {"month": month})
        (last,) = cursor.fetchone()
    return f"{month}-{last:04d}"
