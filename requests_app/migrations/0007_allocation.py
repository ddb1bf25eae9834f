"""Decisions about who gets what, and their outcomes: append-only, and only about what the ministry accepted."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sosportal.lib import guards

OUTCOME_GUARD = """
CREATE FUNCTION guard_line_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM requests_app_requestline line
        JOIN requests_app_sosrequest request ON request.id = line.request_id
        JOIN requests_app_allocationdecision decision ON decision.id = NEW.decision_id
        WHERE line.id = NEW.line_id AND request.status = 'ACCEPTED' AND line.accepted_quantity = NEW.accepted
            AND line.item_id = decision.item_id AND request.cutoff_at <= decision.cutoff_at
    ) THEN
        RAISE EXCEPTION 'line % is not what decision % is about', NEW.line_id, NEW.decision_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_line_outcome BEFORE INSERT ON requests_app_lineoutcome
    FOR EACH ROW EXECUTE FUNCTION guard_line_outcome();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0006_handing_off_and_deliveries"),
        ("institutions", "0005_has_agreement"),
        ("surveys", "0003_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AllocationDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cutoff_at", models.DateTimeField(verbose_name="締切")),
                ("available", models.PositiveIntegerField(verbose_name="配布できる数量")),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("ALL_IN_FULL", "全量配布"),
                            ("PRO_RATA", "比例配分"),
                            ("NEED_FIRST", "備蓄の少ない順"),
                            ("AGREEMENT_FIRST", "医療措置協定締結機関を優先"),
                            ("LOTTERY", "抽選"),
                        ],
                        max_length=20,
                        verbose_name="決め方",
                    ),
                ),
                ("rule_version", models.PositiveSmallIntegerField(verbose_name="決め方の版")),
                ("seed", models.CharField(blank=True, max_length=64, verbose_name="抽選の種")),
                ("inputs", models.JSONField(verbose_name="決定に使った値")),
                ("digest", models.CharField(max_length=64, verbose_name="照合値")),
                ("decided_at", models.DateTimeField(verbose_name="決定日時")),
                ("note", models.TextField(blank=True, verbose_name="備考")),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="決定者",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="surveys.item",
                        verbose_name="物資",
                    ),
                ),
            ],
            options={
                "verbose_name": "配布の決定",
                "verbose_name_plural": "配布の決定",
            },
        ),
        migrations.CreateModel(
            name="LineOutcome",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("accepted", models.PositiveIntegerField(verbose_name="国の受付")),
                ("quantity", models.PositiveIntegerField(verbose_name="配布の数量")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("FULL", "配布"), ("REDUCED", "減量"), ("DECLINED", "見送り")],
                        max_length=10,
                        verbose_name="結果",
                    ),
                ),
                ("reason", models.TextField(verbose_name="理由")),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes",
                        to="requests_app.allocationdecision",
                        verbose_name="配布の決定",
                    ),
                ),
                (
                    "line",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcome",
                        to="requests_app.requestline",
                        verbose_name="要請の物資",
                    ),
                ),
            ],
            options={
                "verbose_name": "物資ごとの配布の決定",
                "verbose_name_plural": "物資ごとの配布の決定",
            },
        ),
        migrations.AddIndex(
            model_name="allocationdecision",
            index=models.Index(fields=["item", "cutoff_at"], name="decision_of_round"),
        ),
        migrations.AddConstraint(
            model_name="allocationdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("rule", "LOTTERY"), models.Q(("seed", ""), _negated=True)),
                    models.Q(models.Q(("rule", "LOTTERY"), _negated=True), ("seed", "")),
                    _connector="OR",
                ),
                name="decision_seed_for_the_lottery",
            ),
        ),
        migrations.AddConstraint(
            model_name="lineoutcome",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("accepted__gt", 0), ("outcome", "FULL"), ("quantity", models.F("accepted"))),
                    models.Q(
                        ("outcome", "REDUCED"), ("quantity__gt", 0), ("quantity__lt", models.F("accepted"))
                    ),
                    models.Q(("accepted__gt", 0), ("outcome", "DECLINED"), ("quantity", 0)),
                    _connector="OR",
                ),
                name="outcome_and_its_quantity",
            ),
        ),
        migrations.AddConstraint(
            model_name="lineoutcome",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="outcome_has_a_reason"
            ),
        ),
        migrations.RunSQL(
            OUTCOME_GUARD,
            "DROP TRIGGER guard_line_outcome ON requests_app_lineoutcome; DROP FUNCTION guard_line_outcome()",
        ),
        *guards.append_only("requests_app_allocationdecision"),
        *guards.append_only("requests_app_lineoutcome"),
    ]
