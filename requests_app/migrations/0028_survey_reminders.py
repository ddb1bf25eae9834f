"""Reminders of the weekly survey on their way."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0027_typed_draft"),
        ("surveys", "0005_entry_by_proxy"),
    ]

    operations = [
        migrations.CreateModel(
            name="SurveyReminding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("begins_at", models.DateTimeField(verbose_name="開始")),
                ("ends_at", models.DateTimeField(verbose_name="終了")),
                ("cutoff_at", models.DateTimeField(verbose_name="締切")),
                ("after", models.BigIntegerField(default=0, verbose_name="どこまで")),
                ("posted", models.PositiveIntegerField(default=0, verbose_name="登録した数")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="登録の終了")),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="remindings",
                        to="surveys.surveyround",
                        verbose_name="調査の回",
                    ),
                ),
            ],
            options={
                "verbose_name": "調査のリマインド",
                "verbose_name_plural": "調査のリマインド",
                "constraints": [
                    models.UniqueConstraint(fields=("round", "begins_at"), name="survey_reminding_once")
                ],
            },
        ),
    ]
