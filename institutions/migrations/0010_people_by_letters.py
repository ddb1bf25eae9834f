"""People are found by any part of name, user name or address without reading them all; made while people work."""

from django.db import migrations

KEY = "replace(lower(normalize({}, NFKC)), ' ', '')"
INDEX = """
CREATE INDEX CONCURRENTLY user_{0}_grams ON institutions_user USING gin (name_grams({1})) WITH (fastupdate = off)
"""
COLUMNS = ("name", "username", "email")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("institutions", "0009_entry_by_proxy")]

    operations = [
        migrations.RunSQL(
            INDEX.format(column, KEY.format(column)), f"DROP INDEX CONCURRENTLY user_{column}_grams"
        )
        for column in COLUMNS
    ]
