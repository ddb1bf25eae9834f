-- Institutions, and the people who enter for them. `chance` is a number in [0, 1) that a row's number stands for.
CREATE FUNCTION pg_temp.chance(a bigint, b bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (hashint8(a * 1000003 + b) & 16777215)::float8 / 16777216;
CREATE FUNCTION pg_temp.one_of(choices text[], x float8) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN choices[1 + floor(x * cardinality(choices))::int];
CREATE FUNCTION pg_temp.luhn(nine text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT ((10 - sum(CASE WHEN i % 2 = 1 THEN 2 * d / 10 + 2 * d % 10 ELSE d END) % 10) % 10)::text
            FROM (SELECT i, substr(nine, i, 1)::int AS d FROM generate_series(1, 9) AS i) AS digits);

CREATE TEMP TABLE place AS
WITH drawn AS (
    SELECT n, lpad((CASE WHEN n <= 47 THEN n ELSE 1 + width_bucket(pg_temp.chance(n, 1), shares) END)::text, 2, '0') AS prefecture,
           width_bucket(pg_temp.chance(n, 2), (SELECT array_agg(upto ORDER BY upto) FROM kind WHERE upto < 1)) AS k
    FROM given, generate_series(1, institutions) AS n
), ranked AS (
    SELECT n, prefecture, kind, digit, last, row_number() OVER (PARTITION BY prefecture, digit ORDER BY n) AS rank
    FROM drawn JOIN kind USING (k)
)
SELECT n AS id, prefecture, kind, digit || lpad(rank::text, 6, '0') AS middle,
       CASE WHEN n BETWEEN 11 AND 13 THEN rare
            ELSE pg_temp.one_of(first, pg_temp.chance(n, 3)) || pg_temp.one_of(second, pg_temp.chance(n, 4))
                 || pg_temp.one_of(last, pg_temp.chance(n, 5)) END AS name
FROM ranked, given;

INSERT INTO institutions_institution
    (id, code, name, kind, prefecture_id, postal_code, address, telephone, contact_person, email, created_at, updated_at)
SELECT id, prefecture || middle || pg_temp.luhn(prefecture || middle), name, kind, prefecture,
       lpad(floor(pg_temp.chance(id, 6) * 10000000)::text, 7, '0'),
       '架空市' || pg_temp.one_of(first, pg_temp.chance(id, 7)) || '町' || 1 + id % 9 || '-' || 1 + id % 31,
       '00-0000-' || lpad((id % 10000)::text, 4, '0'), '見本 花子', 'place' || id || '@example.jp',
       now - interval '3 years', now - interval '3 years'
FROM place, given ORDER BY id;

INSERT INTO institutions_user (id, password, username, name, email, role, prefecture_id, is_active, created_at)
SELECT 1, '!none', 'ministry', '見本 一郎', 'ministry@example.jp', 'ministry', NULL, true, now FROM given
UNION ALL SELECT 2, '!none', 'operator', '見本 二郎', 'operator@example.jp', 'operator', NULL, true, now FROM given
UNION ALL SELECT 2 + code::int, '!none', 'officer-' || code, '見本 三郎', 'officer' || code || '@example.jp',
                 'prefecture', code, true, now FROM institutions_prefecture, given
UNION ALL SELECT 1000 + id, '!none', 'staff-' || id, '架空 太郎' || id, 'staff' || id || '@example.jp', 'institution',
                 NULL, true, now FROM place, given;

INSERT INTO institutions_membership (user_id, institution_id, created_at)
SELECT 1000 + id, id, now FROM place, given;

SELECT setval('institutions_institution_id_seq', (SELECT max(id) FROM place)),
       setval('institutions_user_id_seq', 1000 + (SELECT max(id) FROM place));
