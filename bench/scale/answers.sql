-- The weekly survey: every place that asks answered its last 8 rounds, one of a hundred all of them, the rest now and then.
CREATE FUNCTION pg_temp.asks(place bigint, places int) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN place <= ceil(places * 0.6);
CREATE FUNCTION pg_temp.holds(place bigint, kind text, item int) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN item IN (1, 5) OR kind = 'hospital' OR (place % (item + 1) = 0);
CREATE FUNCTION pg_temp.consumption(place bigint, kind text, item int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (CASE kind WHEN 'hospital' THEN 800 ELSE 60 END * (0.5 + 4 * pg_temp.chance(place, 20 + item)))::int;
CREATE FUNCTION pg_temp.stock(place bigint, kind text, item int, week int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (pg_temp.consumption(place, kind, item) * (0.1 + 2.9 * pg_temp.chance(place * 8 + item, 100 + week)))::int;
CREATE FUNCTION pg_temp.purchase(place bigint, kind text, item int, week int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (pg_temp.consumption(place, kind, item) * 0.5 * pg_temp.chance(place * 8 + item, 300 + week))::int;

INSERT INTO surveys_surveyround (id, opens_at, closes_at)
SELECT 1 + week, epoch + week * interval '7 days', epoch + (week + 1) * interval '7 days'
FROM given, generate_series(0, this_week) AS week;

CREATE TEMP TABLE answered AS
SELECT row_number() OVER (ORDER BY week, id) AS response, id AS place, kind, week,
       epoch + week * interval '7 days' + pg_temp.chance(id, 500 + week)
           * CASE WHEN week = this_week THEN now - epoch - week * interval '7 days' ELSE interval '6 days 12 hours' END AS at
FROM given, place, generate_series(0, this_week) AS week
WHERE CASE WHEN week = this_week THEN pg_temp.chance(id, 700) < 0.6 ELSE true END
  AND (week > this_week - 8 AND (pg_temp.asks(id, institutions) OR pg_temp.chance(id, 800 + week) < 0.25) OR id % 100 = 0);
ANALYZE answered;

INSERT INTO surveys_surveyresponse (id, round_id, institution_id, version, answered_at, answered_by_id)
SELECT response, 1 + week, place, 1, at, 1000 + place FROM answered ORDER BY response;

INSERT INTO surveys_stockanswer (response_id, item_id, stock, weekly_consumption, weekly_purchase)
SELECT response, item.id, pg_temp.stock(place, kind, item."order", week), pg_temp.consumption(place, kind, item."order"),
       pg_temp.purchase(place, kind, item."order", week)
FROM answered JOIN surveys_item AS item ON pg_temp.holds(place, kind, item."order")
ORDER BY response, item."order";

INSERT INTO surveys_surveyevent (response_id, version, at, actor_id, actor_text, figures)
SELECT response, 1, at, 1000 + place, '架空 太郎' || place, figures
FROM answered JOIN (
    SELECT response_id, jsonb_object_agg(item_id::text, jsonb_build_array(stock, weekly_consumption, weekly_purchase)) AS figures
    FROM surveys_stockanswer GROUP BY response_id
) AS given_figures ON response_id = response
ORDER BY response;

SELECT setval('surveys_surveyround_id_seq', (SELECT max(id) FROM surveys_surveyround)),
       setval('surveys_surveyresponse_id_seq', (SELECT max(id) FROM surveys_surveyresponse));
