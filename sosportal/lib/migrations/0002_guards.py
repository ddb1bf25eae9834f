"""The function that refuses changes to rows that are kept for ever."""

from django.db import migrations

from sosportal.lib import guards


class Migration(migrations.Migration):
    dependencies = [("lib", "0001_initial")]
    operations = [guards.define_function()]
