"""How many requests of a cut-off are still under review, found from an index of these alone."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("requests_app", "0019_deliveries_and_waiting_lines")]

    operations = [
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                condition=models.Q(("status", "UNDER_REVIEW")),
                fields=["cutoff_at"],
                name="request_waiting_cutoff",
            ),
        ),
    ]
