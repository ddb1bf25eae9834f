"""Searches read indexes alone: the requests of few institutions, and whose they are that wait. Made while people work:
the new ones first, then the old go."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

NEWEST = (
    models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
    models.OrderBy(models.F("id"), descending=True),
)
UNDER_REVIEW = models.Q(("status", "UNDER_REVIEW"), ("withdrawn_at__isnull", True))
FILTERED_BY = (
    "confirmed_at",
    "confirmed_before",
    "telephoned_at",
    "handled_from",
    "cutoff_at",
    "least_weeks",
    "item_ids",
    "institution",
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("institutions", "0019_searches_alone"),
        ("requests_app", "0032_claim_untold"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("institution"),
                *NEWEST,
                include=("prefecture", "status", "withdrawn_at"),
                name="request_newest_of",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                *NEWEST,
                condition=UNDER_REVIEW,
                include=(*FILTERED_BY, "prefecture"),
                name="request_waits_newest",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("prefecture"),
                *NEWEST,
                condition=UNDER_REVIEW,
                include=FILTERED_BY,
                name="request_waits_newest_there",
            ),
        ),
        RemoveIndexConcurrently(model_name="sosrequest", name="request_waits"),
        RemoveIndexConcurrently(model_name="sosrequest", name="request_waits_there"),
    ]
