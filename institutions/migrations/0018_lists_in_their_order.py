"""Inquiries of a prefecture, suspensions and people who were disabled in the order of their lists; made while people
work."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("institutions", "0017_inquiries_of_prefectures")]

    operations = [
        AddIndexConcurrently(
            model_name="inquiry",
            index=models.Index(fields=["request_number"], name="inquiry_of_request"),
        ),
        AddIndexConcurrently(
            model_name="inquiry",
            index=models.Index(
                fields=["prefecture", "waiting_since", "-updated_at", "-id"],
                include=("with_prefecture", "subject", "desk", "state", "claimed_at"),
                name="inquiry_in_order_there",
            ),
        ),
        AddIndexConcurrently(
            model_name="suspension",
            index=models.Index(fields=["-suspended_from", "-id"], name="suspension_newest"),
        ),
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(
                condition=models.Q(("is_active", False)), fields=["username"], name="user_disabled"
            ),
        ),
    ]
