"""The SQL of the institutions' import. In the staging table NULL stands for "not told", which overwrites nothing."""

from __future__ import annotations

from psycopg import sql

from institutions.imports.institution_rows import (
    ADDRESS,
    AGREEMENT,
    CONTACT_PERSON,
    EMAIL,
    KIND,
    NAME,
    POSTAL_CODE,
    TELEPHONE,
)

# The columns that a list can change, by their headings.
COLUMNS = {
    NAME: "name",
    KIND: "kind",
    POSTAL_CODE: "postal_code",
    ADDRESS: "address",
    TELEPHONE: "telephone",
    CONTACT_PERSON: "contact_person",
    EMAIL: "email",
    AGREEMENT: "has_agreement",
}


def _each(pattern: str) -> sql.Composed:
    """The pattern once per column, with commas between."""
    names = [sql.Identifier(column) for column in COLUMNS.values()]
    return sql.SQL(", ").join(sql.SQL(pattern).format(c=name) for name in names)


_DIFFERS = sql.SQL("(({told}) IS DISTINCT FROM ({known}))").format(
    told=_each("coalesce(n.{c}, i.{c})"), known=_each("i.{c}")
)

CREATE = """
CREATE TEMPORARY TABLE incoming_institution (
    line integer NOT NULL, code text NOT NULL, name text NOT NULL, postal_code text, address text, kind text,
    guessed_kind text NOT NULL, telephone text, contact_person text, email text,
    has_agreement boolean
)"""
COPY = "COPY incoming_institution FROM STDIN"
ANALYZE = "ANALYZE incoming_institution"
DROP = "DROP TABLE incoming_institution"

# Per code that stands with different particulars: the code, its lines, and for each column whether it differs.
CONTRADICTIONS = sql.SQL("""
SELECT code, array_agg(line ORDER BY line), array[{differing}]
FROM incoming_institution GROUP BY code HAVING count(DISTINCT ({columns})) > 1 ORDER BY min(line)
""").format(differing=_each("count(DISTINCT coalesce({c}::text, '')) > 1"), columns=_each("{c}"))
DROP_CODES = "DELETE FROM incoming_institution WHERE code = ANY(%s)"
DROP_REPEATED = """
DELETE FROM incoming_institution WHERE ctid IN (
    SELECT ctid FROM (
        SELECT ctid, row_number() OVER (PARTITION BY code ORDER BY line) AS place FROM incoming_institution
    ) numbered WHERE place > 1
)"""

# New, changed, unchanged, and for each column how many institutions change in it.
COUNT = sql.SQL("""
SELECT count(*) FILTER (WHERE i.id IS NULL),
    count(*) FILTER (WHERE i.id IS NOT NULL AND {differs}),
    count(*) FILTER (WHERE i.id IS NOT NULL AND NOT {differs}),
    {changes}
FROM incoming_institution n LEFT JOIN institutions_institution i ON i.code = n.code
""").format(differs=_DIFFERS, changes=_each("count(*) FILTER (WHERE coalesce(n.{c}, i.{c}) <> i.{c})"))

# Others who write institutions wait from the count to the commit, so that what was counted is what is done.
LOCK = "LOCK TABLE institutions_institution IN SHARE ROW EXCLUSIVE MODE"
UPDATE = sql.SQL("""
UPDATE institutions_institution i SET {assignments}, updated_at = %s
FROM incoming_institution n WHERE n.code = i.code AND {differs}
""").format(assignments=_each("{c} = coalesce(n.{c}, i.{c})"), differs=_DIFFERS)
INSERT = """
INSERT INTO institutions_institution (
    code, name, kind, prefecture_id, postal_code, address, telephone, contact_person, email, has_agreement, created_at,
    updated_at
)
SELECT code, name, coalesce(kind, guessed_kind), left(code, 2), coalesce(postal_code, ''), coalesce(address, ''),
    coalesce(telephone, ''), coalesce(contact_person, ''), coalesce(email, ''), coalesce(has_agreement, false),
    %s, %s
FROM incoming_institution n WHERE NOT EXISTS (SELECT FROM institutions_institution i WHERE i.code = n.code)
ORDER BY code"""
