"""Who follows which request. Those who filed one until now were told of it all the time: they follow it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FILED = """
INSERT INTO requests_app_follow (user_id, request_id, since)
SELECT created_by_id, id, created_at FROM requests_app_sosrequest
UNION ALL
SELECT submitted_by_id, id, submitted_at FROM requests_app_sosrequest
WHERE submitted_by_id IS NOT NULL AND submitted_by_id <> created_by_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0025_waiting_without_the_withdrawn"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Follow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateTimeField(verbose_name="フォローした日時")),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follows",
                        to="requests_app.sosrequest",
                        verbose_name="要請",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follows",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="利用者",
                    ),
                ),
            ],
            options={
                "verbose_name": "フォロー",
                "verbose_name_plural": "フォロー",
                "constraints": [models.UniqueConstraint(fields=("user", "request"), name="follow_once")],
            },
        ),
        migrations.RunSQL(FILED, migrations.RunSQL.noop),
    ]
