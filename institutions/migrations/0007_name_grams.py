"""Search by any part of a name without reading every institution: one and two letters at a time, by a GIN index.

pg_trgm is not everywhere, and knows no word of two letters.
"""

from django.db import migrations

# The cost keeps the planner from working it out for rows that the index could find.
FUNCTION = """
CREATE FUNCTION name_grams(key text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
RETURN ARRAY(
    SELECT DISTINCT substr(key, place, letters)
    FROM generate_series(1, length(key)) AS place, generate_series(1, 2) AS letters
    WHERE place + letters - 1 <= length(key)
);
"""
INDEX = """
CREATE INDEX CONCURRENTLY institution_name_grams ON institutions_institution
USING gin (name_grams(search_key)) WITH (fastupdate = off)
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("institutions", "0006_change_history")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION name_grams(text)"),
        migrations.RunSQL(INDEX, "DROP INDEX CONCURRENTLY institution_name_grams"),
    ]
