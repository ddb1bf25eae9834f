"""The ground floor: what every app may use and what knows no app."""

from django.apps import AppConfig
from django.core.checks import register


class LibConfig(AppConfig):
    name = "sosportal.lib"
    label = "lib"
    verbose_name = "共通"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created
        from django_q.signals import post_execute_in_worker, pre_execute

        from sosportal.lib.audit import who
        from sosportal.lib.checks import check_queue
        from sosportal.lib.schedules import declare

        register(check_queue)
        connection_created.connect(who.listen)
        pre_execute.connect(who.task_begins)
        post_execute_in_worker.connect(who.task_ends)
        declare("send_due_messages", "sosportal.lib.tasks.send_due_messages", minutes=1)
        declare("fold_digests", "sosportal.lib.tasks.fold_digests", minutes=5)
        declare("forget_receipts", "sosportal.lib.tasks.forget_receipts", minutes=24 * 60)
