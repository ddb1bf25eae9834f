"""The change history of this app's tables: event tables and triggers, as the models' `track` says."""

import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import sosportal.lib.audit.tracking
from sosportal.lib import guards


class Migration(migrations.Migration):
    dependencies = [
        ("lib", "0004_change_number"),
        ("institutions", "0006_change_history"),
        ("requests_app", "0007_allocation"),
        ("surveys", "0004_change_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarExceptionHistory",
            fields=[
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="番号")),
                ("pgh_created_at", models.DateTimeField(verbose_name="日時")),
                ("pgh_label", models.CharField(max_length=10, verbose_name="種類")),
                ("pgh_before", models.JSONField(null=True, verbose_name="変更前")),
                ("pgh_actor_id", models.BigIntegerField(null=True, verbose_name="変更した人")),
                ("pgh_institution_id", models.BigIntegerField(null=True, verbose_name="医療機関")),
                ("pgh_prefecture_id", models.CharField(max_length=2, null=True, verbose_name="都道府県")),
                ("pgh_context", pghistory.utils.JSONField()),
                ("day", models.DateField(verbose_name="日付")),
                ("is_business_day", models.BooleanField(default=False, verbose_name="開庁日とする")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="理由")),
            ],
            options={
                "verbose_name": "開庁日の例外の変更",
                "verbose_name_plural": "開庁日の例外の変更",
                "db_table": "requests_app_calendarexceptionhistory",
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="CampaignHistory",
            fields=[
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="番号")),
                ("pgh_created_at", models.DateTimeField(verbose_name="日時")),
                ("pgh_label", models.CharField(max_length=10, verbose_name="種類")),
                ("pgh_before", models.JSONField(null=True, verbose_name="変更前")),
                ("pgh_actor_id", models.BigIntegerField(null=True, verbose_name="変更した人")),
                ("pgh_institution_id", models.BigIntegerField(null=True, verbose_name="医療機関")),
                ("pgh_prefecture_id", models.CharField(max_length=2, null=True, verbose_name="都道府県")),
                ("pgh_context", pghistory.utils.JSONField()),
                ("name", models.CharField(max_length=100, verbose_name="名称")),
                ("opens_at", models.DateTimeField(verbose_name="受付開始")),
                (
                    "closes_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="空欄のあいだは受付を続けます。",
                        null=True,
                        verbose_name="受付停止",
                    ),
                ),
                (
                    "notice",
                    models.TextField(
                        help_text="要請の一覧と要請の画面のはじめに表示します。", verbose_name="お知らせ文"
                    ),
                ),
                (
                    "conditions",
                    models.TextField(
                        help_text="1行に1つ。①②…の番号は自動で付きます。", verbose_name="緊急配布条件"
                    ),
                ),
                (
                    "terms",
                    models.TextField(
                        help_text="見出しの行と本文の行を続けて書き、次の事項との間を1行空けます。番号は自動で付きます。",
                        verbose_name="同意事項",
                    ),
                ),
            ],
            options={
                "verbose_name": "受付の変更",
                "verbose_name_plural": "受付の変更",
                "db_table": "requests_app_campaignhistory",
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="CampaignItemHistory",
            fields=[
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="番号")),
                ("pgh_created_at", models.DateTimeField(verbose_name="日時")),
                ("pgh_label", models.CharField(max_length=10, verbose_name="種類")),
                ("pgh_before", models.JSONField(null=True, verbose_name="変更前")),
                ("pgh_actor_id", models.BigIntegerField(null=True, verbose_name="変更した人")),
                ("pgh_institution_id", models.BigIntegerField(null=True, verbose_name="医療機関")),
                ("pgh_prefecture_id", models.CharField(max_length=2, null=True, verbose_name="都道府県")),
                ("pgh_context", pghistory.utils.JSONField()),
                (
                    "stopped_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="この物資の受付停止"),
                ),
            ],
            options={
                "verbose_name": "受付の物資の変更",
                "verbose_name_plural": "受付の物資の変更",
                "db_table": "requests_app_campaignitemhistory",
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="CutoffChangeHistory",
            fields=[
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="番号")),
                ("pgh_created_at", models.DateTimeField(verbose_name="日時")),
                ("pgh_label", models.CharField(max_length=10, verbose_name="種類")),
                ("pgh_before", models.JSONField(null=True, verbose_name="変更前")),
                ("pgh_actor_id", models.BigIntegerField(null=True, verbose_name="変更した人")),
                ("pgh_institution_id", models.BigIntegerField(null=True, verbose_name="医療機関")),
                ("pgh_prefecture_id", models.CharField(max_length=2, null=True, verbose_name="都道府県")),
                ("pgh_context", pghistory.utils.JSONField()),
                ("regular_day", models.DateField(verbose_name="通常の締切日（水曜）")),
                ("cutoff_at", models.DateTimeField(verbose_name="変更後の締切")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="理由")),
            ],
            options={
                "verbose_name": "締切の変更の変更",
                "verbose_name_plural": "締切の変更の変更",
                "db_table": "requests_app_cutoffchangehistory",
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="RequestLineHistory",
            fields=[
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="番号")),
                ("pgh_created_at", models.DateTimeField(verbose_name="日時")),
                ("pgh_label", models.CharField(max_length=10, verbose_name="種類")),
                ("pgh_before", models.JSONField(null=True, verbose_name="変更前")),
                ("pgh_actor_id", models.BigIntegerField(null=True, verbose_name="変更した人")),
                ("pgh_institution_id", models.BigIntegerField(null=True, verbose_name="医療機関")),
                ("pgh_prefecture_id", models.CharField(max_length=2, null=True, verbose_name="都道府県")),
                ("pgh_context", pghistory.utils.JSONField()),
                ("quantity", models.PositiveIntegerField(blank=True, null=True, verbose_name="要請数量")),
                (
                    "confirmed_quantity",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="都道府県の確認"),
                ),
                (
                    "accepted_quantity",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="国の受付"),
                ),
            ],
            options={
                "verbose_name": "要請の物資の変更",
                "verbose_name_plural": "要請の物資の変更",
                "db_table": "requests_app_requestlinehistory",
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="SosRequestHistory",
            fields=[
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="番号")),
                ("pgh_created_at", models.DateTimeField(verbose_name="日時")),
                ("pgh_label", models.CharField(max_length=10, verbose_name="種類")),
                ("pgh_before", models.JSONField(null=True, verbose_name="変更前")),
                ("pgh_actor_id", models.BigIntegerField(null=True, verbose_name="変更した人")),
                ("pgh_institution_id", models.BigIntegerField(null=True, verbose_name="医療機関")),
                ("pgh_prefecture_id", models.CharField(max_length=2, null=True, verbose_name="都道府県")),
                ("pgh_context", pghistory.utils.JSONField()),
                ("number", models.CharField(max_length=12, verbose_name="要請番号")),
                ("title", models.CharField(max_length=240, verbose_name="タイトル")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "未申請"),
                            ("ERROR", "エラー有り"),
                            ("UNDER_REVIEW", "都道府県・国確認中"),
                            ("ACCEPTED", "受付完了"),
                        ],
                        default="DRAFT",
                        max_length=20,
                        verbose_name="対応ステータス",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="版")),
                ("confirmed_terms", models.BooleanField(default=False, verbose_name="緊急配布条件の確認")),
                ("opinion", models.TextField(blank=True, verbose_name="不足状況、ご意見")),
                ("prefecture_note", models.TextField(blank=True, verbose_name="都道府県入力欄")),
                ("submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="申請日時")),
                ("cutoff_at", models.DateTimeField(blank=True, null=True, verbose_name="締切")),
                ("handled_from", models.DateField(blank=True, null=True, verbose_name="対応開始日")),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="都道府県の確認")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="受付日時")),
            ],
            options={
                "verbose_name": "緊急配布要請の変更",
                "verbose_name_plural": "緊急配布要請の変更",
                "db_table": "requests_app_sosrequesthistory",
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="calendarexception",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_calendarexceptionhistory" ("day", "is_business_day", "note", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."day", NEW."is_business_day", NEW."note", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NULL, NULL, NULL); RETURN NULL;',
                    hash="9931c3d133cc426dc63c7de243bcf64e06a92e6d",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_f06d4",
                    table="requests_app_calendarexception",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="calendarexception",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    condition='WHEN (OLD."day" IS DISTINCT FROM (NEW."day") OR OLD."is_business_day" IS DISTINCT FROM (NEW."is_business_day") OR OLD."note" IS DISTINCT FROM (NEW."note"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_calendarexceptionhistory" ("day", "is_business_day", "note", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."day", NEW."is_business_day", NEW."note", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NULL, NULL, (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'day\', to_jsonb(OLD."day"), to_jsonb(NEW."day")), (\'is_business_day\', to_jsonb(OLD."is_business_day"), to_jsonb(NEW."is_business_day")), (\'note\', to_jsonb(OLD."note"), to_jsonb(NEW."note"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="352bdcccfa36af54f2100e904ac44b2e44fcab5a",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_21add",
                    table="requests_app_calendarexception",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="calendarexception",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_calendarexceptionhistory" ("day", "is_business_day", "note", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."day", OLD."is_business_day", OLD."note", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, NULL, NULL, NULL); RETURN NULL;',
                    hash="77e51d4d3ed84d4b6f4b7f815e2045993203ceac",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_8c353",
                    table="requests_app_calendarexception",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="campaign",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_campaignhistory" ("name", "opens_at", "closes_at", "notice", "conditions", "terms", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."name", NEW."opens_at", NEW."closes_at", NEW."notice", NEW."conditions", NEW."terms", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NULL, NULL, NULL); RETURN NULL;',
                    hash="8aa8d921aa9a3ba694c562d232bf99fdfc8b2c15",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_ba989",
                    table="requests_app_campaign",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="campaign",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    condition='WHEN (OLD."closes_at" IS DISTINCT FROM (NEW."closes_at") OR OLD."conditions" IS DISTINCT FROM (NEW."conditions") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."notice" IS DISTINCT FROM (NEW."notice") OR OLD."opens_at" IS DISTINCT FROM (NEW."opens_at") OR OLD."terms" IS DISTINCT FROM (NEW."terms"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_campaignhistory" ("name", "opens_at", "closes_at", "notice", "conditions", "terms", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."name", NEW."opens_at", NEW."closes_at", NEW."notice", NEW."conditions", NEW."terms", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NULL, NULL, (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'name\', to_jsonb(OLD."name"), to_jsonb(NEW."name")), (\'opens_at\', to_jsonb(OLD."opens_at"), to_jsonb(NEW."opens_at")), (\'closes_at\', to_jsonb(OLD."closes_at"), to_jsonb(NEW."closes_at")), (\'notice\', to_jsonb(OLD."notice"), to_jsonb(NEW."notice")), (\'conditions\', to_jsonb(OLD."conditions"), to_jsonb(NEW."conditions")), (\'terms\', to_jsonb(OLD."terms"), to_jsonb(NEW."terms"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="fabae01774c3db1e327d1fbf1b59200e5e4d05fa",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_cf458",
                    table="requests_app_campaign",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="campaign",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_campaignhistory" ("name", "opens_at", "closes_at", "notice", "conditions", "terms", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."name", OLD."opens_at", OLD."closes_at", OLD."notice", OLD."conditions", OLD."terms", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, NULL, NULL, NULL); RETURN NULL;',
                    hash="70e1d09417648f267f4d896632dd0a4f92f8cb89",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_027bc",
                    table="requests_app_campaign",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="campaignitem",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_campaignitemhistory" ("campaign_id", "item_id", "stopped_at", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."campaign_id", NEW."item_id", NEW."stopped_at", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NULL, NULL, NULL); RETURN NULL;',
                    hash="1de44a521ab82d0aec80917f9f850a752934590d",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_974f4",
                    table="requests_app_campaignitem",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="campaignitem",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    condition='WHEN (OLD."campaign_id" IS DISTINCT FROM (NEW."campaign_id") OR OLD."item_id" IS DISTINCT FROM (NEW."item_id") OR OLD."stopped_at" IS DISTINCT FROM (NEW."stopped_at"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_campaignitemhistory" ("campaign_id", "item_id", "stopped_at", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."campaign_id", NEW."item_id", NEW."stopped_at", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NULL, NULL, (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'campaign_id\', to_jsonb(OLD."campaign_id"), to_jsonb(NEW."campaign_id")), (\'item_id\', to_jsonb(OLD."item_id"), to_jsonb(NEW."item_id")), (\'stopped_at\', to_jsonb(OLD."stopped_at"), to_jsonb(NEW."stopped_at"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="1f81a58f454770e083bd4aed6625e437c2bcd1f0",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_c07a0",
                    table="requests_app_campaignitem",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="campaignitem",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_campaignitemhistory" ("campaign_id", "item_id", "stopped_at", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."campaign_id", OLD."item_id", OLD."stopped_at", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, NULL, NULL, NULL); RETURN NULL;',
                    hash="3b00f814a3186488dd53db813d6e2b59ebd9055c",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_0101a",
                    table="requests_app_campaignitem",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="cutoffchange",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_cutoffchangehistory" ("regular_day", "cutoff_at", "note", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."regular_day", NEW."cutoff_at", NEW."note", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NULL, NULL, NULL); RETURN NULL;',
                    hash="d58cce7b2e91e26f4240827e5751ee9b8b644ea7",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_d0e0c",
                    table="requests_app_cutoffchange",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="cutoffchange",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    condition='WHEN (OLD."cutoff_at" IS DISTINCT FROM (NEW."cutoff_at") OR OLD."note" IS DISTINCT FROM (NEW."note") OR OLD."regular_day" IS DISTINCT FROM (NEW."regular_day"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_cutoffchangehistory" ("regular_day", "cutoff_at", "note", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."regular_day", NEW."cutoff_at", NEW."note", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NULL, NULL, (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'regular_day\', to_jsonb(OLD."regular_day"), to_jsonb(NEW."regular_day")), (\'cutoff_at\', to_jsonb(OLD."cutoff_at"), to_jsonb(NEW."cutoff_at")), (\'note\', to_jsonb(OLD."note"), to_jsonb(NEW."note"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="6ffaeab6a025817617c271750520fac7fa57e27d",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_28a26",
                    table="requests_app_cutoffchange",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="cutoffchange",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_cutoffchangehistory" ("regular_day", "cutoff_at", "note", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."regular_day", OLD."cutoff_at", OLD."note", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, NULL, NULL, NULL); RETURN NULL;',
                    hash="2397928c420b3dc1fb0b854ed9b5ca0a37b0a782",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_df87a",
                    table="requests_app_cutoffchange",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="requestline",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_requestlinehistory" ("request_id", "item_id", "quantity", "confirmed_quantity", "accepted_quantity", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."request_id", NEW."item_id", NEW."quantity", NEW."confirmed_quantity", NEW."accepted_quantity", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, (SELECT r.institution_id FROM public.requests_app_sosrequest r WHERE r.id = NEW.request_id), (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = (SELECT r.institution_id FROM public.requests_app_sosrequest r WHERE r.id = NEW.request_id)), NULL); RETURN NULL;',
                    hash="ba87b646c94631c2716a1b3c7e26695f4335970a",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_78d3e",
                    table="requests_app_requestline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="requestline",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    condition='WHEN (OLD."accepted_quantity" IS DISTINCT FROM (NEW."accepted_quantity") OR OLD."confirmed_quantity" IS DISTINCT FROM (NEW."confirmed_quantity") OR OLD."item_id" IS DISTINCT FROM (NEW."item_id") OR OLD."quantity" IS DISTINCT FROM (NEW."quantity") OR OLD."request_id" IS DISTINCT FROM (NEW."request_id"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_requestlinehistory" ("request_id", "item_id", "quantity", "confirmed_quantity", "accepted_quantity", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."request_id", NEW."item_id", NEW."quantity", NEW."confirmed_quantity", NEW."accepted_quantity", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, (SELECT r.institution_id FROM public.requests_app_sosrequest r WHERE r.id = NEW.request_id), (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = (SELECT r.institution_id FROM public.requests_app_sosrequest r WHERE r.id = NEW.request_id)), (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'request_id\', to_jsonb(OLD."request_id"), to_jsonb(NEW."request_id")), (\'item_id\', to_jsonb(OLD."item_id"), to_jsonb(NEW."item_id")), (\'quantity\', to_jsonb(OLD."quantity"), to_jsonb(NEW."quantity")), (\'confirmed_quantity\', to_jsonb(OLD."confirmed_quantity"), to_jsonb(NEW."confirmed_quantity")), (\'accepted_quantity\', to_jsonb(OLD."accepted_quantity"), to_jsonb(NEW."accepted_quantity"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="0373ebbf626db43d86c854dc70e6b47e56533389",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_78157",
                    table="requests_app_requestline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="requestline",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_requestlinehistory" ("request_id", "item_id", "quantity", "confirmed_quantity", "accepted_quantity", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."request_id", OLD."item_id", OLD."quantity", OLD."confirmed_quantity", OLD."accepted_quantity", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, (SELECT r.institution_id FROM public.requests_app_sosrequest r WHERE r.id = OLD.request_id), (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = (SELECT r.institution_id FROM public.requests_app_sosrequest r WHERE r.id = OLD.request_id)), NULL); RETURN NULL;',
                    hash="66ef1ec5c9688551da07818c9d4729c794fec8b9",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_df8a4",
                    table="requests_app_requestline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sosrequest",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_sosrequesthistory" ("number", "title", "institution_id", "campaign_id", "status", "version", "confirmed_terms", "opinion", "prefecture_note", "created_by_id", "submitted_at", "submitted_by_id", "cutoff_at", "handled_from", "confirmed_at", "confirmed_by_id", "accepted_at", "accepted_by_id", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."number", NEW."title", NEW."institution_id", NEW."campaign_id", NEW."status", NEW."version", NEW."confirmed_terms", NEW."opinion", NEW."prefecture_note", NEW."created_by_id", NEW."submitted_at", NEW."submitted_by_id", NEW."cutoff_at", NEW."handled_from", NEW."confirmed_at", NEW."confirmed_by_id", NEW."accepted_at", NEW."accepted_by_id", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), NULL); RETURN NULL;',
                    hash="5d2af2dfa50440da0f05d6111cfa29f8cbc118d6",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_85896",
                    table="requests_app_sosrequest",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sosrequest",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    condition='WHEN (OLD."accepted_at" IS DISTINCT FROM (NEW."accepted_at") OR OLD."accepted_by_id" IS DISTINCT FROM (NEW."accepted_by_id") OR OLD."campaign_id" IS DISTINCT FROM (NEW."campaign_id") OR OLD."confirmed_at" IS DISTINCT FROM (NEW."confirmed_at") OR OLD."confirmed_by_id" IS DISTINCT FROM (NEW."confirmed_by_id") OR OLD."confirmed_terms" IS DISTINCT FROM (NEW."confirmed_terms") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."cutoff_at" IS DISTINCT FROM (NEW."cutoff_at") OR OLD."handled_from" IS DISTINCT FROM (NEW."handled_from") OR OLD."institution_id" IS DISTINCT FROM (NEW."institution_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."opinion" IS DISTINCT FROM (NEW."opinion") OR OLD."prefecture_note" IS DISTINCT FROM (NEW."prefecture_note") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."submitted_at" IS DISTINCT FROM (NEW."submitted_at") OR OLD."submitted_by_id" IS DISTINCT FROM (NEW."submitted_by_id") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."version" IS DISTINCT FROM (NEW."version"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_sosrequesthistory" ("number", "title", "institution_id", "campaign_id", "status", "version", "confirmed_terms", "opinion", "prefecture_note", "created_by_id", "submitted_at", "submitted_by_id", "cutoff_at", "handled_from", "confirmed_at", "confirmed_by_id", "accepted_at", "accepted_by_id", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."number", NEW."title", NEW."institution_id", NEW."campaign_id", NEW."status", NEW."version", NEW."confirmed_terms", NEW."opinion", NEW."prefecture_note", NEW."created_by_id", NEW."submitted_at", NEW."submitted_by_id", NEW."cutoff_at", NEW."handled_from", NEW."confirmed_at", NEW."confirmed_by_id", NEW."accepted_at", NEW."accepted_by_id", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'number\', to_jsonb(OLD."number"), to_jsonb(NEW."number")), (\'title\', to_jsonb(OLD."title"), to_jsonb(NEW."title")), (\'institution_id\', to_jsonb(OLD."institution_id"), to_jsonb(NEW."institution_id")), (\'campaign_id\', to_jsonb(OLD."campaign_id"), to_jsonb(NEW."campaign_id")), (\'status\', to_jsonb(OLD."status"), to_jsonb(NEW."status")), (\'version\', to_jsonb(OLD."version"), to_jsonb(NEW."version")), (\'confirmed_terms\', to_jsonb(OLD."confirmed_terms"), to_jsonb(NEW."confirmed_terms")), (\'opinion\', to_jsonb(OLD."opinion"), to_jsonb(NEW."opinion")), (\'prefecture_note\', to_jsonb(OLD."prefecture_note"), to_jsonb(NEW."prefecture_note")), (\'created_by_id\', to_jsonb(OLD."created_by_id"), to_jsonb(NEW."created_by_id")), (\'submitted_at\', to_jsonb(OLD."submitted_at"), to_jsonb(NEW."submitted_at")), (\'submitted_by_id\', to_jsonb(OLD."submitted_by_id"), to_jsonb(NEW."submitted_by_id")), (\'cutoff_at\', to_jsonb(OLD."cutoff_at"), to_jsonb(NEW."cutoff_at")), (\'handled_from\', to_jsonb(OLD."handled_from"), to_jsonb(NEW."handled_from")), (\'confirmed_at\', to_jsonb(OLD."confirmed_at"), to_jsonb(NEW."confirmed_at")), (\'confirmed_by_id\', to_jsonb(OLD."confirmed_by_id"), to_jsonb(NEW."confirmed_by_id")), (\'accepted_at\', to_jsonb(OLD."accepted_at"), to_jsonb(NEW."accepted_at")), (\'accepted_by_id\', to_jsonb(OLD."accepted_by_id"), to_jsonb(NEW."accepted_by_id"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="0242b4f68b422c9b55cebaf92fe6b11a59693927",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_17cec",
                    table="requests_app_sosrequest",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sosrequest",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_sosrequesthistory" ("number", "title", "institution_id", "campaign_id", "status", "version", "confirmed_terms", "opinion", "prefecture_note", "created_by_id", "submitted_at", "submitted_by_id", "cutoff_at", "handled_from", "confirmed_at", "confirmed_by_id", "accepted_at", "accepted_by_id", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."number", OLD."title", OLD."institution_id", OLD."campaign_id", OLD."status", OLD."version", OLD."confirmed_terms", OLD."opinion", OLD."prefecture_note", OLD."created_by_id", OLD."submitted_at", OLD."submitted_by_id", OLD."cutoff_at", OLD."handled_from", OLD."confirmed_at", OLD."confirmed_by_id", OLD."accepted_at", OLD."accepted_by_id", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, OLD.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = OLD.institution_id), NULL); RETURN NULL;',
                    hash="2eff5cfd2e8b5a0260f25b82390bbbb876faf723",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_8680b",
                    table="requests_app_sosrequest",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="calendarexceptionhistory",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="requests_app.calendarexception",
            ),
        ),
        migrations.AddField(
            model_name="campaignhistory",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="requests_app.campaign",
            ),
        ),
        migrations.AddField(
            model_name="campaignitemhistory",
            name="campaign",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="requests_app.campaign",
                verbose_name="受付",
            ),
        ),
        migrations.AddField(
            model_name="campaignitemhistory",
            name="item",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="surveys.item",
                verbose_name="物資",
            ),
        ),
        migrations.AddField(
            model_name="campaignitemhistory",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="requests_app.campaignitem",
            ),
        ),
        migrations.AddField(
            model_name="cutoffchangehistory",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="requests_app.cutoffchange",
            ),
        ),
        migrations.AddField(
            model_name="requestlinehistory",
            name="item",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="surveys.item",
                verbose_name="物資",
            ),
        ),
        migrations.AddField(
            model_name="requestlinehistory",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="requests_app.requestline",
            ),
        ),
        migrations.AddField(
            model_name="requestlinehistory",
            name="request",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="requests_app.sosrequest",
                verbose_name="要請",
            ),
        ),
        migrations.AddField(
            model_name="sosrequesthistory",
            name="accepted_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="受付者",
            ),
        ),
        migrations.AddField(
            model_name="sosrequesthistory",
            name="campaign",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="requests_app.campaign",
                verbose_name="受付",
            ),
        ),
        migrations.AddField(
            model_name="sosrequesthistory",
            name="confirmed_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="確認者",
            ),
        ),
        migrations.AddField(
            model_name="sosrequesthistory",
            name="created_by",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="作成者",
            ),
        ),
        migrations.AddField(
            model_name="sosrequesthistory",
            name="institution",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="institutions.institution",
                verbose_name="医療機関",
            ),
        ),
        migrations.AddField(
            model_name="sosrequesthistory",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="requests_app.sosrequest",
            ),
        ),
        migrations.AddField(
            model_name="sosrequesthistory",
            name="submitted_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="申請者",
            ),
        ),
        migrations.AddIndex(
            model_name="calendarexceptionhistory",
            index=models.Index(fields=["pgh_created_at", "pgh_id"], name="calendarexception_h_all"),
        ),
        migrations.AddIndex(
            model_name="calendarexceptionhistory",
            index=models.Index(
                fields=["pgh_actor_id", "pgh_created_at", "pgh_id"], name="calendarexception_h_actor"
            ),
        ),
        migrations.AddIndex(
            model_name="campaignhistory",
            index=models.Index(fields=["pgh_created_at", "pgh_id"], name="campaign_h_all"),
        ),
        migrations.AddIndex(
            model_name="campaignhistory",
            index=models.Index(fields=["pgh_actor_id", "pgh_created_at", "pgh_id"], name="campaign_h_actor"),
        ),
        migrations.AddIndex(
            model_name="campaignitemhistory",
            index=models.Index(fields=["pgh_created_at", "pgh_id"], name="campaignitem_h_all"),
        ),
        migrations.AddIndex(
            model_name="campaignitemhistory",
            index=models.Index(
                fields=["pgh_actor_id", "pgh_created_at", "pgh_id"], name="campaignitem_h_actor"
            ),
        ),
        migrations.AddIndex(
            model_name="cutoffchangehistory",
            index=models.Index(fields=["pgh_created_at", "pgh_id"], name="cutoffchange_h_all"),
        ),
        migrations.AddIndex(
            model_name="cutoffchangehistory",
            index=models.Index(
                fields=["pgh_actor_id", "pgh_created_at", "pgh_id"], name="cutoffchange_h_actor"
            ),
        ),
        migrations.AddIndex(
            model_name="requestlinehistory",
            index=models.Index(fields=["pgh_created_at", "pgh_id"], name="requestline_h_all"),
        ),
        migrations.AddIndex(
            model_name="requestlinehistory",
            index=models.Index(
                fields=["pgh_actor_id", "pgh_created_at", "pgh_id"], name="requestline_h_actor"
            ),
        ),
        migrations.AddIndex(
            model_name="requestlinehistory",
            index=models.Index(
                fields=["pgh_prefecture_id", "pgh_created_at", "pgh_id"], name="requestline_h_pref"
            ),
        ),
        migrations.AddIndex(
            model_name="requestlinehistory",
            index=models.Index(
                fields=["pgh_institution_id", "pgh_created_at", "pgh_id"], name="requestline_h_inst"
            ),
        ),
        migrations.AddIndex(
            model_name="sosrequesthistory",
            index=models.Index(fields=["pgh_created_at", "pgh_id"], name="sosrequest_h_all"),
        ),
        migrations.AddIndex(
            model_name="sosrequesthistory",
            index=models.Index(
                fields=["pgh_actor_id", "pgh_created_at", "pgh_id"], name="sosrequest_h_actor"
            ),
        ),
        migrations.AddIndex(
            model_name="sosrequesthistory",
            index=models.Index(
                fields=["pgh_prefecture_id", "pgh_created_at", "pgh_id"], name="sosrequest_h_pref"
            ),
        ),
        migrations.AddIndex(
            model_name="sosrequesthistory",
            index=models.Index(
                fields=["pgh_institution_id", "pgh_created_at", "pgh_id"], name="sosrequest_h_inst"
            ),
        ),
        *guards.written_by_triggers("requests_app_campaignhistory"),
        *guards.written_by_triggers("requests_app_campaignitemhistory"),
        *guards.written_by_triggers("requests_app_cutoffchangehistory"),
        *guards.written_by_triggers("requests_app_calendarexceptionhistory"),
        *guards.written_by_triggers("requests_app_sosrequesthistory"),
        *guards.written_by_triggers("requests_app_requestlinehistory"),
    ]
