"""The figures of the dashboards, and the switch of the public progress page."""

import django.db.models.deletion
from django.db import migrations, models

from sosportal.lib import guards


class Migration(migrations.Migration):
    dependencies = [
        ("institutions", "0003_user_name_in_any_case"),
        ("requests_app", "0004_questions_and_claims"),
        ("surveys", "0003_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="PrefectureStanding",
            fields=[
                (
                    "prefecture",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="institutions.prefecture",
                        verbose_name="都道府県",
                    ),
                ),
                ("drafts", models.PositiveIntegerField(verbose_name="未申請")),
                ("errors", models.PositiveIntegerField(verbose_name="エラー有り")),
                ("unconfirmed", models.PositiveIntegerField(verbose_name="都道府県の確認待ち")),
                ("confirmed", models.PositiveIntegerField(verbose_name="国の受付待ち")),
                ("late", models.PositiveIntegerField(verbose_name="対応の遅れ")),
                ("accepted", models.PositiveIntegerField(verbose_name="受付完了")),
                (
                    "oldest_unconfirmed",
                    models.DateTimeField(null=True, verbose_name="確認待ちで最も古い申請"),
                ),
                ("oldest_confirmed", models.DateTimeField(null=True, verbose_name="受付待ちで最も古い申請")),
            ],
            options={
                "verbose_name": "都道府県ごとの要請",
                "verbose_name_plural": "都道府県ごとの要請",
            },
        ),
        migrations.CreateModel(
            name="PublicSwitch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_on", models.BooleanField(verbose_name="公開する")),
                ("at", models.DateTimeField(verbose_name="日時")),
                ("actor_id", models.BigIntegerField(verbose_name="操作者")),
                ("actor_text", models.CharField(max_length=200, verbose_name="操作者")),
                ("reason", models.TextField(verbose_name="理由")),
            ],
            options={
                "verbose_name": "公開の切替え",
                "verbose_name_plural": "公開の切替え",
            },
        ),
        migrations.CreateModel(
            name="ProgressState",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("as_of", models.DateTimeField(verbose_name="時点")),
                ("seconds", models.FloatField(verbose_name="秒")),
            ],
            options={
                "verbose_name": "集計の時点",
                "verbose_name_plural": "集計の時点",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="progress_state_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="InstitutionOpen",
            fields=[
                (
                    "institution",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="institutions.institution",
                        verbose_name="医療機関",
                    ),
                ),
                ("requests", models.PositiveIntegerField(verbose_name="確認中の要請")),
                ("oldest", models.DateTimeField(verbose_name="最も古い申請")),
                (
                    "prefecture",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="institutions.prefecture",
                        verbose_name="都道府県",
                    ),
                ),
            ],
            options={
                "verbose_name": "要請が確認中の医療機関",
                "verbose_name_plural": "要請が確認中の医療機関",
                "indexes": [
                    models.Index(
                        fields=["prefecture", "oldest", "institution"], name="institution_open_oldest"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InstitutionStock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("weeks", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="備蓄の週分")),
                (
                    "institution",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="institutions.institution",
                        verbose_name="医療機関",
                    ),
                ),
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
                    "prefecture",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="institutions.prefecture",
                        verbose_name="都道府県",
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
                "verbose_name": "医療機関の備蓄",
                "verbose_name_plural": "医療機関の備蓄",
                "indexes": [
                    models.Index(
                        fields=["round", "prefecture", "item", "weeks", "institution"],
                        name="institution_stock_least",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("institution", "item", "round"), name="institution_stock_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PrefectureRound",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("institutions", models.PositiveIntegerField(verbose_name="医療機関")),
                ("answered", models.PositiveIntegerField(verbose_name="回答した医療機関")),
                ("requests", models.PositiveIntegerField(default=0, verbose_name="申請された要請")),
                ("is_final", models.BooleanField(verbose_name="確定")),
                (
                    "prefecture",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="institutions.prefecture",
                        verbose_name="都道府県",
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
                "verbose_name": "都道府県ごとの調査の回",
                "verbose_name_plural": "都道府県ごとの調査の回",
                "constraints": [
                    models.UniqueConstraint(fields=("round", "prefecture"), name="prefecture_round_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="RequestFigure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("requests", models.PositiveIntegerField(verbose_name="要請")),
                ("asked", models.PositiveBigIntegerField(verbose_name="要請数量")),
                ("confirmed", models.PositiveBigIntegerField(verbose_name="都道府県の確認")),
                ("accepted", models.PositiveBigIntegerField(verbose_name="国の受付")),
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
                    "prefecture",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="institutions.prefecture",
                        verbose_name="都道府県",
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
                "verbose_name": "要請の集計",
                "verbose_name_plural": "要請の集計",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("round", "item", "prefecture"), name="request_figure_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StockFigure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("answered", models.PositiveIntegerField(verbose_name="回答した医療機関")),
                ("stock", models.PositiveBigIntegerField(verbose_name="在庫量と購入見込み量")),
                ("consumption", models.PositiveBigIntegerField(verbose_name="1週間の想定消費量")),
                ("below_1", models.PositiveIntegerField(verbose_name="1週分未満")),
                ("below_2", models.PositiveIntegerField(verbose_name="2週分未満")),
                ("below_3", models.PositiveIntegerField(verbose_name="3週分未満")),
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
                    "prefecture",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="institutions.prefecture",
                        verbose_name="都道府県",
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
                "verbose_name": "備蓄の集計",
                "verbose_name_plural": "備蓄の集計",
                "constraints": [
                    models.UniqueConstraint(fields=("round", "item", "prefecture"), name="stock_figure_once")
                ],
            },
        ),
        *guards.append_only("requests_app_publicswitch"),
    ]
