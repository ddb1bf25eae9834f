"""Those under review with all that they are filtered by; the last cut-off is asked for among all requests."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("requests_app", "0011_more_figures_of_requests")]

    operations = [
        RemoveIndexConcurrently(model_name="sosrequest", name="request_cutoff"),
        AddIndexConcurrently(
            model_name="sosrequest", index=models.Index(fields=["cutoff_at"], name="request_cutoffs")
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "UNDER_REVIEW")),
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
                name="request_waiting",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("prefecture"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "UNDER_REVIEW")),
                include=(
                    "confirmed_at",
                    "confirmed_before",
                    "telephoned_at",
                    "handled_from",
                    "cutoff_at",
                    "least_weeks",
                    "item_ids",
                ),
                name="request_waiting_there",
            ),
        ),
    ]
