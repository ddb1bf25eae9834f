"""Those with an open question in the order of the queue, of the country and of a prefecture; made while people work."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("requests_app", "0030_question_open")]

    operations = [
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("question_open", True)),
                include=("status", "withdrawn_at"),
                name="request_asked",
            ),
        ),
        AddIndexConcurrently(
            model_name="sosrequest",
            index=models.Index(
                models.F("prefecture"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("question_open", True)),
                include=("status", "withdrawn_at"),
                name="request_asked_there",
            ),
        ),
    ]
