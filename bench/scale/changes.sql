-- 変更履歴 as the triggers would have kept it: of institutions and people when they were made, of requests from draft to
-- acceptance, of the answers of the last rounds.
CREATE FUNCTION pg_temp.by(actor bigint, role text) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('way', 'web', 'request', '', 'actor', actor, 'role', role,
        'name', CASE role WHEN 'institution' THEN '架空 太郎' || actor - 1000 ELSE '見本 一郎' END,
        'username', CASE role WHEN 'institution' THEN 'staff-' || actor - 1000 ELSE 'ministry' END);

INSERT INTO institutions_institutionhistory (pgh_id, pgh_created_at, pgh_label, pgh_actor_id, pgh_institution_id,
    pgh_prefecture_id, pgh_context, code, name, kind, postal_code, address, telephone, contact_person, email, pgh_obj_id,
    prefecture_id)
SELECT nextval('change_number'), created_at, 'insert', 2, id, prefecture_id, pg_temp.by(2, 'operator'), code, name, kind,
       postal_code, address, telephone, contact_person, email, id, prefecture_id
FROM institutions_institution ORDER BY id;

INSERT INTO institutions_userhistory (pgh_id, pgh_created_at, pgh_label, pgh_actor_id, pgh_context, username, name, email, role,
    is_active, pgh_obj_id, prefecture_id)
SELECT nextval('change_number'), created_at, 'insert', 2, pg_temp.by(2, 'operator'), username, name, email, role, is_active,
       id, prefecture_id
FROM institutions_user ORDER BY id;

INSERT INTO requests_app_sosrequesthistory (pgh_id, pgh_created_at, pgh_label, pgh_before, pgh_actor_id, pgh_institution_id,
    pgh_prefecture_id, pgh_context, number, title, status, version, confirmed_terms, opinion, prefecture_note, submitted_at,
    cutoff_at, handled_from, accepted_at, accepted_by_id, campaign_id, created_by_id, institution_id, pgh_obj_id, submitted_by_id,
    withdrawn_at, withdrawn_by_id, withdrawn_reason)
SELECT nextval('change_number'), change.*
FROM (
    SELECT created_at AS at, 'insert', NULL::jsonb, created_by_id, institution_id AS place, prefecture_id,
           pg_temp.by(created_by_id, 'institution'), number, title, 'DRAFT', 1, confirmed_terms, opinion, '',
           NULL::timestamptz, NULL::timestamptz, NULL::date, NULL::timestamptz, NULL::bigint, campaign_id, created_by_id,
           institution_id, id, NULL::bigint, NULL::timestamptz, NULL::bigint, ''
    FROM requests_app_sosrequest
    UNION ALL
    SELECT submitted_at, 'update', jsonb_build_object('status', 'DRAFT', 'submitted_at', NULL, 'submitted_by_id', NULL,
               'cutoff_at', NULL, 'handled_from', NULL), created_by_id, institution_id, prefecture_id,
           pg_temp.by(created_by_id, 'institution'), number, title, 'UNDER_REVIEW', 1, confirmed_terms, opinion, '', submitted_at,
           cutoff_at, handled_from, NULL, NULL, campaign_id, created_by_id, institution_id, id, submitted_by_id, NULL, NULL, ''
    FROM requests_app_sosrequest WHERE submitted_at IS NOT NULL
    UNION ALL
    SELECT accepted_at, 'update', jsonb_build_object('status', 'UNDER_REVIEW', 'accepted_at', NULL, 'accepted_by_id', NULL),
           accepted_by_id, institution_id, prefecture_id, pg_temp.by(accepted_by_id, 'ministry'), number, title, 'ACCEPTED', 1,
           confirmed_terms, opinion, '', submitted_at, cutoff_at, handled_from, accepted_at, accepted_by_id, campaign_id,
           created_by_id, institution_id, id, submitted_by_id, NULL, NULL, ''
    FROM requests_app_sosrequest WHERE status = 'ACCEPTED'
    UNION ALL
    SELECT withdrawn_at, 'update', '{"withdrawn_at": null, "withdrawn_by_id": null, "withdrawn_reason": ""}', withdrawn_by_id,
           institution_id, prefecture_id, pg_temp.by(withdrawn_by_id, 'institution'), number, title, status, version,
           confirmed_terms, opinion, '', submitted_at, cutoff_at, handled_from, NULL, NULL, campaign_id, created_by_id,
           institution_id, id, submitted_by_id, withdrawn_at, withdrawn_by_id, withdrawn_reason
    FROM requests_app_sosrequest WHERE withdrawn_at IS NOT NULL
    ORDER BY at
) AS change;

INSERT INTO surveys_surveyresponsehistory (pgh_id, pgh_created_at, pgh_label, pgh_actor_id, pgh_institution_id,
    pgh_prefecture_id, pgh_context, version, answered_at, answered_by_id, institution_id, pgh_obj_id, round_id, answered_as)
SELECT nextval('change_number'), answered_at, 'insert', answered_by_id, institution_id, prefecture_id,
       pg_temp.by(answered_by_id, 'institution'), version, answered_at, answered_by_id, institution_id, response.id, round_id,
       answered_as
FROM given, surveys_surveyresponse AS response JOIN institutions_institution AS place ON place.id = institution_id
WHERE round_id > this_week - 3 ORDER BY answered_at;
