-- Requests over two years, the newest of them waiting; what was judged is the answer that stood when each was applied for.
INSERT INTO requests_app_campaign (id, name, opens_at, closes_at, text_version, notice, conditions, terms)
SELECT 1, '個人防護具の緊急配布', now - interval '3 years', NULL, 1, 'いま、すべての物資の要請を受け付けています。',
       '欠品などのため、自院では調達できない', E'情報の提供\n要請の内容と登録情報を、国が売払先事業者に渡します。' FROM given;
INSERT INTO requests_app_campaigntext (campaign_id, version, notice, conditions, terms, created_at)
SELECT id, text_version, notice, conditions, terms, opens_at FROM requests_app_campaign;
INSERT INTO requests_app_campaignitem (campaign_id, item_id, stopped_at) SELECT 1, id, NULL FROM surveys_item;
INSERT INTO requests_app_rulesettings (campaign_id, version, survey_valid_days, max_weeks_of_stock, weeks_of_stock_severity,
    max_weeks_requested, weeks_requested_severity, pack_severity, created_at, created_by_id)
SELECT 1, 1, 7, NULL, 'ERROR', 4, 'WARNING', 'WARNING', now - interval '3 years', 1 FROM given;
SELECT setval('requests_app_campaign_id_seq', 1);

CREATE TEMP TABLE asked AS
WITH drawn AS (
    SELECT n, 1 + floor(ceil(institutions * 0.6) * power(pg_temp.chance(n, 31), 1.2))::bigint AS place,
           (n - 0.5) / requests > 1 - recent AS is_recent, pg_temp.chance(n, 32) AS x, pg_temp.chance(n, 33) AS y,
           now - interval '1 hour' - CASE WHEN (n - 0.5) / requests > 1 - recent
               THEN (1 - (n - 0.5) / requests) / recent * spread
               ELSE spread + (1 - recent - (n - 0.5) / requests) / (1 - recent) * (728 - spread) END
               * interval '1 day' AS created_at
    FROM given, generate_series(1, requests) AS n
), placed AS (
    SELECT drawn.*, kind, name, prefecture,
           CASE WHEN is_recent THEN CASE WHEN x < 0.80 THEN 'UNDER_REVIEW' WHEN x < 0.88 THEN 'DRAFT'
                                         WHEN x < 0.92 THEN 'ERROR' ELSE 'ACCEPTED' END
                ELSE CASE WHEN x < 0.02 THEN 'DRAFT' WHEN x < 0.03 THEN 'ERROR' ELSE 'ACCEPTED' END END AS status,
           created_at + (60 + 3000 * pg_temp.chance(n, 34)) * interval '1 second' AS tried_at
    FROM drawn JOIN place ON place.id = drawn.place
), moved AS (
    SELECT *, status IN ('UNDER_REVIEW', 'ACCEPTED') AS submitted,
           floor(extract(epoch FROM tried_at - epoch) / 604800)::int AS week,
           status = 'UNDER_REVIEW' AND y < 0.5 OR status = 'ACCEPTED' AND y < 0.95 AS confirmed,
           status = 'UNDER_REVIEW' AND y BETWEEN 0.5 AND 0.6 AS again,
           pg_temp.chance(n, 35) < 0.4 AND status IN ('UNDER_REVIEW', 'ACCEPTED') AS called,
           pg_temp.chance(n, 36) < 0.04 AND status <> 'ACCEPTED' AS withdrawn
    FROM placed, given
), judged AS (
    SELECT *, epoch + week * interval '7 days' + pg_temp.chance(place, 500 + week)
           * CASE WHEN week = this_week THEN now - epoch - week * interval '7 days' ELSE interval '6 days 12 hours' END
           AS answered_at
    FROM moved
)
SELECT n, place, kind, name, prefecture, status, created_at, tried_at, submitted, confirmed, again, called, withdrawn,
       y,
       CASE WHEN fresh THEN week ELSE week - 1 END AS judged_week,
       CASE WHEN fresh THEN answered_at
            ELSE epoch + (week - 1) * interval '7 days' + pg_temp.chance(place, 499 + week) * interval '6 days 12 hours' END
           AS answered_at,
       to_char(created_at, 'YYMM') AS month, row_number() OVER (PARTITION BY to_char(created_at, 'YYMM') ORDER BY n) AS rank,
       cutoff_at, handled_from,
       CASE WHEN confirmed OR again THEN least(now, tried_at + (0.2 + 3 * y) * interval '1 day') END AS confirmed_at,
       CASE WHEN called THEN least(now, tried_at + 0.1 * interval '1 day') END AS called_at,
       CASE WHEN status = 'ACCEPTED' THEN least(now, tried_at + (1 + 4 * y) * interval '1 day') END AS accepted_at,
       CASE WHEN withdrawn THEN least(now, tried_at + (0.3 + 3 * y) * interval '1 day') END AS withdrawn_at
FROM (
    SELECT *, answered_at <= tried_at AND (week < this_week OR pg_temp.chance(place, 700) < 0.6) AS fresh FROM judged
) AS judged
JOIN day ON day.day = tried_at::date AND day.passed = (tried_at::time >= '17:00');
CREATE INDEX ON asked (n);
ANALYZE asked;

CREATE TEMP TABLE line AS
SELECT *, CASE WHEN pg_temp.chance(n, 60 + item) < 0.85 THEN quantity ELSE greatest(1, quantity * 4 / 5) END AS granted
FROM (
    SELECT *, least(9999999, greatest(pack_size, ceil(greatest(0, 2 * consumption - stock - purchase)
               * (0.7 + 1.6 * pg_temp.chance(n, 50 + item)) / pack_size)::int * pack_size)
               + CASE WHEN pg_temp.chance(n, 40 + item) < 0.1 THEN 7 ELSE 0 END) AS quantity
    FROM (
        SELECT n, place, status, confirmed, item.id AS item_id, item."order" AS item, pack_size, unit, item.name AS item_name,
               pg_temp.consumption(place, kind, item."order") AS consumption,
               pg_temp.stock(place, kind, item."order", judged_week) AS stock,
               pg_temp.purchase(place, kind, item."order", judged_week) AS purchase
        FROM asked JOIN surveys_item AS item
            ON CASE WHEN item."order" = 5 THEN pg_temp.chance(n, 70) < 0.7 OR pg_temp.chance(n, 71) >= 0.4
                    WHEN item."order" = 1 THEN pg_temp.chance(n, 71) < 0.4
                    ELSE pg_temp.chance(n, 70 + item."order") < 0.3 AND pg_temp.holds(place, kind, item."order") END
    ) AS chosen
) AS priced;

CREATE TEMP TABLE held AS
SELECT n, jsonb_object_agg(item_id::text, quantity) AS quantities, jsonb_object_agg(item_id::text, granted) AS granted,
       min(item_id) AS an_item, array_agg(item_id ORDER BY item_id) AS item_ids,
       min(trunc((stock + purchase)::numeric / nullif(consumption, 0), 2)) AS least_weeks,
       jsonb_agg(jsonb_build_object('item_id', item_id, 'item_label', substr('①②③④⑤', item, 1) || item_name, 'unit', unit,
           'pack_unit', '箱', 'pack_size', pack_size, 'quantity', quantity, 'accepted_by_campaign', true,
           'figures', jsonb_build_object('stock', stock, 'weekly_consumption', consumption, 'weekly_purchase', purchase),
           'others_under_review', '[]'::jsonb) ORDER BY item) AS lines,
       coalesce(jsonb_agg(jsonb_build_object('rule', 'R8', 'severity', 'WARNING',
           'message', substr('①②③④⑤', item, 1) || item_name || 'の要請数量が、箱の単位になっていません',
           'advice', '箱の単位にそろえてください。', 'looked_at', quantity || unit, 'place', 'quantity:' || item_id,
           'item_id', item_id)) FILTER (WHERE quantity % pack_size <> 0), '[]') AS findings
FROM line GROUP BY n;
CREATE INDEX ON held (n);
ANALYZE held;

INSERT INTO requests_app_sosrequest (id, number, title, institution_id, campaign_id, status, version, revision, confirmed_terms,
    opinion, prefecture_note, created_at, created_by_id, updated_at, submitted_at, submitted_by_id, cutoff_at, handled_from,
    confirmed_at, confirmed_by_id, accepted_at, accepted_by_id, prefecture_id, item_ids, confirmed_before,
    telephoned_at, least_weeks, withdrawn_at, withdrawn_by_id, withdrawn_reason)
SELECT n, month || '-' || CASE WHEN rank < 10000 THEN lpad(rank::text, 4, '0') ELSE rank::text END,
       to_char(created_at, 'FMYYYY/FMMM/FMDD') || '_' || name || '_緊急配布要請', place, 1, status,
       CASE WHEN again THEN 2 ELSE 1 END,
       1 + (status <> 'DRAFT')::int + (confirmed OR again)::int + again::int + (status = 'ACCEPTED')::int
           + withdrawn::int, true,
       CASE WHEN n % 7 = 0 THEN '在庫が今週中になくなる見込みです。' ELSE '' END, '', created_at, 1000 + place,
       coalesce(accepted_at, withdrawn_at, confirmed_at, tried_at), CASE WHEN submitted THEN tried_at END,
       CASE WHEN submitted THEN 1000 + place END, CASE WHEN submitted THEN cutoff_at END,
       CASE WHEN submitted THEN handled_from END, CASE WHEN confirmed THEN confirmed_at END,
       CASE WHEN confirmed THEN 2 + prefecture::int END, accepted_at, CASE WHEN status = 'ACCEPTED' THEN 1 END,
       prefecture, item_ids, confirmed OR again, called_at, CASE WHEN status <> 'DRAFT' THEN least_weeks END,
       withdrawn_at, CASE WHEN withdrawn THEN 1000 + place END, CASE WHEN withdrawn THEN '納品があったため。' ELSE '' END
FROM asked JOIN held USING (n) ORDER BY n;

INSERT INTO requests_app_numberseries (month, last) SELECT month, max(rank) FROM asked GROUP BY month;

INSERT INTO requests_app_requestline (request_id, item_id, quantity, confirmed_quantity, accepted_quantity)
SELECT n, item_id, quantity, CASE WHEN confirmed THEN granted END,
       CASE WHEN status = 'ACCEPTED' THEN CASE WHEN confirmed THEN granted ELSE quantity END END
FROM line ORDER BY n, item;

SELECT setval('requests_app_sosrequest_id_seq', (SELECT max(n) FROM asked));
