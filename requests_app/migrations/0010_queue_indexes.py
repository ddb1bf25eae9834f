"""The queue's lists in their order, each from an index; made while people work."""

import django.contrib.postgres.indexes
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("institutions", "0006_change_history"),
        ("requests_app", "0009_queue_columns"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        RemoveIndexConcurrently(
            model_name="sosrequest",
            name="request_queue",
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("status"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                name="request_by_status",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("status"),
                models.F("prefecture"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                name="request_by_status_there",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                name="request_newest",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("prefecture"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                name="request_newest_there",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("least_weeks"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "UNDER_REVIEW")),
                name="request_weeks",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("prefecture"),
                models.F("least_weeks"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "UNDER_REVIEW")),
                name="request_weeks_there",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("prefecture"),
                models.F("handled_from"),
                condition=models.Q(("status", "UNDER_REVIEW"), ("confirmed_at__isnull", True)),
                name="request_unconfirmed",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("prefecture"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(
                    ("status", "UNDER_REVIEW"), ("confirmed_at__isnull", True), ("confirmed_before", True)
                ),
                name="request_again",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                condition=models.Q(("status", "UNDER_REVIEW")), fields=["cutoff_at"], name="request_cutoff"
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["item_ids"], name="request_items"
            ),
        ),
    ]
