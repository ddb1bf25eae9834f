"""The change history of this app's tables: event tables and triggers, as the models' `track` says."""

import django.contrib.auth.validators
import django.core.validators
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
        ("institutions", "0005_has_agreement"),
    ]

    operations = [
        migrations.CreateModel(
            name="InstitutionHistory",
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
                    "code",
                    models.CharField(
                        error_messages={"unique": "この医療機関コードはすでに登録されています。"},
                        max_length=10,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9]{10}$", "医療機関コードは10桁の半角数字です。"
                            )
                        ],
                        verbose_name="医療機関コード",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="医療機関名")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("hospital", "病院"),
                            ("clinic", "診療所"),
                            ("dental", "歯科診療所"),
                            ("pharmacy", "薬局"),
                            ("home_nursing", "訪問看護ステーション"),
                        ],
                        max_length=20,
                        verbose_name="種別",
                    ),
                ),
                (
                    "postal_code",
                    models.CharField(
                        blank=True,
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9]{7}$", "郵便番号は7桁の半角数字です。"
                            )
                        ],
                        verbose_name="郵便番号",
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=300, verbose_name="住所")),
                ("telephone", models.CharField(blank=True, max_length=20, verbose_name="電話番号")),
                ("contact_person", models.CharField(blank=True, max_length=100, verbose_name="担当者氏名")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="メールアドレス")),
                (
                    "has_agreement",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="都道府県と医療措置協定（感染症法第36条の3）を締結している医療機関です。分からないときはチェックしません。",
                        verbose_name="医療措置協定を締結している",
                    ),
                ),
            ],
            options={
                "verbose_name": "医療機関の変更",
                "verbose_name_plural": "医療機関の変更",
                "db_table": "institutions_institutionhistory",
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="MembershipHistory",
            fields=[
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="番号")),
                ("pgh_created_at", models.DateTimeField(verbose_name="日時")),
                ("pgh_label", models.CharField(max_length=10, verbose_name="種類")),
                ("pgh_before", models.JSONField(null=True, verbose_name="変更前")),
                ("pgh_actor_id", models.BigIntegerField(null=True, verbose_name="変更した人")),
                ("pgh_institution_id", models.BigIntegerField(null=True, verbose_name="医療機関")),
                ("pgh_prefecture_id", models.CharField(max_length=2, null=True, verbose_name="都道府県")),
                ("pgh_context", pghistory.utils.JSONField()),
            ],
            options={
                "verbose_name": "所属の変更",
                "verbose_name_plural": "所属の変更",
                "db_table": "institutions_membershiphistory",
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="SuspensionHistory",
            fields=[
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="番号")),
                ("pgh_created_at", models.DateTimeField(verbose_name="日時")),
                ("pgh_label", models.CharField(max_length=10, verbose_name="種類")),
                ("pgh_before", models.JSONField(null=True, verbose_name="変更前")),
                ("pgh_actor_id", models.BigIntegerField(null=True, verbose_name="変更した人")),
                ("pgh_institution_id", models.BigIntegerField(null=True, verbose_name="医療機関")),
                ("pgh_prefecture_id", models.CharField(max_length=2, null=True, verbose_name="都道府県")),
                ("pgh_context", pghistory.utils.JSONField()),
                ("reason", models.TextField(help_text="医療機関に表示されます。", verbose_name="理由")),
                ("suspended_from", models.DateTimeField(verbose_name="停止の開始")),
                ("lifted_at", models.DateTimeField(blank=True, null=True, verbose_name="停止の解除")),
            ],
            options={
                "verbose_name": "要請の停止の変更",
                "verbose_name_plural": "要請の停止の変更",
                "db_table": "institutions_suspensionhistory",
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="UserHistory",
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
                    "username",
                    models.CharField(
                        error_messages={"unique": "このユーザー名はすでに使われています。"},
                        max_length=150,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="ユーザー名",
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="氏名")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="メールアドレス")),
                (
                    "role",
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
                ("is_active", models.BooleanField(default=True, verbose_name="有効")),
            ],
            options={
                "verbose_name": "利用者の変更",
                "verbose_name_plural": "利用者の変更",
                "db_table": "institutions_userhistory",
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="institution",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_institutionhistory" ("code", "name", "kind", "prefecture_id", "postal_code", "address", "telephone", "contact_person", "email", "has_agreement", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."code", NEW."name", NEW."kind", NEW."prefecture_id", NEW."postal_code", NEW."address", NEW."telephone", NEW."contact_person", NEW."email", NEW."has_agreement", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.id, NEW.prefecture_id, NULL); RETURN NULL;',
                    hash="c59cf6db242fb6849292a0696fd7e3d502a28f02",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_8f2fb",
                    table="institutions_institution",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="institution",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    condition='WHEN (OLD."address" IS DISTINCT FROM (NEW."address") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."contact_person" IS DISTINCT FROM (NEW."contact_person") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."has_agreement" IS DISTINCT FROM (NEW."has_agreement") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."postal_code" IS DISTINCT FROM (NEW."postal_code") OR OLD."prefecture_id" IS DISTINCT FROM (NEW."prefecture_id") OR OLD."telephone" IS DISTINCT FROM (NEW."telephone"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_institutionhistory" ("code", "name", "kind", "prefecture_id", "postal_code", "address", "telephone", "contact_person", "email", "has_agreement", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."code", NEW."name", NEW."kind", NEW."prefecture_id", NEW."postal_code", NEW."address", NEW."telephone", NEW."contact_person", NEW."email", NEW."has_agreement", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.id, NEW.prefecture_id, (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'code\', to_jsonb(OLD."code"), to_jsonb(NEW."code")), (\'name\', to_jsonb(OLD."name"), to_jsonb(NEW."name")), (\'kind\', to_jsonb(OLD."kind"), to_jsonb(NEW."kind")), (\'prefecture_id\', to_jsonb(OLD."prefecture_id"), to_jsonb(NEW."prefecture_id")), (\'postal_code\', to_jsonb(OLD."postal_code"), to_jsonb(NEW."postal_code")), (\'address\', to_jsonb(OLD."address"), to_jsonb(NEW."address")), (\'telephone\', to_jsonb(OLD."telephone"), to_jsonb(NEW."telephone")), (\'contact_person\', to_jsonb(OLD."contact_person"), to_jsonb(NEW."contact_person")), (\'email\', to_jsonb(OLD."email"), to_jsonb(NEW."email")), (\'has_agreement\', to_jsonb(OLD."has_agreement"), to_jsonb(NEW."has_agreement"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="ea66f8562cea5eabf4663db3f5f78a95c66a3c0b",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_5a592",
                    table="institutions_institution",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="institution",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_institutionhistory" ("code", "name", "kind", "prefecture_id", "postal_code", "address", "telephone", "contact_person", "email", "has_agreement", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."code", OLD."name", OLD."kind", OLD."prefecture_id", OLD."postal_code", OLD."address", OLD."telephone", OLD."contact_person", OLD."email", OLD."has_agreement", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, OLD.id, OLD.prefecture_id, NULL); RETURN NULL;',
                    hash="5217db16e220614e90d80bc97dc5d20fd1fa9e9a",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_904b4",
                    table="institutions_institution",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_membershiphistory" ("user_id", "institution_id", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."user_id", NEW."institution_id", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), NULL); RETURN NULL;',
                    hash="7da31909155a63d0de6633ca69e3c126b835860e",
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
                    condition='WHEN (OLD."institution_id" IS DISTINCT FROM (NEW."institution_id") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_membershiphistory" ("user_id", "institution_id", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."user_id", NEW."institution_id", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'user_id\', to_jsonb(OLD."user_id"), to_jsonb(NEW."user_id")), (\'institution_id\', to_jsonb(OLD."institution_id"), to_jsonb(NEW."institution_id"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="7b5876b26fd79c9058ca511bcc3a4cadd05eadc9",
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
                    func='INSERT INTO public."institutions_membershiphistory" ("user_id", "institution_id", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."user_id", OLD."institution_id", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, OLD.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = OLD.institution_id), NULL); RETURN NULL;',
                    hash="51870ed675b4c3a972f275842944cb7e3723241e",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_83b0b",
                    table="institutions_membership",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="suspension",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_suspensionhistory" ("institution_id", "reason", "suspended_from", "lifted_at", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."institution_id", NEW."reason", NEW."suspended_from", NEW."lifted_at", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), NULL); RETURN NULL;',
                    hash="e98e11f2f8a0fe5194277630cf88709aa00f41cc",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_8611f",
                    table="institutions_suspension",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="suspension",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    condition='WHEN (OLD."institution_id" IS DISTINCT FROM (NEW."institution_id") OR OLD."lifted_at" IS DISTINCT FROM (NEW."lifted_at") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."suspended_from" IS DISTINCT FROM (NEW."suspended_from"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_suspensionhistory" ("institution_id", "reason", "suspended_from", "lifted_at", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."institution_id", NEW."reason", NEW."suspended_from", NEW."lifted_at", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NEW.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = NEW.institution_id), (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'institution_id\', to_jsonb(OLD."institution_id"), to_jsonb(NEW."institution_id")), (\'reason\', to_jsonb(OLD."reason"), to_jsonb(NEW."reason")), (\'suspended_from\', to_jsonb(OLD."suspended_from"), to_jsonb(NEW."suspended_from")), (\'lifted_at\', to_jsonb(OLD."lifted_at"), to_jsonb(NEW."lifted_at"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="bbfe056c8e73ccfa7ce461e971726319d3be12c0",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_dd238",
                    table="institutions_suspension",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="suspension",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_suspensionhistory" ("institution_id", "reason", "suspended_from", "lifted_at", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."institution_id", OLD."reason", OLD."suspended_from", OLD."lifted_at", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, OLD.institution_id, (SELECT i.prefecture_id FROM public.institutions_institution i WHERE i.id = OLD.institution_id), NULL); RETURN NULL;',
                    hash="b10d9dcf59910eb27f44982e5f5a93859411097c",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_af82c",
                    table="institutions_suspension",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_userhistory" ("username", "name", "email", "role", "prefecture_id", "is_active", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."username", NEW."name", NEW."email", NEW."role", NEW."prefecture_id", NEW."is_active", nextval(\'public.change_number\'), now(), \'insert\', NEW."id", who, (who ->> \'actor\')::bigint, NULL, NULL, NULL); RETURN NULL;',
                    hash="c3ea5adfcf9b529ed80ee0a77e8dd1eebd4cd0ba",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_7762e",
                    table="institutions_user",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    condition='WHEN (OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."prefecture_id" IS DISTINCT FROM (NEW."prefecture_id") OR OLD."role" IS DISTINCT FROM (NEW."role") OR OLD."username" IS DISTINCT FROM (NEW."username"))',
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_userhistory" ("username", "name", "email", "role", "prefecture_id", "is_active", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (NEW."username", NEW."name", NEW."email", NEW."role", NEW."prefecture_id", NEW."is_active", nextval(\'public.change_number\'), now(), \'update\', NEW."id", who, (who ->> \'actor\')::bigint, NULL, NULL, (SELECT jsonb_object_agg(name, held) FROM (VALUES (\'username\', to_jsonb(OLD."username"), to_jsonb(NEW."username")), (\'name\', to_jsonb(OLD."name"), to_jsonb(NEW."name")), (\'email\', to_jsonb(OLD."email"), to_jsonb(NEW."email")), (\'role\', to_jsonb(OLD."role"), to_jsonb(NEW."role")), (\'prefecture_id\', to_jsonb(OLD."prefecture_id"), to_jsonb(NEW."prefecture_id")), (\'is_active\', to_jsonb(OLD."is_active"), to_jsonb(NEW."is_active"))) AS both_rows (name, held, holds) WHERE held IS DISTINCT FROM holds)); RETURN NULL;',
                    hash="2a0d4257d2f8cdd79310e708e441f0222898f943",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_43791",
                    table="institutions_user",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=sosportal.lib.audit.tracking.TriggerSql(
                    declare="DECLARE who jsonb := coalesce(nullif(current_setting('portal.working', true), '')::jsonb, jsonb_build_object('way', 'database', 'database_role', session_user));",
                    func='INSERT INTO public."institutions_userhistory" ("username", "name", "email", "role", "prefecture_id", "is_active", "pgh_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pgh_context", "pgh_actor_id", "pgh_institution_id", "pgh_prefecture_id", "pgh_before") VALUES (OLD."username", OLD."name", OLD."email", OLD."role", OLD."prefecture_id", OLD."is_active", nextval(\'public.change_number\'), now(), \'delete\', OLD."id", who, (who ->> \'actor\')::bigint, NULL, NULL, NULL); RETURN NULL;',
                    hash="aa3fb38a0ccb314b4df3b5d590b4bf12b4f088c3",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_81a95",
                    table="institutions_user",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="institutionhistory",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="institutions.institution",
            ),
        ),
        migrations.AddField(
            model_name="institutionhistory",
            name="prefecture",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="institutions.prefecture",
                verbose_name="都道府県",
            ),
        ),
        migrations.AddField(
            model_name="membershiphistory",
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
            model_name="membershiphistory",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="institutions.membership",
            ),
        ),
        migrations.AddField(
            model_name="membershiphistory",
            name="user",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="利用者",
            ),
        ),
        migrations.AddField(
            model_name="suspensionhistory",
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
            model_name="suspensionhistory",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="institutions.suspension",
            ),
        ),
        migrations.AddField(
            model_name="userhistory",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="userhistory",
            name="prefecture",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="institutions.prefecture",
                verbose_name="都道府県",
            ),
        ),
        migrations.AddIndex(
            model_name="institutionhistory",
            index=models.Index(fields=["pgh_created_at", "pgh_id"], name="institution_h_all"),
        ),
        migrations.AddIndex(
            model_name="institutionhistory",
            index=models.Index(
                fields=["pgh_actor_id", "pgh_created_at", "pgh_id"], name="institution_h_actor"
            ),
        ),
        migrations.AddIndex(
            model_name="institutionhistory",
            index=models.Index(
                fields=["pgh_prefecture_id", "pgh_created_at", "pgh_id"], name="institution_h_pref"
            ),
        ),
        migrations.AddIndex(
            model_name="institutionhistory",
            index=models.Index(
                fields=["pgh_institution_id", "pgh_created_at", "pgh_id"], name="institution_h_inst"
            ),
        ),
        migrations.AddIndex(
            model_name="membershiphistory",
            index=models.Index(fields=["pgh_created_at", "pgh_id"], name="membership_h_all"),
        ),
        migrations.AddIndex(
            model_name="membershiphistory",
            index=models.Index(
                fields=["pgh_actor_id", "pgh_created_at", "pgh_id"], name="membership_h_actor"
            ),
        ),
        migrations.AddIndex(
            model_name="membershiphistory",
            index=models.Index(
                fields=["pgh_prefecture_id", "pgh_created_at", "pgh_id"], name="membership_h_pref"
            ),
        ),
        migrations.AddIndex(
            model_name="membershiphistory",
            index=models.Index(
                fields=["pgh_institution_id", "pgh_created_at", "pgh_id"], name="membership_h_inst"
            ),
        ),
        migrations.AddIndex(
            model_name="suspensionhistory",
            index=models.Index(fields=["pgh_created_at", "pgh_id"], name="suspension_h_all"),
        ),
        migrations.AddIndex(
            model_name="suspensionhistory",
            index=models.Index(
                fields=["pgh_actor_id", "pgh_created_at", "pgh_id"], name="suspension_h_actor"
            ),
        ),
        migrations.AddIndex(
            model_name="suspensionhistory",
            index=models.Index(
                fields=["pgh_prefecture_id", "pgh_created_at", "pgh_id"], name="suspension_h_pref"
            ),
        ),
        migrations.AddIndex(
            model_name="suspensionhistory",
            index=models.Index(
                fields=["pgh_institution_id", "pgh_created_at", "pgh_id"], name="suspension_h_inst"
            ),
        ),
        migrations.AddIndex(
            model_name="userhistory",
            index=models.Index(fields=["pgh_created_at", "pgh_id"], name="user_h_all"),
        ),
        migrations.AddIndex(
            model_name="userhistory",
            index=models.Index(fields=["pgh_actor_id", "pgh_created_at", "pgh_id"], name="user_h_actor"),
        ),
        *guards.written_by_triggers("institutions_institutionhistory"),
        *guards.written_by_triggers("institutions_suspensionhistory"),
        *guards.written_by_triggers("institutions_userhistory"),
        *guards.written_by_triggers("institutions_membershiphistory"),
    ]
