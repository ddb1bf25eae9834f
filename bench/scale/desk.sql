-- What officers and institutions say to each other: 照会, 担当, お知らせ, お問い合わせ, suspensions.
INSERT INTO requests_app_question (asked_at, text, answered_at, answer, withdrawn_reason, answered_by_id, asked_by_id, request_id)
SELECT least(now, submitted_at + interval '2 hours'), '在庫の数は、どの場所のものですか。',
       CASE WHEN answered THEN least(now, submitted_at + interval '5 hours') END,
       CASE WHEN answered THEN '病棟と倉庫を合わせた数です。' ELSE '' END, '',
       CASE WHEN answered THEN 1000 + institution_id END, 2 + prefecture_id::int, id
FROM (SELECT *, status = 'ACCEPTED' OR withdrawn_at IS NOT NULL OR pg_temp.chance(id, 81) < 0.5 AS answered FROM requests_app_sosrequest) AS request, given
WHERE status IN ('UNDER_REVIEW', 'ACCEPTED') AND pg_temp.chance(id, 80) < 0.05 ORDER BY id;

UPDATE requests_app_sosrequest SET question_open = true
WHERE id IN (SELECT request_id FROM requests_app_question WHERE answered_at IS NULL AND withdrawn_at IS NULL);

INSERT INTO requests_app_claim (request_id, claimed_at, expires_at, user_id, untold_ids)
SELECT id, now, now + interval '30 minutes', 2 + prefecture_id::int, '{}' FROM requests_app_sosrequest, given
WHERE status = 'UNDER_REVIEW' AND withdrawn_at IS NULL AND pg_temp.chance(id, 82) < 0.02 ORDER BY id;

INSERT INTO requests_app_recentview (viewed_at, user_id, request_id)
SELECT now - interval '1 hour', user_id, request.id FROM given, requests_app_sosrequest AS request,
       LATERAL (VALUES (1), (2 + prefecture_id::int)) AS officer (user_id)
WHERE status = 'UNDER_REVIEW' AND pg_temp.chance(request.id, 83) < 0.3 ORDER BY request.id;

-- Two weeks in three years speak of what is ahead; every ninth has ended, every fiftieth was withdrawn.
INSERT INTO institutions_announcement (id, title, body, important, prefectures, kinds, starts_at, ends_at, version, created_at,
    withdrawn_at, withdrawn_reason, created_by_id, prefecture_id)
SELECT n, n || '番目のお知らせ', '締切と物資の予定をお知らせします。', n % 20 = 0,
       CASE WHEN own THEN ARRAY[prefecture] ELSE '{}' END, '{}', at,
       CASE WHEN n % 9 = 0 THEN at + interval '20 days' END, 1, at - interval '1 day',
       CASE WHEN n % 50 = 0 THEN at + interval '1 day' END, CASE WHEN n % 50 = 0 THEN '日付を誤っていました。' ELSE '' END,
       CASE WHEN own THEN 2 + prefecture::int ELSE 1 END, CASE WHEN own THEN prefecture END
FROM (
    SELECT n, n % 3 <> 0 AS own, lpad((1 + n % 47)::text, 2, '0') AS prefecture,
           now + interval '14 days' - (1 - n::float8 / greatest(20, requests / 200)) * interval '1095 days' AS at
    FROM given, generate_series(1, greatest(20, requests / 200)) AS n
) AS made ORDER BY n;

INSERT INTO institutions_announcementversion (announcement_id, version, verb, at, actor_id, actor_text, content, reason)
SELECT id, 1, 'publish', created_at, created_by_id, '国 見本 一郎', jsonb_build_object('title', title, 'body', body, 'important',
       important, 'prefectures', prefectures, 'kinds', kinds, 'starts_at', starts_at, 'ends_at', ends_at), ''
FROM institutions_announcement ORDER BY id;

INSERT INTO institutions_announcementread (version, read_at, announcement_id, user_id)
SELECT 1, now, newest.id, 1000 + place.id FROM given, institutions_institution AS place, LATERAL (
    SELECT id FROM institutions_announcement WHERE prefectures = '{}' AND starts_at < now AND withdrawn_at IS NULL
    ORDER BY starts_at DESC LIMIT 3
) AS newest WHERE pg_temp.chance(place.id, 84) < 0.3 ORDER BY newest.id, place.id;

-- One of twenty waits, one of sixty is in hand.
INSERT INTO institutions_inquiry (id, prefecture_id, subject, desk, with_prefecture, request_number, state, version, revision, created_at,
    updated_at, waiting_since, claimed_at, answer_unread, claimed_by_id, created_by_id, institution_id)
SELECT n, (SELECT prefecture_id FROM institutions_institution WHERE id = institution), (ARRAY['survey', 'request', 'shipping', 'login', 'other'])[1 + n % 5],
       CASE WHEN n % 5 <> 3 AND n % 4 <> 0 THEN 'prefecture' ELSE 'ministry' END, n % 5 <> 3 AND n % 4 <> 0, '',
       CASE WHEN NOT waits THEN 'answered' WHEN n % 3 = 0 THEN 'in_hand' ELSE 'new' END,
       CASE WHEN waits THEN 1 ELSE 2 END, CASE WHEN waits THEN 1 ELSE 2 END, at,
       CASE WHEN waits THEN at ELSE at + interval '1 day' END, CASE WHEN waits THEN at END,
       CASE WHEN waits AND n % 3 = 0 THEN at + interval '1 hour' END, NOT waits AND n % 10 = 1,
       CASE WHEN waits AND n % 3 = 0 THEN 1 END, 1000 + institution, institution
FROM (
    SELECT n, n > made * 0.95 AS waits, 1 + floor(institutions * pg_temp.chance(n, 85))::bigint AS institution,
           now - interval '2 hours' - (1 - n::float8 / made) * interval '700 days' AS at
    FROM given, LATERAL (SELECT greatest(20, requests / 20) AS made) AS size, generate_series(1, made) AS n
) AS asked_about ORDER BY n;

INSERT INTO institutions_inquirymessage (inquiry_id, verb, at, actor_id, actor_role, actor_text, desk_text, text, from_state,
    to_state, revision)
SELECT id, 'ask', created_at, created_by_id, 'institution', '見本 花子', '国（事務局）', '締切はいつですか。', '', 'new', 1
FROM institutions_inquiry
UNION ALL
SELECT id, 'answer', updated_at, 1, 'ministry', '国 見本 一郎', '国（事務局）', '水曜日の17時です。', 'new', 'answered', 2
FROM institutions_inquiry WHERE state = 'answered' ORDER BY 1, 11;

INSERT INTO institutions_suspension (reason, suspended_from, lifted_at, institution_id, lifted_by_id, lifted_reason, suspended_by_id)
SELECT '転売の疑いがあるため。', now - interval '300 days', CASE WHEN id % 2 = 0 THEN now - interval '100 days' END, id,
       CASE WHEN id % 2 = 0 THEN 1 END, CASE WHEN id % 2 = 0 THEN '疑いが晴れたため。' ELSE '' END, 1
FROM institutions_institution, given WHERE id > 100 AND id % 200 < 2 ORDER BY id;

SELECT setval('institutions_announcement_id_seq', (SELECT max(id) FROM institutions_announcement)),
       setval('institutions_inquiry_id_seq', (SELECT max(id) FROM institutions_inquiry));
