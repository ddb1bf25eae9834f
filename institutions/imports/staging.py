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


# Those of them that an institution's own staff keep: once they did, a list fills them only where they are blank.
STAFF_KEEP = (TELEPHONE, CONTACT_PERSON, EMAIL)

_TOLD = sql.SQL("coalesce(n.{c}, i.{c})")
_TOLD_UNLESS_KEPT = sql.SQL(
    "CASE WHEN i.particulars_kept_at IS NOT NULL AND i.{c} <> '' THEN i.{c} ELSE coalesce(n.{c}, i.{c}) END"
)
_OVERRULED = sql.SQL(
    "(i.particulars_kept_at IS NOT NULL AND i.{c} <> '' AND coalesce(n.{c}, i.{c}) <> i.{c})"
)


def _each(pattern: str, told: bool = False) -> sql.Composed:
    """The pattern once per column, with commas between; `{told}` in it is what the column is to hold."""
    parts = []
    for heading, column in COLUMNS.items():
        name = sql.Identifier(column)
        values: dict[str, sql.Composable] = {"c": name}
        if told:
            values["told"] = (_TOLD_UNLESS_KEPT if heading in STAFF_KEEP else _TOLD).format(c=name)
        parts.append(sql.SQL(pattern).format(**values))
    return sql.SQL(", ").join(parts)


_DIFFERS = sql.SQL("(({told}) IS DISTINCT FROM ({known}))").format(
    told=_each("{told}", told=True), known=_each("i.{c}")
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
""").format(differs=_DIFFERS, changes=_each("count(*) FILTER (WHERE {told} <> i.{c})", told=True))

# Lines that say other than what an institution's staff keep: the line, and for each such column whether it differs.
OVERRULED = sql.SQL("""
SELECT n.line, ARRAY[{overruled}] FROM incoming_institution n JOIN institutions_institution i ON i.code = n.code
WHERE i.particulars_kept_at IS NOT NULL AND true = ANY(ARRAY[{overruled}]) ORDER BY n.line
""").format(
    overruled=sql.SQL(", ").join(
        _OVERRULED.format(c=sql.Identifier(COLUMNS[heading])) for heading in STAFF_KEEP
    )
)

# Others who write institutions wait from the count to the commit, so that what was counted is what is done.
LOCK = "LOCK TABLE institutions_institution IN SHARE ROW EXCLUSIVE MODE"
UPDATE = sql.SQL("""
UPDATE institutions_institution i SET {assignments}, updated_at = %s
FROM incoming_institution n WHERE n.code = i.code AND {differs}
""").format(assignments=_each("{c} = {told}", told=True), differs=_DIFFERS)
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
