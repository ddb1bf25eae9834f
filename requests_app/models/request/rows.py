"""Which requests there are to be found quickly, and which the database refuses."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from requests_app.models.withdrawing import STANDING, WITHDRAWN
from requests_app.rules.transitions import Status

UNDER_REVIEW = models.Q(status=Status.UNDER_REVIEW.value) & STANDING
QUESTION_OPEN = models.Q(question_open=True)
NEWEST_FIRST = (models.F("submitted_at").desc(nulls_last=True), models.F("id").desc())
"""The order of the officers' queue: total, so that a page never repeats or leaves out a row."""


FILTERED_BY = (
    *("confirmed_at", "confirmed_before", "telephoned_at", "handled_from", "cutoff_at", "least_weeks"),
    *("item_ids", "institution"),
)


INDEXES: list[models.Index] = [
    models.Index(fields=["institution", "-created_at"], name="request_of_institution"),
    models.Index(fields=["-created_at"], name="request_created"),
    # What a search that few institutions meet looks through: as many requests as they have, and none of the rows.
    models.Index(
        "institution",
        *NEWEST_FIRST,
        name="request_newest_of",
        include=("prefecture", "status", "withdrawn_at"),
    ),
    # The queue's lists in their order: of the country and of a prefecture, in one status and in all.
    models.Index("status", *NEWEST_FIRST, name="request_by_status"),
    models.Index("status", "prefecture", *NEWEST_FIRST, name="request_by_status_there"),
    models.Index(*NEWEST_FIRST, name="request_newest"),
    models.Index("prefecture", *NEWEST_FIRST, name="request_newest_there"),
    # Those under review with all that they are filtered by, so that no filter reads the rows themselves.
    models.Index(
        *NEWEST_FIRST,
        name="request_waits_newest",
        condition=UNDER_REVIEW,
        include=(*FILTERED_BY, "prefecture"),
    ),
    models.Index(
        "prefecture",
        *NEWEST_FIRST,
        name="request_waits_newest_there",
        condition=UNDER_REVIEW,
        include=FILTERED_BY,
    ),
    # What few of those under review have in common.
    models.Index("least_weeks", *NEWEST_FIRST, name="request_least_weeks", condition=UNDER_REVIEW),
    models.Index(
        "prefecture",
        "least_weeks",
        *NEWEST_FIRST,
        name="request_least_weeks_there",
        condition=UNDER_REVIEW,
    ),
    models.Index(
        "prefecture",
        "handled_from",
        name="request_not_confirmed",
        condition=UNDER_REVIEW & models.Q(confirmed_at__isnull=True),
    ),
    models.Index(
        "prefecture",
        *NEWEST_FIRST,
        name="request_confirm_again",
        condition=UNDER_REVIEW & models.Q(confirmed_at__isnull=True, confirmed_before=True),
    ),
    # A question stays open over an acceptance and a failed check: whatever the status.
    models.Index(
        *NEWEST_FIRST, name="request_asked", condition=QUESTION_OPEN, include=("status", "withdrawn_at")
    ),
    models.Index(
        "prefecture",
        *NEWEST_FIRST,
        name="request_asked_there",
        condition=QUESTION_OPEN,
        include=("status", "withdrawn_at"),
    ),
    # Those that were withdrawn are few, and stand in no list but the whole one and their own.
    models.Index(*NEWEST_FIRST, name="request_withdrawn", condition=WITHDRAWN),
    models.Index("prefecture", *NEWEST_FIRST, name="request_withdrawn_there", condition=WITHDRAWN),
    models.Index(fields=["cutoff_at"], name="request_cutoffs"),
    models.Index(fields=["cutoff_at"], name="request_waits_cutoff", condition=UNDER_REVIEW),
    GinIndex(fields=["item_ids"], name="request_items", fastupdate=False),
]

CONSTRAINTS: list[models.BaseConstraint] = [
    models.CheckConstraint(
        name="request_status_and_its_times",
        condition=(
            models.Q(
                status__in=[Status.DRAFT.value, Status.ERROR.value],
                submitted_at__isnull=True,
                submitted_by__isnull=True,
                cutoff_at__isnull=True,
                handled_from__isnull=True,
                confirmed_at__isnull=True,
                accepted_at__isnull=True,
            )
            | models.Q(
                status=Status.UNDER_REVIEW.value,
                campaign__isnull=False,
                submitted_at__isnull=False,
                submitted_by__isnull=False,
                cutoff_at__isnull=False,
                handled_from__isnull=False,
                accepted_at__isnull=True,
            )
            | models.Q(
                status=Status.ACCEPTED.value,
                campaign__isnull=False,
                submitted_at__isnull=False,
                submitted_by__isnull=False,
                cutoff_at__isnull=False,
                handled_from__isnull=False,
                accepted_at__isnull=False,
            )
        ),
    ),
    models.CheckConstraint(
        name="request_confirmed_when_and_who",
        condition=models.Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
        | models.Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
    ),
    models.CheckConstraint(
        name="request_accepted_when_and_who",
        condition=models.Q(accepted_at__isnull=True, accepted_by__isnull=True)
        | models.Q(accepted_at__isnull=False, accepted_by__isnull=False),
    ),
    models.CheckConstraint(
        name="request_withdrawn_when_who_and_why",
        condition=models.Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_reason="")
        | (models.Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~models.Q(withdrawn_reason="")),
    ),
    models.CheckConstraint(
        name="request_accepted_or_withdrawn",
        condition=models.Q(withdrawn_at__isnull=True) | ~models.Q(status=Status.ACCEPTED.value),
    ),
]
