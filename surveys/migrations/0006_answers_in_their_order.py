"""The officers' list of answers, newest first, is read from an index in that order: never sorted as a whole."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("surveys", "0005_entry_by_proxy")]

    operations = [
        AddIndexConcurrently(
            model_name="surveyresponse",
            index=models.Index(fields=["-answered_at", "-id"], name="response_newest"),
        ),
    ]
