"""What the public page shows of a round is written once, and never changed."""

import django.db.models.deletion
from django.db import migrations, models

from sosportal.lib import guards


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0017_requests_move_in_order"),
        ("surveys", "0005_entry_by_proxy"),
    ]

    operations = [
        migrations.CreateModel(
            name="PublishedTable",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("as_of", models.DateTimeField(verbose_name="時点")),
                ("lines", models.JSONField(verbose_name="行")),
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="surveys.item",
                        verbose_name="物資",
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="surveys.surveyround",
                        verbose_name="調査の回",
                    ),
                ),
            ],
            options={
                "verbose_name": "公開した集計",
                "verbose_name_plural": "公開した集計",
                "constraints": [
                    models.UniqueConstraint(fields=("round", "item"), name="published_table_once")
                ],
            },
        ),
        *guards.append_only("requests_app_publishedtable"),
    ]
