"""取下げ: when, by whom and why, in the request's own row; what was withdrawn is never changed again.

The checks are taken without reading the table, and made good in the next migration while people work.
"""

from importlib import import_module

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import sosportal.lib.audit.tracking

GUARD: str = import_module("requests_app.migrations.0009_queue_columns").GUARD
LINE_GUARD = """
CREATE OR REPLACE FUNCTION guard_request_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line requests_app_requestline := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    parents bigint[] := CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[OLD.request_id, NEW.request_id]
        ELSE ARRAY[line.request_id] END;
BEGIN
    -- The lock comes first and the status is read under it: an acceptance that is just being committed is waited for.
    IF 'ACCEPTED' IN (
        SELECT %s FROM requests_app_sosrequest WHERE id = ANY (parents) ORDER BY id FOR SHARE
    ) THEN
        RAISE EXCEPTION 'request %% is %s and can not be changed', line.request_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN line;
END $$;
"""

# Nothing of it changes any more but the prefecture, with an institution that moves.
BEGINS = """SELECT prefecture_id INTO NEW.prefecture_id FROM institutions_institution
            WHERE id = NEW.institution_id FOR SHARE;"""
STAYS = """SELECT prefecture_id INTO NEW.prefecture_id FROM institutions_institution WHERE id = OLD.institution_id;
    moved := OLD;
    moved.prefecture_id := NEW.prefecture_id;
    %sIF OLD.status = 'ACCEPTED'
        AND (NEW IS DISTINCT FROM moved OR NEW.prefecture_id IS NOT DISTINCT FROM OLD.prefecture_id) THEN"""
WITHDRAWN_BEGINS = """
        IF NEW.withdrawn_at IS NOT NULL THEN
            RAISE EXCEPTION 'a request begins without a withdrawal' USING ERRCODE = 'integrity_constraint_violation';
        END IF;"""
WITHDRAWN_STAYS = """IF OLD.withdrawn_at IS NOT NULL
        AND (NEW IS DISTINCT FROM moved OR NEW.prefecture_id IS NOT DISTINCT FROM OLD.prefecture_id) THEN
        RAISE EXCEPTION 'request % was withdrawn and can not be changed', OLD.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    """
DECLARE = "DECLARE moved requests_app_sosrequest;\nBEGIN"
AS_BEFORE = GUARD % (DECLARE, BEGINS, STAYS % "") + LINE_GUARD % ("status", "accepted")
WITH_WITHDRAWAL = GUARD % (DECLARE, BEGINS + WITHDRAWN_BEGINS, STAYS % WITHDRAWN_STAYS) + LINE_GUARD % (
    "CASE WHEN withdrawn_at IS NULL THEN status ELSE 'ACCEPTED' END",
    "accepted or withdrawn",
)


class Migration(migrations.Migration):
    dependencies = [
        ("institutions", "0012_moved_institutions"),
        ("requests_app", "0023_log_of_change_files"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="sosrequest",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="sosrequest",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="sosrequest",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="sosrequest",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="取下げ日時"),
        ),
        migrations.AddField(
            model_name="sosrequest",
            name="withdrawn_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="取り下げた人",
            ),
        ),
        migrations.AddField(
            model_name="sosrequest",
            name="withdrawn_reason",
            field=models.TextField(blank=True, default="", verbose_name="取下げの理由"),
        ),
        migrations.AddField(
            model_name="sosrequesthistory",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="取下げ日時"),
        ),
        migrations.AddField(
            model_name="sosrequesthistory",
            name="withdrawn_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="取り下げた人",
            ),
        ),
        migrations.AddField(
            model_name="sosrequesthistory",
            name="withdrawn_reason",
            field=models.TextField(blank=True, default="", verbose_name="取下げの理由"),
        ),
        migrations.AlterField(
            model_name="requestevent",
            name="verb",
            field=models.CharField(
                choices=[
                    ("save", "保存"),
                    ("revise", "編集"),
                    ("submit", "システムチェック&申請"),
                    ("confirm", "都道府県の確認"),
                    ("accept", "受付"),
                    ("withdraw", "取下げ"),
                    ("note", "都道府県入力欄の記入"),
                    ("telephone", "電話確認の記録"),
                    ("ask", "照会"),
                    ("answer", "照会への回答"),
                    ("unask", "照会の取り消し"),
                    ("memo", "申し送り"),
                    ("claim", "担当"),
                    ("release", "担当の終了"),
                    ("allocate", "配布の決定"),
                    ("hand_off", "売払先事業者への引渡し"),
                    ("ship", "発送の記録"),
                    ("receive", "受領の確認"),
                ],
                max_length=20,
                verbose_name="操作",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sosrequest",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_sosrequesthistory" ("withdrawn_at", "withdrawn_by_id", "withdrawn_reason", "number", "title", "institution_id", "campaign_id", "status", "version", "confirmed_terms", "opinion", "prefecture_note", "created_by_id", "submitted_at", "submitted_by_id", "cutoff_at", "handled_from", "confirmed_at", "confirmed_by_id", "accepted_at", "accepted_by_id", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."withdrawn_at", NEW."withdrawn_by_id", NEW."withdrawn_reason", NEW."number", NEW."title", NEW."institution_id", NEW."campaign_id", NEW."status", NEW."version", NEW."confirmed_terms", NEW."opinion", NEW."prefecture_note", NEW."created_by_id", NEW."submitted_at", NEW."submitted_by_id", NEW."cutoff_at", NEW."handled_from", NEW."confirmed_at", NEW."confirmed_by_id", NEW."accepted_at", NEW."accepted_by_id", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), NULL); RETURN NULL;',
                    hash="20c4f07638935126247a33e7bcd75f810f2aa348",
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
                    condition='WHEN (OLD."accepted_at" IS DISTINCT FROM (NEW."accepted_at") OR OLD."accepted_by_id" IS DISTINCT FROM (NEW."accepted_by_id") OR OLD."campaign_id" IS DISTINCT FROM (NEW."campaign_id") OR OLD."confirmed_at" IS DISTINCT FROM (NEW."confirmed_at") OR OLD."confirmed_by_id" IS DISTINCT FROM (NEW."confirmed_by_id") OR OLD."confirmed_terms" IS DISTINCT FROM (NEW."confirmed_terms") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."cutoff_at" IS DISTINCT FROM (NEW."cutoff_at") OR OLD."handled_from" IS DISTINCT FROM (NEW."handled_from") OR OLD."institution_id" IS DISTINCT FROM (NEW."institution_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."opinion" IS DISTINCT FROM (NEW."opinion") OR OLD."prefecture_note" IS DISTINCT FROM (NEW."prefecture_note") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."submitted_at" IS DISTINCT FROM (NEW."submitted_at") OR OLD."submitted_by_id" IS DISTINCT FROM (NEW."submitted_by_id") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."withdrawn_at" IS DISTINCT FROM (NEW."withdrawn_at") OR OLD."withdrawn_by_id" IS DISTINCT FROM (NEW."withdrawn_by_id") OR OLD."withdrawn_reason" IS DISTINCT FROM (NEW."withdrawn_reason"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."requests_app_sosrequesthistory" ("withdrawn_at", "withdrawn_by_id", "withdrawn_reason", "number", "title", "institution_id", "campaign_id", "status", "version", "confirmed_terms", "opinion", "prefecture_note", "created_by_id", "submitted_at", "submitted_by_id", "cutoff_at", "handled_from", "confirmed_at", "confirmed_by_id", "accepted_at", "accepted_by_id", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."withdrawn_at", NEW."withdrawn_by_id", NEW."withdrawn_reason", NEW."number", NEW."title", NEW."institution_id", NEW."campaign_id", NEW."status", NEW."version", NEW."confirmed_terms", NEW."opinion", NEW."prefecture_note", NEW."created_by_id", NEW."submitted_at", NEW."submitted_by_id", NEW."cutoff_at", NEW."handled_from", NEW."confirmed_at", NEW."confirmed_by_id", NEW."accepted_at", NEW."accepted_by_id", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'withdrawn_at\', to_jsonb(OLD."withdrawn_at"), to_jsonb(NEW."withdrawn_at")), (\'withdrawn_by_id\', to_jsonb(OLD."withdrawn_by_id"), to_jsonb(NEW."withdrawn_by_id")), (\'withdrawn_reason\', to_jsonb(OLD."withdrawn_reason"), to_jsonb(NEW."withdrawn_reason")), (\'number\', to_jsonb(OLD."number"), to_jsonb(NEW."number")), (\'title\', to_jsonb(OLD."title"), to_jsonb(NEW."title")), (\'institution_id\', to_jsonb(OLD."institution_id"), to_jsonb(NEW."institution_id")), (\'campaign_id\', to_jsonb(OLD."campaign_id"), to_jsonb(NEW."campaign_id")), (\'status\', to_jsonb(OLD."status"), to_jsonb(NEW."status")), (\'version\', to_jsonb(OLD."version"), to_jsonb(NEW."version")), (\'confirmed_terms\', to_jsonb(OLD."confirmed_terms"), to_jsonb(NEW."confirmed_terms")), (\'opinion\', to_jsonb(OLD."opinion"), to_jsonb(NEW."opinion")), (\'prefecture_note\', to_jsonb(OLD."prefecture_note"), to_jsonb(NEW."prefecture_note")), (\'created_by_id\', to_jsonb(OLD."created_by_id"), to_jsonb(NEW."created_by_id")), (\'submitted_at\', to_jsonb(OLD."submitted_at"), to_jsonb(NEW."submitted_at")), (\'submitted_by_id\', to_jsonb(OLD."submitted_by_id"), to_jsonb(NEW."submitted_by_id")), (\'cutoff_at\', to_jsonb(OLD."cutoff_at"), to_jsonb(NEW."cutoff_at")), (\'handled_from\', to_jsonb(OLD."handled_from"), to_jsonb(NEW."handled_from")), (\'confirmed_at\', to_jsonb(OLD."confirmed_at"), to_jsonb(NEW."confirmed_at")), (\'confirmed_by_id\', to_jsonb(OLD."confirmed_by_id"), to_jsonb(NEW."confirmed_by_id")), (\'accepted_at\', to_jsonb(OLD."accepted_at"), to_jsonb(NEW."accepted_at")), (\'accepted_by_id\', to_jsonb(OLD."accepted_by_id"), to_jsonb(NEW."accepted_by_id"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="673bb89cd90ba1e0850404a5b66a81637ee27883",
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
                    func='INSERT INTO public."requests_app_sosrequesthistory" ("withdrawn_at", "withdrawn_by_id", "withdrawn_reason", "number", "title", "institution_id", "campaign_id", "status", "version", "confirmed_terms", "opinion", "prefecture_note", "created_by_id", "submitted_at", "submitted_by_id", "cutoff_at", "handled_from", "confirmed_at", "confirmed_by_id", "accepted_at", "accepted_by_id", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."withdrawn_at", OLD."withdrawn_by_id", OLD."withdrawn_reason", OLD."number", OLD."title", OLD."institution_id", OLD."campaign_id", OLD."status", OLD."version", OLD."confirmed_terms", OLD."opinion", OLD."prefecture_note", OLD."created_by_id", OLD."submitted_at", OLD."submitted_by_id", OLD."cutoff_at", OLD."handled_from", OLD."confirmed_at", OLD."confirmed_by_id", OLD."accepted_at", OLD."accepted_by_id", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, OLD.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = OLD.institution_id), NULL); RETURN NULL;',
                    hash="e3984701a9676cb3d1fddac7fadf73d05f1bdec0",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_8680b",
                    table="requests_app_sosrequest",
                    when="AFTER",
                ),
            ),
        ),
        AddConstraintNotValid(
            model_name="sosrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("withdrawn_at__isnull", True),
                        ("withdrawn_by__isnull", True),
                        ("withdrawn_reason", ""),
                    ),
                    models.Q(
                        ("withdrawn_at__isnull", False),
                        ("withdrawn_by__isnull", False),
                        models.Q(("withdrawn_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="request_withdrawn_when_who_and_why",
            ),
        ),
        AddConstraintNotValid(
            model_name="sosrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withdrawn_at__isnull", True),
                    models.Q(("status", "ACCEPTED"), _negated=True),
                    _connector="OR",
                ),
                name="request_accepted_or_withdrawn",
            ),
        ),
        migrations.RunSQL(WITH_WITHDRAWAL, AS_BEFORE),
    ]
