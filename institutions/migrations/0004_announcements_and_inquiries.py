"""お知らせ and お問い合わせ; their versions and messages are never changed, nothing of them is deleted."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sosportal.lib import guards


class Migration(migrations.Migration):
    dependencies = [
        ("institutions", "0003_user_name_in_any_case"),
        ("lib", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="Announcement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=100, verbose_name="題名")),
                ("body", models.TextField(verbose_name="本文")),
                ("important", models.BooleanField(default=False, verbose_name="重要")),
                (
                    "prefectures",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="都道府県",
                    ),
                ),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="種別",
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="掲載の開始")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="掲載の終了")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="版")),
                ("created_at", models.DateTimeField(verbose_name="登録日時")),
                ("corrected_at", models.DateTimeField(blank=True, null=True, verbose_name="更新日時")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="取下げ日時")),
                ("withdrawn_reason", models.TextField(blank=True, verbose_name="取下げの理由")),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="登録者",
                    ),
                ),
                (
                    "prefecture",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institutions.prefecture",
                        verbose_name="発信元",
                    ),
                ),
            ],
            options={
                "verbose_name": "お知らせ",
                "verbose_name_plural": "お知らせ",
            },
        ),
        migrations.CreateModel(
            name="AnnouncementMailing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="版")),
                ("due_at", models.DateTimeField(verbose_name="送信の開始")),
                ("after", models.BigIntegerField(default=0, verbose_name="どこまで")),
                ("posted", models.PositiveIntegerField(default=0, verbose_name="登録した数")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="登録の終了")),
                (
                    "announcement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mailings",
                        to="institutions.announcement",
                        verbose_name="お知らせ",
                    ),
                ),
            ],
            options={
                "verbose_name": "お知らせのメール",
                "verbose_name_plural": "お知らせのメール",
            },
        ),
        migrations.CreateModel(
            name="AnnouncementRead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="版")),
                ("read_at", models.DateTimeField(verbose_name="開いた日時")),
                (
                    "announcement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reads",
                        to="institutions.announcement",
                        verbose_name="お知らせ",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="利用者",
                    ),
                ),
            ],
            options={
                "verbose_name": "お知らせの既読",
                "verbose_name_plural": "お知らせの既読",
            },
        ),
        migrations.CreateModel(
            name="AnnouncementVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("announcement_id", models.BigIntegerField(verbose_name="お知らせ")),
                ("version", models.PositiveIntegerField(verbose_name="版")),
                (
                    "verb",
                    models.CharField(
                        choices=[("publish", "公開"), ("correct", "訂正"), ("withdraw", "取下げ")],
                        max_length=10,
                        verbose_name="操作",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="日時")),
                ("actor_id", models.BigIntegerField(verbose_name="操作者")),
                ("actor_text", models.CharField(max_length=200, verbose_name="操作者")),
                ("content", models.JSONField(verbose_name="内容")),
                ("reason", models.TextField(blank=True, verbose_name="理由")),
            ],
            options={
                "verbose_name": "お知らせの版",
                "verbose_name_plural": "お知らせの版",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("announcement_id", "version"), name="announcement_version_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Inquiry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "subject",
                    models.CharField(
                        choices=[
                            ("survey", "調査"),
                            ("request", "要請"),
                            ("shipping", "配布・発送"),
                            ("login", "ログイン・利用者"),
                            ("other", "その他"),
                        ],
                        max_length=10,
                        verbose_name="件名",
                    ),
                ),
                (
                    "desk",
                    models.CharField(
                        choices=[("prefecture", "都道府県"), ("ministry", "国（事務局）")],
                        max_length=10,
                        verbose_name="宛先",
                    ),
                ),
                ("with_prefecture", models.BooleanField(verbose_name="都道府県が見る")),
                ("request_number", models.CharField(blank=True, max_length=12, verbose_name="要請番号")),
                (
                    "state",
                    models.CharField(
                        choices=[("new", "未対応"), ("in_hand", "対応中"), ("answered", "回答済み")],
                        default="new",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="版")),
                ("revision", models.PositiveIntegerField(default=1, verbose_name="改訂")),
                ("created_at", models.DateTimeField(verbose_name="受付日時")),
                ("updated_at", models.DateTimeField(verbose_name="更新日時")),
                ("waiting_since", models.DateTimeField(blank=True, null=True, verbose_name="回答待ちの開始")),
                ("claimed_at", models.DateTimeField(blank=True, null=True, verbose_name="担当の開始")),
                ("answer_unread", models.BooleanField(default=False, verbose_name="回答が未読")),
                (
                    "claimed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="担当者",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="作成者",
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inquiries",
                        to="institutions.institution",
                        verbose_name="医療機関",
                    ),
                ),
            ],
            options={
                "verbose_name": "お問い合わせ",
                "verbose_name_plural": "お問い合わせ",
            },
        ),
        migrations.CreateModel(
            name="InquiryMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("inquiry_id", models.BigIntegerField(verbose_name="お問い合わせ")),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("ask", "お問い合わせ"),
                            ("add", "追加の連絡"),
                            ("answer", "回答"),
                            ("forward", "引き継ぎ"),
                            ("memo", "内部メモ"),
                            ("claim", "担当"),
                            ("release", "担当の終了"),
                        ],
                        max_length=10,
                        verbose_name="操作",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="日時")),
                ("actor_id", models.BigIntegerField(verbose_name="操作者")),
                (
                    "actor_role",
                    models.CharField(
                        choices=[
                            ("institution", "医療機関担当者"),
                            ("prefecture", "都道府県担当者"),
                            ("ministry", "国担当者"),
                            ("operator", "運用担当者"),
                        ],
                        max_length=20,
                        verbose_name="役割",
                    ),
                ),
                ("actor_text", models.CharField(max_length=200, verbose_name="操作者")),
                ("desk_text", models.CharField(max_length=20, verbose_name="宛先")),
                ("text", models.TextField(blank=True, verbose_name="内容")),
                ("from_state", models.CharField(blank=True, max_length=10, verbose_name="前の状態")),
                ("to_state", models.CharField(max_length=10, verbose_name="状態")),
                ("revision", models.PositiveIntegerField(verbose_name="改訂")),
            ],
            options={
                "verbose_name": "お問い合わせの経過",
                "verbose_name_plural": "お問い合わせの経過",
                "indexes": [models.Index(fields=["inquiry_id", "id"], name="message_of_inquiry")],
            },
        ),
        migrations.AddIndex(
            model_name="announcement",
            index=models.Index(fields=["-starts_at", "-id"], name="announcement_newest"),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_at__isnull", True), ("ends_at__gt", models.F("starts_at")), _connector="OR"
                ),
                name="announcement_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at__isnull", True), ("withdrawn_reason", "")),
                    models.Q(
                        ("withdrawn_at__isnull", False), models.Q(("withdrawn_reason", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="announcement_withdrawn_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("prefecture__isnull", True),
                    (
                        "prefectures",
                        models.Func(
                            models.F("prefecture"),
                            output_field=django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=2), size=None
                            ),
                            template="ARRAY[%(expressions)s]::varchar(2)[]",
                        ),
                    ),
                    _connector="OR",
                ),
                name="announcement_of_a_prefecture_stays_in_it",
            ),
        ),
        migrations.AddIndex(
            model_name="announcementmailing",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", True)), fields=["due_at"], name="mailing_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="announcementmailing",
            constraint=models.UniqueConstraint(
                fields=("announcement", "version"), name="announcement_mailing_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="announcementread",
            constraint=models.UniqueConstraint(
                fields=("user", "announcement"), name="announcement_read_once"
            ),
        ),
        migrations.AddIndex(
            model_name="inquiry",
            index=models.Index(fields=["institution", "-updated_at"], name="inquiry_of_institution"),
        ),
        migrations.AddIndex(
            model_name="inquiry",
            index=models.Index(fields=["waiting_since", "id"], name="inquiry_waiting"),
        ),
        migrations.AddConstraint(
            model_name="inquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "answered"), ("waiting_since__isnull", True)),
                    models.Q(
                        models.Q(("state", "answered"), _negated=True), ("waiting_since__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="inquiry_waits_until_answered",
            ),
        ),
        migrations.AddConstraint(
            model_name="inquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("claimed_at__isnull", False), ("claimed_by__isnull", False), ("state", "in_hand")
                    ),
                    models.Q(
                        models.Q(("state", "in_hand"), _negated=True),
                        ("claimed_at__isnull", True),
                        ("claimed_by__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="inquiry_in_hand_when_and_whose",
            ),
        ),
        migrations.AddConstraint(
            model_name="inquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("desk", "ministry"),
                    models.Q(("desk", "prefecture"), ("with_prefecture", True)),
                    _connector="OR",
                ),
                name="inquiry_desk_prefecture_sees_it",
            ),
        ),
        *guards.keep_rows("institutions_announcement"),
        *guards.append_only("institutions_announcementversion"),
        *guards.keep_rows("institutions_announcementmailing"),
        *guards.keep_rows("institutions_inquiry"),
        *guards.append_only("institutions_inquirymessage"),
    ]
