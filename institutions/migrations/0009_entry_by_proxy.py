"""Who enters for an institution without being of it, and why."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import sosportal.lib.audit.tracking


class Migration(migrations.Migration):
    dependencies = [
        ("institutions", "0008_suspensions_by_whom"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="membership",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="membership",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="membership",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="membership",
            name="as_proxy",
            field=models.BooleanField(
                default=False,
                help_text="医師会など、医療機関に代わって入力する人です。",
                verbose_name="代理として入力する",
            ),
        ),
        migrations.AddField(
            model_name="membershiphistory",
            name="as_proxy",
            field=models.BooleanField(
                default=False,
                help_text="医師会など、医療機関に代わって入力する人です。",
                verbose_name="代理として入力する",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_membershiphistory" ("user_id", "institution_id", "as_proxy", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."user_id", NEW."institution_id", NEW."as_proxy", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), NULL); RETURN NULL;',
                    hash="934c332d092ef666ca561da09ca20fdbce9b8458",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_684ef",
                    table="institutions_membership",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    condition='WHEN (OLD."as_proxy" IS DISTINCT FROM (NEW."as_proxy") OR OLD."institution_id" IS DISTINCT FROM (NEW."institution_id") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_membershiphistory" ("user_id", "institution_id", "as_proxy", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."user_id", NEW."institution_id", NEW."as_proxy", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'user_id\', to_jsonb(OLD."user_id"), to_jsonb(NEW."user_id")), (\'institution_id\', to_jsonb(OLD."institution_id"), to_jsonb(NEW."institution_id")), (\'as_proxy\', to_jsonb(OLD."as_proxy"), to_jsonb(NEW."as_proxy"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="2dadbdf02fb224347d13064f45de4d7d4a16fb2a",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_52ab6",
                    table="institutions_membership",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_membershiphistory" ("user_id", "institution_id", "as_proxy", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."user_id", OLD."institution_id", OLD."as_proxy", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, OLD.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = OLD.institution_id), NULL); RETURN NULL;',
                    hash="11e103bb88cd0acc921be4d152617636fe14d14d",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_83b0b",
                    table="institutions_membership",
                    when="AFTER",
                ),
            ),
        ),
    ]
