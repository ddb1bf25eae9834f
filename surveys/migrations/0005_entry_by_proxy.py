"""Who enters for an institution without being of it, and why."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import sosportal.lib.audit.tracking


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0004_change_history"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="surveyresponse",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="surveyresponse",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="surveyresponse",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="surveyevent",
            name="proxy_reason",
            field=models.CharField(blank=True, default="", max_length=100, verbose_name="代理で入力した理由"),
        ),
        migrations.AddField(
            model_name="surveyresponse",
            name="answered_as",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="代理の回答者"),
        ),
        migrations.AddField(
            model_name="surveyresponsehistory",
            name="answered_as",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="代理の回答者"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="surveyresponse",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."surveys_surveyresponsehistory" ("round_id", "institution_id", "version", "answered_at", "answered_by_id", "answered_as", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."round_id", NEW."institution_id", NEW."version", NEW."answered_at", NEW."answered_by_id", NEW."answered_as", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), NULL); RETURN NULL;',
                    hash="28861805ba8b5c45f37811c356192732b1f517af",
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
                    condition='WHEN (OLD."answered_as" IS DISTINCT FROM (NEW."answered_as") OR OLD."answered_at" IS DISTINCT FROM (NEW."answered_at") OR OLD."answered_by_id" IS DISTINCT FROM (NEW."answered_by_id") OR OLD."institution_id" IS DISTINCT FROM (NEW."institution_id") OR OLD."round_id" IS DISTINCT FROM (NEW."round_id") OR OLD."version" IS DISTINCT FROM (NEW."version"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."surveys_surveyresponsehistory" ("round_id", "institution_id", "version", "answered_at", "answered_by_id", "answered_as", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."round_id", NEW."institution_id", NEW."version", NEW."answered_at", NEW."answered_by_id", NEW."answered_as", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'round_id\', to_jsonb(OLD."round_id"), to_jsonb(NEW."round_id")), (\'institution_id\', to_jsonb(OLD."institution_id"), to_jsonb(NEW."institution_id")), (\'version\', to_jsonb(OLD."version"), to_jsonb(NEW."version")), (\'answered_at\', to_jsonb(OLD."answered_at"), to_jsonb(NEW."answered_at")), (\'answered_by_id\', to_jsonb(OLD."answered_by_id"), to_jsonb(NEW."answered_by_id")), (\'answered_as\', to_jsonb(OLD."answered_as"), to_jsonb(NEW."answered_as"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="b18c8a2d478d7ed3808c3138cf545e359ac30b74",
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
                    func='INSERT INTO public."surveys_surveyresponsehistory" ("round_id", "institution_id", "version", "answered_at", "answered_by_id", "answered_as", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."round_id", OLD."institution_id", OLD."version", OLD."answered_at", OLD."answered_by_id", OLD."answered_as", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, OLD.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = OLD.institution_id), NULL); RETURN NULL;',
                    hash="418e5ef07a112a79fd8e950eeebb908821ca830d",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_460bb",
                    table="surveys_surveyresponse",
                    when="AFTER",
                ),
            ),
        ),
    ]
