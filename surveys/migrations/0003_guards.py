"""Answers are never deleted, and what was answered each time is never changed."""

from django.db import migrations

from sosportal.lib import guards


class Migration(migrations.Migration):
    dependencies = [("surveys", "0002_fill_items"), ("lib", "0002_guards")]
    operations = [
        *guards.append_only("surveys_surveyevent"),
        *guards.keep_rows("surveys_surveyround"),
        *guards.keep_rows("surveys_surveyresponse"),
        *guards.keep_rows("surveys_stockanswer"),
    ]
