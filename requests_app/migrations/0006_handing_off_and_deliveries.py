"""What goes to the vendor, what it sent and what arrived: kept as it was written."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sosportal.lib import guards

EXPORT_GUARD = """
CREATE FUNCTION guard_export_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.finished_at IS NOT NULL
        OR (OLD.at, OLD.by_id, OLD.what, OLD.hand_off_id, OLD.filters, OLD.kind, OLD.replaced)
        IS DISTINCT FROM (NEW.at, NEW.by_id, NEW.what, NEW.hand_off_id, NEW.filters, NEW.kind, NEW.replaced) THEN
        RAISE EXCEPTION 'export % is kept as it was written', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_export_log BEFORE UPDATE ON requests_app_exportlog
    FOR EACH ROW EXECUTE FUNCTION guard_export_log();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0005_progress_figures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Delivery",
            fields=[],
            options={
                "verbose_name": "発送と受領",
                "verbose_name_plural": "発送と受領",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("requests_app.requestline",),
        ),
        migrations.CreateModel(
            name="HandOff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="作成日時")),
                ("vendor", models.CharField(max_length=100, verbose_name="売払先事業者")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("utf8", "CSV（UTF-8）"),
                            ("cp932", "CSV（Shift_JIS）"),
                            ("xlsx", "Excel（XLSX）"),
                        ],
                        max_length=8,
                        verbose_name="ファイルの形式",
                    ),
                ),
                ("replaced", models.JSONField(default=list, verbose_name="〓に置き換えた文字")),
                ("line_count", models.PositiveIntegerField(verbose_name="明細の数")),
                ("row_count", models.PositiveIntegerField(verbose_name="行数")),
                ("size", models.PositiveBigIntegerField(verbose_name="大きさ（バイト）")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "corrects",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="requests_app.handoff",
                        verbose_name="訂正する引渡し",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="作成者",
                    ),
                ),
            ],
            options={
                "verbose_name": "引渡し",
                "verbose_name_plural": "売払先事業者への引渡し",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ExportLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="日時")),
                (
                    "what",
                    models.CharField(
                        choices=[("queue", "要請の一覧"), ("hand_off", "引渡しのファイル")],
                        max_length=20,
                        verbose_name="内容",
                    ),
                ),
                ("filters", models.CharField(blank=True, max_length=1000, verbose_name="絞り込み")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("utf8", "CSV（UTF-8）"),
                            ("cp932", "CSV（Shift_JIS）"),
                            ("xlsx", "Excel（XLSX）"),
                        ],
                        max_length=8,
                        verbose_name="ファイルの形式",
                    ),
                ),
                ("replaced", models.JSONField(default=list, verbose_name="〓に置き換えた文字")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="終わった日時")),
                ("row_count", models.PositiveIntegerField(blank=True, null=True, verbose_name="行数")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれが",
                    ),
                ),
                (
                    "hand_off",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="downloads",
                        to="requests_app.handoff",
                        verbose_name="引渡し",
                    ),
                ),
            ],
            options={
                "verbose_name": "出力の記録",
                "verbose_name_plural": "出力の記録",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="HandOffRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(verbose_name="順番")),
                ("whole", models.BooleanField(verbose_name="全項目")),
                ("quantity", models.PositiveIntegerField(verbose_name="数量")),
                ("particulars", models.JSONField(verbose_name="項目")),
                ("cells", models.JSONField(verbose_name="セル")),
                (
                    "hand_off",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="requests_app.handoff",
                        verbose_name="引渡し",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hand_off_rows",
                        to="requests_app.requestline",
                        verbose_name="明細",
                    ),
                ),
            ],
            options={
                "verbose_name": "引渡しの明細",
                "verbose_name_plural": "引渡しの明細",
            },
        ),
        migrations.CreateModel(
            name="Shipment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slip_number", models.CharField(max_length=40, verbose_name="伝票番号")),
                ("version", models.PositiveSmallIntegerField(default=1, verbose_name="版")),
                ("quantity", models.PositiveIntegerField(verbose_name="発送数量")),
                ("shipped_on", models.DateField(verbose_name="発送日")),
                ("carrier", models.CharField(max_length=60, verbose_name="運送会社")),
                ("imported_at", models.DateTimeField(verbose_name="取込日時")),
                ("file_sha256", models.CharField(max_length=64, verbose_name="ファイルのSHA-256")),
                (
                    "imported_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="取込者",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shipments",
                        to="requests_app.requestline",
                        verbose_name="明細",
                    ),
                ),
            ],
            options={
                "verbose_name": "発送",
                "verbose_name_plural": "発送",
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveIntegerField(verbose_name="届いた数量")),
                ("received_on", models.DateField(verbose_name="届いた日")),
                ("comment", models.TextField(blank=True, verbose_name="連絡事項")),
                ("confirmed_at", models.DateTimeField(verbose_name="確認日時")),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="確認者",
                    ),
                ),
                (
                    "shipment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipt",
                        to="requests_app.shipment",
                        verbose_name="発送",
                    ),
                ),
            ],
            options={
                "verbose_name": "受領",
                "verbose_name_plural": "受領",
            },
        ),
        migrations.CreateModel(
            name="ShipmentUpload",
            fields=[
                ("token", models.UUIDField(primary_key=True, serialize=False, verbose_name="番号")),
                ("name", models.CharField(max_length=100, verbose_name="ファイル名")),
                ("content", models.BinaryField(verbose_name="内容")),
                ("uploaded_at", models.DateTimeField(verbose_name="送信日時")),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="送信者",
                    ),
                ),
            ],
            options={
                "verbose_name": "送信された発送ファイル",
                "verbose_name_plural": "送信された発送ファイル",
            },
        ),
        migrations.AddConstraint(
            model_name="handoff",
            constraint=models.CheckConstraint(
                condition=models.Q(("line_count__gte", 1)), name="hand_off_is_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="exportlog",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("row_count__isnull", True), ("sha256", "")),
                    models.Q(
                        ("finished_at__isnull", False),
                        ("row_count__isnull", False),
                        models.Q(("sha256", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="export_finished_with_its_counts",
            ),
        ),
        migrations.AddConstraint(
            model_name="exportlog",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("hand_off__isnull", False), ("what", "hand_off")),
                    models.Q(models.Q(("what", "hand_off"), _negated=True), ("hand_off__isnull", True)),
                    _connector="OR",
                ),
                name="export_of_a_hand_off_names_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="handoffrow",
            constraint=models.UniqueConstraint(fields=("hand_off", "position"), name="hand_off_row_place"),
        ),
        migrations.AddConstraint(
            model_name="handoffrow",
            constraint=models.UniqueConstraint(
                condition=models.Q(("whole", True)), fields=("line",), name="hand_off_of_a_line_in_full_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="handoffrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1)), name="hand_off_row_quantity_positive"
            ),
        ),
        migrations.AddIndex(
            model_name="shipment",
            index=models.Index(fields=["shipped_on"], name="shipment_day"),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.UniqueConstraint(
                fields=("line", "slip_number", "version"), name="shipment_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1)), name="shipment_quantity_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)), name="shipment_version_from_one"
            ),
        ),
        migrations.RunSQL(
            EXPORT_GUARD,
            "DROP TRIGGER guard_export_log ON requests_app_exportlog; DROP FUNCTION guard_export_log()",
        ),
        *guards.keep_rows("requests_app_exportlog"),
        *guards.append_only("requests_app_handoff"),
        *guards.append_only("requests_app_handoffrow"),
        *guards.append_only("requests_app_shipment"),
        *guards.append_only("requests_app_receipt"),
    ]
