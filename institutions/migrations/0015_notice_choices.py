"""How soon a person wants which mails."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("institutions", "0014_particulars_kept_by_staff"),
    ]

    operations = [
        migrations.CreateModel(
            name="NoticeChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("notice", models.CharField(max_length=20, verbose_name="お知らせの種類")),
                ("chosen", models.CharField(max_length=10, verbose_name="受け取り方")),
                ("changed_at", models.DateTimeField(verbose_name="変更した日時")),
            ],
            options={
                "verbose_name": "メールの受け取り方",
                "verbose_name_plural": "メールの受け取り方",
            },
        ),
        migrations.AddField(
            model_name="noticechoice",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notice_choices",
                to=settings.AUTH_USER_MODEL,
                verbose_name="利用者",
            ),
        ),
        migrations.AddConstraint(
            model_name="noticechoice",
            constraint=models.UniqueConstraint(fields=("user", "notice"), name="notice_choice_once"),
        ),
        migrations.AddConstraint(
            model_name="noticechoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("chosen__in", ["now", "digest", "never"]), ("notice", "request")),
                    models.Q(("chosen__in", ["now", "digest"]), ("notice", "question")),
                    models.Q(("chosen__in", ["now", "digest", "never"]), ("notice", "delivery")),
                    models.Q(("chosen__in", ["now", "digest", "never"]), ("notice", "announcement")),
                    models.Q(("chosen__in", ["now", "never"]), ("notice", "reminder")),
                    _connector="OR",
                ),
                name="notice_choice_is_offered",
            ),
        ),
    ]
