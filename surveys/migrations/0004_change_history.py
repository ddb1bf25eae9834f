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
        ("surveys", "0003_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ItemHistory",
            fields=[
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="番号")),
                ("pgh_created_at", models.DateTimeField(verbose_name="日時")),
                ("pgh_label", models.CharField(max_length=10, verbose_name="種類")),
                ("pgh_before", models.JSONField(null=True, verbose_name="変更前")),
                ("pgh_actor_id", models.BigIntegerField(null=True, verbose_name="変更した人")),
                ("pgh_institution_id", models.BigIntegerField(null=True, verbose_name="医療機関")),
                ("pgh_prefecture_id", models.CharField(max_length=2, null=True, verbose_name="都道府県")),
                ("pgh_context", pghistory.utils.JSONField()),
                ("order", models.PositiveSmallIntegerField(verbose_name="並び順")),
                ("name", models.CharField(max_length=60, verbose_name="物資")),
                ("unit", models.CharField(max_length=4, verbose_name="単位")),
                ("pack_size", models.PositiveIntegerField(default=1, verbose_name="1箱の数")),
                ("pack_unit", models.CharField(default="箱", max_length=4, verbose_name="箱の呼び方")),
                ("is_active", models.BooleanField(default=True, verbose_name="調査に表示する")),
            ],
            options={
                "verbose_name": "物資の変更",
                "verbose_name_plural": "物資の変更",
                "db_table": "surveys_itemhistory",
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="StockAnswerHistory",
            fields=[
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="番号")),
                ("pgh_created_at", models.DateTimeField(verbose_name="日時")),
                ("pgh_label", models.CharField(max_length=10, verbose_name="種類")),
                ("pgh_before", models.JSONField(null=True, verbose_name="変更前")),
                ("pgh_actor_id", models.BigIntegerField(null=True, verbose_name="変更した人")),
                ("pgh_institution_id", models.BigIntegerField(null=True, verbose_name="医療機関")),
                ("pgh_prefecture_id", models.CharField(max_length=2, null=True, verbose_name="都道府県")),
                ("pgh_context", pghistory.utils.JSONField()),
                ("stock", models.PositiveIntegerField(blank=True, null=True, verbose_name="在庫量")),
                (
                    "weekly_consumption",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="1週間の想定消費量"),
                ),
                (
                    "weekly_purchase",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="1週間の購入見込み量"),
                ),
            ],
            options={
                "verbose_name": "物資ごとの回答の変更",
                "verbose_name_plural": "物資ごとの回答の変更",
                "db_table": "surveys_stockanswerhistory",
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="SurveyResponseHistory",
            fields=[
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="番号")),
                ("pgh_created_at", models.DateTimeField(verbose_name="日時")),
                ("pgh_label", models.CharField(max_length=10, verbose_name="種類")),
                ("pgh_before", models.JSONField(null=True, verbose_name="変更前")),
                ("pgh_actor_id", models.BigIntegerField(null=True, verbose_name="変更した人")),
                ("pgh_institution_id", models.BigIntegerField(null=True, verbose_name="医療機関")),
                ("pgh_prefecture_id", models.CharField(max_length=2, null=True, verbose_name="都道府県")),
                ("pgh_context", pghistory.utils.JSONField()),
                ("version", models.PositiveIntegerField(default=1, verbose_name="版")),
                ("answered_at", models.DateTimeField(verbose_name="回答日時")),
            ],
            options={
                "verbose_name": "調査の回答の変更",
                "verbose_name_plural": "調査の回答の変更",
                "db_table": "surveys_surveyresponsehistory",
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="item",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."surveys_itemhistory" ("order", "name", "unit", "pack_size", "pack_unit", "is_active", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."order", NEW."name", NEW."unit", NEW."pack_size", NEW."pack_unit", NEW."is_active", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NULL, NULL, NULL); RETURN NULL;',
                    hash="4c7f3828a00c6df669f5b0b188a1f32aef82eaba",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_8857e",
                    table="surveys_item",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="item",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    condition='WHEN (OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."order" IS DISTINCT FROM (NEW."order") OR OLD."pack_size" IS DISTINCT FROM (NEW."pack_size") OR OLD."pack_unit" IS DISTINCT FROM (NEW."pack_unit") OR OLD."unit" IS DISTINCT FROM (NEW."unit"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."surveys_itemhistory" ("order", "name", "unit", "pack_size", "pack_unit", "is_active", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."order", NEW."name", NEW."unit", NEW."pack_size", NEW."pack_unit", NEW."is_active", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NULL, NULL, (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'order\', to_jsonb(OLD."order"), to_jsonb(NEW."order")), (\'name\', to_jsonb(OLD."name"), to_jsonb(NEW."name")), (\'unit\', to_jsonb(OLD."unit"), to_jsonb(NEW."unit")), (\'pack_size\', to_jsonb(OLD."pack_size"), to_jsonb(NEW."pack_size")), (\'pack_unit\', to_jsonb(OLD."pack_unit"), to_jsonb(NEW."pack_unit")), (\'is_active\', to_jsonb(OLD."is_active"), to_jsonb(NEW."is_active"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="c1775903e4a4507eebcbfa683408f3f10126a77a",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_77fa9",
                    table="surveys_item",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="item",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."surveys_itemhistory" ("order", "name", "unit", "pack_size", "pack_unit", "is_active", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."order", OLD."name", OLD."unit", OLD."pack_size", OLD."pack_unit", OLD."is_active", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, NULL, NULL, NULL); RETURN NULL;',
                    hash="7c8446f7864f22cd630c456bd36c5f78cc5d1ab7",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_b3b1e",
                    table="surveys_item",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stockanswer",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."surveys_stockanswerhistory" ("response_id", "item_id", "stock", "weekly_consumption", "weekly_purchase", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."response_id", NEW."item_id", NEW."stock", NEW."weekly_consumption", NEW."weekly_purchase", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, (SELECT r.institution_id FROM public.surveys_surveyresponse r WHERE r.id = NEW.response_id), (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = (SELECT r.institution_id FROM public.surveys_surveyresponse r WHERE r.id = NEW.response_id)), NULL); RETURN NULL;',
                    hash="92257fbfb379bd755e30436dc666b787fbe3b461",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_2c5dd",
                    table="surveys_stockanswer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stockanswer",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    condition='WHEN (OLD."item_id" IS DISTINCT FROM (NEW."item_id") OR OLD."response_id" IS DISTINCT FROM (NEW."response_id") OR OLD."stock" IS DISTINCT FROM (NEW."stock") OR OLD."weekly_consumption" IS DISTINCT FROM (NEW."weekly_consumption") OR OLD."weekly_purchase" IS DISTINCT FROM (NEW."weekly_purchase"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."surveys_stockanswerhistory" ("response_id", "item_id", "stock", "weekly_consumption", "weekly_purchase", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."response_id", NEW."item_id", NEW."stock", NEW."weekly_consumption", NEW."weekly_purchase", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, (SELECT r.institution_id FROM public.surveys_surveyresponse r WHERE r.id = NEW.response_id), (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = (SELECT r.institution_id FROM public.surveys_surveyresponse r WHERE r.id = NEW.response_id)), (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'response_id\', to_jsonb(OLD."response_id"), to_jsonb(NEW."response_id")), (\'item_id\', to_jsonb(OLD."item_id"), to_jsonb(NEW."item_id")), (\'stock\', to_jsonb(OLD."stock"), to_jsonb(NEW."stock")), (\'weekly_consumption\', to_jsonb(OLD."weekly_consumption"), to_jsonb(NEW."weekly_consumption")), (\'weekly_purchase\', to_jsonb(OLD."weekly_purchase"), to_jsonb(NEW."weekly_purchase"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="0a80d0506274d80cc5a4a5250e47e5ff041d25c9",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_e6d66",
                    table="surveys_stockanswer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stockanswer",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."surveys_stockanswerhistory" ("response_id", "item_id", "stock", "weekly_consumption", "weekly_purchase", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."response_id", OLD."item_id", OLD."stock", OLD."weekly_consumption", OLD."weekly_purchase", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, (SELECT r.institution_id FROM public.surveys_surveyresponse r WHERE r.id = OLD.response_id), (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = (SELECT r.institution_id FROM public.surveys_surveyresponse r WHERE r.id = OLD.response_id)), NULL); RETURN NULL;',
                    hash="5f11a65b84db5c7d6b518b6803a1aa44dceba02a",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_cb201",
                    table="surveys_stockanswer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="surveyresponse",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."surveys_surveyresponsehistory" ("round_id", "institution_id", "version", "answered_at", "answered_by_id", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."round_id", NEW."institution_id", NEW."version", NEW."answered_at", NEW."answered_by_id", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), NULL); RETURN NULL;',
                    hash="9c854ba7f57669cb115a2124b6559bba63e0e933",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_8ee8c",
                    table="surveys_surveyresponse",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="surveyresponse",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    condition='WHEN (OLD."answered_at" IS DISTINCT FROM (NEW."answered_at") OR OLD."answered_by_id" IS DISTINCT FROM (NEW."answered_by_id") OR OLD."institution_id" IS DISTINCT FROM (NEW."institution_id") OR OLD."round_id" IS DISTINCT FROM (NEW."round_id") OR OLD."version" IS DISTINCT FROM (NEW."version"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."surveys_surveyresponsehistory" ("round_id", "institution_id", "version", "answered_at", "answered_by_id", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."round_id", NEW."institution_id", NEW."version", NEW."answered_at", NEW."answered_by_id", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'round_id\', to_jsonb(OLD."round_id"), to_jsonb(NEW."round_id")), (\'institution_id\', to_jsonb(OLD."institution_id"), to_jsonb(NEW."institution_id")), (\'version\', to_jsonb(OLD."version"), to_jsonb(NEW."version")), (\'answered_at\', to_jsonb(OLD."answered_at"), to_jsonb(NEW."answered_at")), (\'answered_by_id\', to_jsonb(OLD."answered_by_id"), to_jsonb(NEW."answered_by_id"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="29cd28d3596e31278b5e0e0548373f6d39d63891",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_4feca",
                    table="surveys_surveyresponse",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="surveyresponse",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."surveys_surveyresponsehistory" ("round_id", "institution_id", "version", "answered_at", "answered_by_id", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."round_id", OLD."institution_id", OLD."version", OLD."answered_at", OLD."answered_by_id", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, OLD.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = OLD.institution_id), NULL); RETURN NULL;',
                    hash="770c5dff8c71d102de76b6292aaa21c8f84dae45",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_460bb",
                    table="surveys_surveyresponse",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="itemhistory",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="surveys.item",
            ),
        ),
        migrations.AddField(
            model_name="stockanswerhistory",
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
            model_name="stockanswerhistory",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="surveys.stockanswer",
            ),
        ),
        migrations.AddField(
            model_name="stockanswerhistory",
            name="response",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="surveys.surveyresponse",
                verbose_name="回答",
            ),
        ),
        migrations.AddField(
            model_name="surveyresponsehistory",
            name="answered_by",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="回答者",
            ),
        ),
        migrations.AddField(
            model_name="surveyresponsehistory",
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
            model_name="surveyresponsehistory",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="surveys.surveyresponse",
            ),
        ),
        migrations.AddField(
            model_name="surveyresponsehistory",
            name="round",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="surveys.surveyround",
                verbose_name="調査の回",
            ),
        ),
        migrations.AddIndex(
            model_name="itemhistory",
            index=models.Index(fields=["pgh_created_at", "pgh_id"], name="item_h_all"),
        ),
        migrations.AddIndex(
            model_name="itemhistory",
            index=models.Index(fields=["pgh_actor_id", "pgh_created_at", "pgh_id"], name="item_h_actor"),
        ),
        migrations.AddIndex(
            model_name="stockanswerhistory",
            index=models.Index(fields=["pgh_created_at", "pgh_id"], name="stockanswer_h_all"),
        ),
        migrations.AddIndex(
            model_name="stockanswerhistory",
            index=models.Index(
                fields=["pgh_actor_id", "pgh_created_at", "pgh_id"], name="stockanswer_h_actor"
            ),
        ),
        migrations.AddIndex(
            model_name="stockanswerhistory",
            index=models.Index(
                fields=["pgh_prefecture_id", "pgh_created_at", "pgh_id"], name="stockanswer_h_pref"
            ),
        ),
        migrations.AddIndex(
            model_name="stockanswerhistory",
            index=models.Index(
                fields=["pgh_institution_id", "pgh_created_at", "pgh_id"], name="stockanswer_h_inst"
            ),
        ),
        migrations.AddIndex(
            model_name="surveyresponsehistory",
            index=models.Index(fields=["pgh_created_at", "pgh_id"], name="surveyresponse_h_all"),
        ),
        migrations.AddIndex(
            model_name="surveyresponsehistory",
            index=models.Index(
                fields=["pgh_actor_id", "pgh_created_at", "pgh_id"], name="surveyresponse_h_actor"
            ),
        ),
        migrations.AddIndex(
            model_name="surveyresponsehistory",
            index=models.Index(
                fields=["pgh_prefecture_id", "pgh_created_at", "pgh_id"], name="surveyresponse_h_pref"
            ),
        ),
        migrations.AddIndex(
            model_name="surveyresponsehistory",
            index=models.Index(
                fields=["pgh_institution_id", "pgh_created_at", "pgh_id"], name="surveyresponse_h_inst"
            ),
        ),
        *guards.written_by_triggers("surveys_itemhistory"),
        *guards.written_by_triggers("surveys_surveyresponsehistory"),
        *guards.written_by_triggers("surveys_stockanswerhistory"),
    ]
