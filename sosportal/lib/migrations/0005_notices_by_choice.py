"""Mails that are held for the day's digest, folded into one, or not wanted."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lib", "0004_change_number"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="folded_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="lib.outboxmessage",
                verbose_name="まとめたメール",
            ),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="link",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=200, verbose_name="画面"
            ),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="notice",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=20, verbose_name="お知らせの種類"
            ),
        ),
        migrations.AlterField(
            model_name="outboxmessage",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "送信待ち"),
                    ("sent", "送信済み"),
                    ("parked", "要対応"),
                    ("held", "まとめて送信待ち"),
                    ("folded", "まとめて送信"),
                    ("declined", "送信しない"),
                ],
                default="pending",
                max_length=10,
                verbose_name="状態",
            ),
        ),
        migrations.AddConstraint(
            model_name="outboxmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("folded_into__isnull", False), ("state", "folded")),
                    models.Q(models.Q(("state", "folded"), _negated=True), ("folded_into__isnull", True)),
                    _connector="OR",
                ),
                name="outbox_folded_has_its_digest",
            ),
        ),
    ]
