"""The indexes of what waits leave out what was withdrawn. Made while people work: the new ones first, then the old go."""

from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("requests_app", "0024_withdrawal")]

    operations = [
        ValidateConstraint(model_name="sosrequest", name="request_withdrawn_when_who_and_why"),
        ValidateConstraint(model_name="sosrequest", name="request_accepted_or_withdrawn"),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "UNDER_REVIEW"), ("withdrawn_at__isnull", True)),
                include=(
                    "confirmed_at",
                    "confirmed_before",
                    "telephoned_at",
                    "handled_from",
                    "cutoff_at",
                    "least_weeks",
                    "item_ids",
                    "prefecture",
                ),
                name="request_waits",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("prefecture"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "UNDER_REVIEW"), ("withdrawn_at__isnull", True)),
                include=(
                    "confirmed_at",
                    "confirmed_before",
                    "telephoned_at",
                    "handled_from",
                    "cutoff_at",
                    "least_weeks",
                    "item_ids",
                ),
                name="request_waits_there",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("least_weeks"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "UNDER_REVIEW"), ("withdrawn_at__isnull", True)),
                name="request_least_weeks",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("prefecture"),
                models.F("least_weeks"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "UNDER_REVIEW"), ("withdrawn_at__isnull", True)),
                name="request_least_weeks_there",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("prefecture"),
                models.F("handled_from"),
                condition=models.Q(
                    ("status", "UNDER_REVIEW"), ("withdrawn_at__isnull", True), ("confirmed_at__isnull", True)
                ),
                name="request_not_confirmed",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("prefecture"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(
                    ("status", "UNDER_REVIEW"),
                    ("withdrawn_at__isnull", True),
                    ("confirmed_at__isnull", True),
                    ("confirmed_before", True),
                ),
                name="request_confirm_again",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("withdrawn_at__isnull", False)),
                name="request_withdrawn",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("prefecture"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("withdrawn_at__isnull", False)),
                name="request_withdrawn_there",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                condition=models.Q(("status", "UNDER_REVIEW"), ("withdrawn_at__isnull", True)),
                fields=["cutoff_at"],
                name="request_waits_cutoff",
            ),
        ),
        RemoveIndexConcurrently(
            model_name="sosrequest",
            name="request_weeks",
        ),
        RemoveIndexConcurrently(
            model_name="sosrequest",
            name="request_weeks_there",
        ),
        RemoveIndexConcurrently(
            model_name="sosrequest",
            name="request_unconfirmed",
        ),
        RemoveIndexConcurrently(
            model_name="sosrequest",
            name="request_again",
        ),
        RemoveIndexConcurrently(
            model_name="sosrequest",
            name="request_waiting",
        ),
        RemoveIndexConcurrently(
            model_name="sosrequest",
            name="request_waiting_there",
        ),
        RemoveIndexConcurrently(
            model_name="sosrequest",
            name="request_waiting_cutoff",
        ),
    ]
