"""Held mail found by when it is due and by its address; made while people work."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper

HELD = models.Q(state="held")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("lib", "0005_notices_by_choice")]

    operations = [
        AddIndexConcurrently(
            model_name="outboxmessage",
            index=models.Index(fields=["due_at"], condition=HELD, name="outbox_held_due"),
        ),
        AddIndexConcurrently(
            model_name="outboxmessage",
            index=models.Index(Upper("to"), condition=HELD, name="outbox_held_for"),
        ),
    ]
