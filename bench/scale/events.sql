-- What happened to each request, verb by verb in their order; the check's record has the shape that the verbs write.
CREATE TEMP TABLE told AS
SELECT *, month || '-' || CASE WHEN rank < 10000 THEN lpad(rank::text, 4, '0') ELSE rank::text END AS number,
       '架空 太郎' || place AS staff, jsonb_build_object('confirmed_terms', true, 'lines', quantities, 'opinion', '') AS content,
       pref_name || ' 見本 三郎' AS officer
FROM asked JOIN held USING (n) JOIN (SELECT code AS prefecture, name AS pref_name FROM institutions_prefecture) AS pref
    USING (prefecture);

INSERT INTO requests_app_requestevent (request_id, number, at, verb, from_status, to_status, actor_id, actor_role, actor_text,
    version, reason, content, changes, check_record)
SELECT n, number, created_at, 'save', '', 'DRAFT', 1000 + place, 'institution', staff, 1, '',
       jsonb_build_object('content', content), '[]', NULL
FROM told ORDER BY n;

INSERT INTO requests_app_requestevent (request_id, number, at, verb, from_status, to_status, actor_id, actor_role, actor_text,
    version, reason, content, changes, check_record)
SELECT n, number, tried_at, 'submit', 'DRAFT', CASE WHEN status = 'ERROR' THEN 'ERROR' ELSE 'UNDER_REVIEW' END, 1000 + place,
       'institution', staff, 1, '',
       jsonb_build_object('content', content) || CASE WHEN submitted
           THEN jsonb_build_object('cutoff_at', cutoff_at, 'handled_from', handled_from) ELSE '{}' END, '[]',
       jsonb_build_object(
           'input', jsonb_build_object('now', tried_at, 'campaign_open', true, 'campaign_name', '個人防護具の緊急配布',
               'rules', jsonb_build_object('version', 1, 'survey_valid_days', 7, 'max_weeks_of_stock', NULL,
                   'weeks_of_stock_severity', 'ERROR', 'max_weeks_requested', '4.00', 'weeks_requested_severity', 'WARNING',
                   'pack_severity', 'WARNING'),
               'institution', jsonb_build_object('name', name, 'suspended', false),
               'last_answered_at', CASE WHEN status <> 'ERROR' THEN answered_at END, 'answer_id', NULL, 'answer_version', 1,
               'lines', lines),
           'result', jsonb_build_object('ok', status <> 'ERROR', 'passed', '[]'::jsonb, 'not_judged', '[]'::jsonb,
               'findings', CASE WHEN status <> 'ERROR' THEN findings ELSE findings || jsonb_build_array(jsonb_build_object(
                   'rule', 'R4', 'severity', 'ERROR', 'message', '今週の週次調査の回答がありません', 'advice', '調査に回答してください。',
                   'looked_at', '回答なし', 'place', 'survey', 'item_id', NULL)) END))
FROM told WHERE status <> 'DRAFT' ORDER BY n;

INSERT INTO requests_app_requestevent (request_id, number, at, verb, from_status, to_status, actor_id, actor_role, actor_text,
    version, reason, content, changes, check_record)
SELECT n, number, called_at, 'telephone', 'UNDER_REVIEW', 'UNDER_REVIEW', 2 + prefecture::int, 'prefecture', officer, 1, '',
       '{"whom": "物品管理の担当者", "what": "在庫の数を確かめた。"}', '[]', NULL
FROM told WHERE called ORDER BY n;

INSERT INTO requests_app_requestevent (request_id, number, at, verb, from_status, to_status, actor_id, actor_role, actor_text,
    version, reason, content, changes, check_record)
SELECT n, number, confirmed_at, 'confirm', 'UNDER_REVIEW', 'UNDER_REVIEW', 2 + prefecture::int, 'prefecture', officer, 1, '',
       jsonb_build_object('confirmed', granted, 'note', ''), '[]', NULL
FROM told WHERE confirmed OR again ORDER BY n;

INSERT INTO requests_app_requestevent (request_id, number, at, verb, from_status, to_status, actor_id, actor_role, actor_text,
    version, reason, content, changes, check_record)
SELECT n, number, confirmed_at, 'revise', 'UNDER_REVIEW', 'UNDER_REVIEW', 1000 + place, 'institution', staff, 2, '',
       jsonb_build_object('content', content, 'confirmation_withdrawn', true),
       jsonb_build_array(jsonb_build_object('item_id', an_item, 'before', (quantities ->> an_item::text)::int + 100,
           'after', (quantities ->> an_item::text)::int, 'ticked', '[true, true]'::jsonb)),
       jsonb_build_object(
           'input', jsonb_build_object('now', confirmed_at, 'campaign_open', true, 'campaign_name', '個人防護具の緊急配布',
               'rules', jsonb_build_object('version', 1, 'survey_valid_days', 7, 'max_weeks_of_stock', NULL,
                   'weeks_of_stock_severity', 'ERROR', 'max_weeks_requested', '4.00', 'weeks_requested_severity', 'WARNING',
                   'pack_severity', 'WARNING'),
               'institution', jsonb_build_object('name', name, 'suspended', false), 'last_answered_at', answered_at,
               'answer_id', NULL, 'answer_version', 1, 'lines', lines),
           'result', jsonb_build_object('ok', true, 'passed', '[]'::jsonb, 'not_judged', '[]'::jsonb, 'findings', findings))
FROM told WHERE again ORDER BY n;

INSERT INTO requests_app_requestevent (request_id, number, at, verb, from_status, to_status, actor_id, actor_role, actor_text,
    version, reason, content, changes, check_record)
SELECT n, number, accepted_at, 'accept', 'UNDER_REVIEW', 'ACCEPTED', 1, 'ministry', '国 見本 一郎', 1,
       CASE WHEN confirmed THEN '' ELSE '緊急のため' END,
       jsonb_build_object('accepted', CASE WHEN confirmed THEN granted ELSE quantities END, 'without_confirmation', NOT confirmed),
       '[]', NULL
FROM told WHERE status = 'ACCEPTED' ORDER BY n;

INSERT INTO requests_app_requestevent (request_id, number, at, verb, from_status, to_status, actor_id, actor_role, actor_text,
    version, reason, content, changes, check_record)
SELECT n, number, withdrawn_at, 'withdraw', status, status, 1000 + place, 'institution', staff, CASE WHEN again THEN 2 ELSE 1 END,
       '納品があったため。', '{"questions": [], "concerned": []}', '[]', NULL
FROM told WHERE withdrawn ORDER BY n;
