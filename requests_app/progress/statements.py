"""The SQL of the refresh. Each statement writes a whole set of rows, zeros too, and touches only what differs."""

COMPLETE = "a.stock IS NOT NULL AND a.weekly_purchase IS NOT NULL AND a.weekly_consumption > 0"
HAVE = "(a.stock::bigint + a.weekly_purchase)"
WEEKS = f"trunc({HAVE}::numeric / a.weekly_consumption, 2)"

ANSWERED = """
INSERT INTO requests_app_prefectureround AS kept
    (round_id, prefecture_id, institutions, answered, requests, is_final)
SELECT %(round)s, p.code, coalesce(found.institutions, 0), coalesce(found.answered, 0), 0, %(final)s
FROM institutions_prefecture p
LEFT JOIN (
    SELECT i.prefecture_id,
        count(*) FILTER (WHERE i.created_at < %(closes_at)s OR s.id IS NOT NULL) AS institutions,
        count(s.id) AS answered
    FROM institutions_institution i
    LEFT JOIN surveys_surveyresponse s ON s.institution_id = i.id AND s.round_id = %(round)s
    GROUP BY i.prefecture_id
) found ON found.prefecture_id = p.code
ON CONFLICT (round_id, prefecture_id) DO UPDATE
SET institutions = excluded.institutions, answered = excluded.answered, is_final = excluded.is_final
WHERE (kept.institutions, kept.answered, kept.is_final)
    IS DISTINCT FROM (excluded.institutions, excluded.answered, excluded.is_final)
"""

STOCK = f"""
INSERT INTO requests_app_stockfigure AS kept
    (round_id, prefecture_id, item_id, answered, stock, consumption, below_1, below_2, below_3)
SELECT %(round)s, p.code, item.id, coalesce(found.answered, 0), coalesce(found.stock, 0),
    coalesce(found.consumption, 0), coalesce(found.below_1, 0), coalesce(found.below_2, 0),
    coalesce(found.below_3, 0)
FROM institutions_prefecture p
CROSS JOIN surveys_item item
LEFT JOIN (
    SELECT i.prefecture_id, a.item_id, count(*) AS answered,
        sum({HAVE}) AS stock, sum(a.weekly_consumption) AS consumption,
        count(*) FILTER (WHERE {HAVE} < a.weekly_consumption) AS below_1,
        count(*) FILTER (WHERE {HAVE} < 2 * a.weekly_consumption::bigint) AS below_2,
        count(*) FILTER (WHERE {HAVE} < 3 * a.weekly_consumption::bigint) AS below_3
    FROM surveys_surveyresponse s
    JOIN surveys_stockanswer a ON a.response_id = s.id
    JOIN institutions_institution i ON i.id = s.institution_id
    WHERE s.round_id = %(round)s AND {COMPLETE}
    GROUP BY i.prefecture_id, a.item_id
) found ON found.prefecture_id = p.code AND found.item_id = item.id
ON CONFLICT (round_id, item_id, prefecture_id) DO UPDATE
SET answered = excluded.answered, stock = excluded.stock, consumption = excluded.consumption,
    below_1 = excluded.below_1, below_2 = excluded.below_2, below_3 = excluded.below_3
WHERE (kept.answered, kept.stock, kept.consumption, kept.below_1, kept.below_2, kept.below_3)
    IS DISTINCT FROM (excluded.answered, excluded.stock, excluded.consumption,
        excluded.below_1, excluded.below_2, excluded.below_3)
"""  # noqa: S608 - parts of this file alone

LISTED = f"""
INSERT INTO requests_app_institutionstock AS kept (round_id, institution_id, item_id, prefecture_id, weeks)
SELECT s.round_id, i.id, a.item_id, i.prefecture_id, {WEEKS}
FROM surveys_surveyresponse s
JOIN surveys_stockanswer a ON a.response_id = s.id
JOIN institutions_institution i ON i.id = s.institution_id
WHERE s.round_id = %(round)s AND s.answered_at >= %(since)s AND {COMPLETE}
ON CONFLICT (institution_id, item_id, round_id) DO UPDATE
SET weeks = excluded.weeks, prefecture_id = excluded.prefecture_id
WHERE (kept.weeks, kept.prefecture_id) IS DISTINCT FROM (excluded.weeks, excluded.prefecture_id)
"""  # noqa: S608 - parts of this file alone

NOT_LISTED_ANY_MORE = f"""
DELETE FROM requests_app_institutionstock kept
USING surveys_surveyresponse s, surveys_stockanswer a
WHERE s.round_id = %(round)s AND s.answered_at >= %(since)s AND a.response_id = s.id AND ({COMPLETE}) IS NOT TRUE
    AND kept.round_id = s.round_id AND kept.institution_id = s.institution_id AND kept.item_id = a.item_id
"""  # noqa: S608 - parts of this file alone

MOVED = """
UPDATE requests_app_institutionstock kept SET prefecture_id = i.prefecture_id
FROM institutions_institution i
WHERE i.updated_at >= %(since)s AND kept.institution_id = i.id AND kept.round_id = %(round)s
    AND kept.prefecture_id <> i.prefecture_id
"""

# What changed since the last refresh: requests that something happened to, and those of institutions that moved, of
# which the prefectures before count too. The rounds are those in which such a request ever was applied for.
_CHANGED = """
WITH moved AS (
    SELECT DISTINCT pgh_obj_id AS id FROM institutions_institutionhistory
    WHERE pgh_id > %(change)s AND pgh_before ? 'prefecture_id'
), place AS (
    SELECT i.id, i.prefecture_id FROM institutions_institution i JOIN moved ON moved.id = i.id
    UNION
    SELECT moved.id, h.pgh_before ->> 'prefecture_id'
    FROM institutions_institutionhistory h JOIN moved ON moved.id = h.pgh_institution_id
    WHERE h.pgh_before ? 'prefecture_id'
), changed AS (
    SELECT q.id, q.institution_id, q.prefecture_id, q.submitted_at FROM requests_app_sosrequest q
    WHERE q.id IN (SELECT request_id FROM requests_app_requestevent WHERE id > %(event)s)
    UNION ALL
    SELECT q.id, q.institution_id, place.prefecture_id, q.submitted_at
    FROM requests_app_sosrequest q JOIN place ON place.id = q.institution_id
)
"""

CHANGED_CELLS = f"""{_CHANGED}, applied AS (
    SELECT prefecture_id, submitted_at AS at FROM changed
    UNION
    SELECT changed.prefecture_id, e.at
    FROM changed JOIN requests_app_requestevent e ON e.request_id = changed.id AND e.verb = 'submit'
)
SELECT DISTINCT r.id, applied.prefecture_id
FROM applied JOIN surveys_surveyround r ON applied.at >= r.opens_at AND applied.at < r.closes_at
WHERE r.id = ANY(%(rounds)s)
"""  # noqa: S608 - parts of this file alone

CHANGED_INSTITUTIONS = f"""{_CHANGED}
SELECT DISTINCT institution_id, prefecture_id FROM changed
"""  # noqa: S608 - parts of this file alone

EVERY_CELL = """
SELECT r.id, p.code FROM surveys_surveyround r CROSS JOIN institutions_prefecture p WHERE r.id = ANY(%(rounds)s)
"""

# How far everything has been counted for good: whoever got a lower number has committed by now.
SETTLED_NUMBERS = """
SELECT
    coalesce((SELECT max(id) FROM requests_app_requestevent WHERE id > %(event)s AND at < %(settled)s), %(event)s),
    coalesce((SELECT max(pgh_id) FROM institutions_institutionhistory
        WHERE pgh_id > %(change)s AND pgh_created_at < now() - %(late)s), %(change)s)
"""

_CELLS = """
    FROM unnest(%(cell_rounds)s::bigint[], %(cell_prefectures)s::text[]) AS cell (round_id, prefecture_id)
"""

_IN_CELLS = """
    FROM unnest(%(cell_rounds)s::bigint[], %(cell_prefectures)s::text[]) AS cell (round_id, prefecture_id)
    JOIN surveys_surveyround r ON r.id = cell.round_id
    JOIN requests_app_sosrequest q ON q.prefecture_id = cell.prefecture_id
        AND q.submitted_at >= r.opens_at AND q.submitted_at < r.closes_at AND q.withdrawn_at IS NULL
"""

REQUESTS = f"""
UPDATE requests_app_prefectureround kept SET requests = counted.requests
FROM (
    SELECT cell.round_id, cell.prefecture_id, coalesce(found.requests, 0) AS requests
    {_CELLS}
    LEFT JOIN (
        SELECT cell.round_id, cell.prefecture_id, count(*) AS requests
        {_IN_CELLS}
        GROUP BY cell.round_id, cell.prefecture_id
    ) found USING (round_id, prefecture_id)
) counted
WHERE kept.round_id = counted.round_id AND kept.prefecture_id = counted.prefecture_id
    AND kept.requests <> counted.requests
"""  # noqa: S608 - parts of this file alone

_QUANTITIES = (
    *("requests", "institutions", "institutions_accepted", "asked", "confirmed", "accepted"),
    *("allocated", "shipped", "received"),
)


def _each(pattern: str) -> str:
    return ", ".join(pattern.format(name) for name in _QUANTITIES)


QUANTITIES = f"""
INSERT INTO requests_app_requestfigure AS kept (round_id, prefecture_id, item_id, {_each("{}")})
SELECT cell.round_id, cell.prefecture_id, item.id, {_each("coalesce(found.{}, 0)")}
{_CELLS}
CROSS JOIN surveys_item item
LEFT JOIN (
    SELECT cell.round_id, cell.prefecture_id, l.item_id, count(*) AS requests,
        count(DISTINCT q.institution_id) AS institutions,
        count(DISTINCT q.institution_id) FILTER (WHERE l.accepted_quantity > 0) AS institutions_accepted,
        sum(l.quantity) AS asked, sum(l.confirmed_quantity) AS confirmed, sum(l.accepted_quantity) AS accepted,
        sum(decided.quantity) AS allocated, sum(sent.quantity) AS shipped, sum(arrived.quantity) AS received
    {_IN_CELLS}
    JOIN requests_app_requestline l ON l.request_id = q.id
    LEFT JOIN requests_app_lineoutcome decided ON decided.line_id = l.id
    LEFT JOIN (
        SELECT parcel.line_id, sum(parcel.quantity) AS quantity
        FROM (
            SELECT DISTINCT ON (line_id, slip_number) line_id, quantity
            FROM requests_app_shipment
            ORDER BY line_id, slip_number, version DESC
        ) parcel
        GROUP BY parcel.line_id
    ) sent ON sent.line_id = l.id
    LEFT JOIN (
        SELECT shipment.line_id, sum(receipt.quantity) AS quantity
        FROM requests_app_receipt receipt
        JOIN requests_app_shipment shipment ON shipment.id = receipt.shipment_id
        GROUP BY shipment.line_id
    ) arrived ON arrived.line_id = l.id
    GROUP BY cell.round_id, cell.prefecture_id, l.item_id
) found ON found.round_id = cell.round_id AND found.prefecture_id = cell.prefecture_id AND found.item_id = item.id
ON CONFLICT (round_id, item_id, prefecture_id) DO UPDATE
SET {_each("{0} = excluded.{0}")}
WHERE ({_each("kept.{}")}) IS DISTINCT FROM ({_each("excluded.{}")})
"""  # noqa: S608 - parts of this file alone

STANDING = """
INSERT INTO requests_app_prefecturestanding AS kept
    (prefecture_id, drafts, errors, unconfirmed, again, confirmed, late, accepted, oldest_unconfirmed, oldest_confirmed)
SELECT p.code, coalesce(others.drafts, 0), coalesce(others.errors, 0), coalesce(found.unconfirmed, 0),
    coalesce(found.again, 0), coalesce(found.confirmed, 0), coalesce(found.late, 0), coalesce(others.accepted, 0),
    found.oldest_unconfirmed, found.oldest_confirmed
FROM institutions_prefecture p
LEFT JOIN (
    SELECT q.prefecture_id,
        count(*) FILTER (WHERE q.status = 'DRAFT') AS drafts,
        count(*) FILTER (WHERE q.status = 'ERROR') AS errors,
        count(*) FILTER (WHERE q.status = 'ACCEPTED') AS accepted
    FROM requests_app_sosrequest q
    WHERE q.status IN ('DRAFT', 'ERROR', 'ACCEPTED') AND q.withdrawn_at IS NULL
        AND q.prefecture_id = ANY(%(prefectures)s)
    GROUP BY q.prefecture_id
) others ON others.prefecture_id = p.code
LEFT JOIN (
    SELECT q.prefecture_id,
        count(*) FILTER (WHERE q.confirmed_at IS NULL) AS unconfirmed,
        count(*) FILTER (WHERE q.confirmed_at IS NULL AND q.confirmed_before) AS again,
        count(*) FILTER (WHERE q.confirmed_at IS NOT NULL) AS confirmed,
        count(*) FILTER (WHERE q.confirmed_at IS NULL AND q.handled_from < %(today)s) AS late,
        min(q.submitted_at) FILTER (WHERE q.confirmed_at IS NULL) AS oldest_unconfirmed,
        min(q.submitted_at) FILTER (WHERE q.confirmed_at IS NOT NULL) AS oldest_confirmed
    FROM requests_app_sosrequest q
    WHERE q.status = 'UNDER_REVIEW' AND q.withdrawn_at IS NULL AND q.prefecture_id = ANY(%(prefectures)s)
    GROUP BY q.prefecture_id
) found ON found.prefecture_id = p.code
WHERE p.code = ANY(%(prefectures)s)
ON CONFLICT (prefecture_id) DO UPDATE
SET drafts = excluded.drafts, errors = excluded.errors, unconfirmed = excluded.unconfirmed,
    again = excluded.again, confirmed = excluded.confirmed, late = excluded.late, accepted = excluded.accepted,
    oldest_unconfirmed = excluded.oldest_unconfirmed, oldest_confirmed = excluded.oldest_confirmed
WHERE (kept.drafts, kept.errors, kept.unconfirmed, kept.again, kept.confirmed, kept.late, kept.accepted,
        kept.oldest_unconfirmed, kept.oldest_confirmed)
    IS DISTINCT FROM (excluded.drafts, excluded.errors, excluded.unconfirmed, excluded.again, excluded.confirmed,
        excluded.late, excluded.accepted, excluded.oldest_unconfirmed, excluded.oldest_confirmed)
"""

NOT_OPEN_ANY_MORE = """
DELETE FROM requests_app_institutionopen kept
WHERE (%(institutions)s::bigint[] IS NULL OR kept.institution_id = ANY(%(institutions)s)) AND NOT EXISTS (
    SELECT FROM requests_app_sosrequest q
    WHERE q.institution_id = kept.institution_id AND q.status = 'UNDER_REVIEW' AND q.withdrawn_at IS NULL
)
"""

OPEN = """
INSERT INTO requests_app_institutionopen AS kept (institution_id, prefecture_id, requests, oldest)
SELECT q.institution_id, q.prefecture_id, count(*), min(q.submitted_at)
FROM requests_app_sosrequest q
WHERE q.status = 'UNDER_REVIEW' AND q.withdrawn_at IS NULL
    AND (%(institutions)s::bigint[] IS NULL OR q.institution_id = ANY(%(institutions)s))
GROUP BY q.institution_id, q.prefecture_id
ON CONFLICT (institution_id) DO UPDATE
SET prefecture_id = excluded.prefecture_id, requests = excluded.requests, oldest = excluded.oldest
WHERE (kept.prefecture_id, kept.requests, kept.oldest)
    IS DISTINCT FROM (excluded.prefecture_id, excluded.requests, excluded.oldest)
"""
