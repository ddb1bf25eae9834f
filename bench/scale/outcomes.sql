-- What came of the accepted requests: decided cut-off by cut-off (全量配布), handed off, sent, received. The last cut-offs
-- wait for a decision, those before them for the vendor. The digests of the decisions are computed by `filling`.
CREATE TEMP TABLE settled AS
SELECT line.id AS line, line.item_id, line.accepted_quantity AS quantity, request.id AS request, request.number,
       request.cutoff_at, request.submitted_at, request.accepted_at, request.institution_id,
       epoch + (this_week - 2) * interval '7 days' AS handed_until, epoch + (this_week - 4) * interval '7 days' AS sent_until
FROM given, requests_app_requestline AS line JOIN requests_app_sosrequest AS request ON request.id = line.request_id
WHERE request.status = 'ACCEPTED' AND line.accepted_quantity > 0
  AND request.cutoff_at < epoch + (this_week - 1) * interval '7 days';
ANALYZE settled;

CREATE TEMP TABLE decided AS
SELECT row_number() OVER (ORDER BY cutoff_at, item_id) AS id, item_id, cutoff_at, sum(quantity) AS available,
       least(max(accepted_at) + interval '1 hour', now) AS decided_at
FROM given, settled GROUP BY item_id, cutoff_at, now;

INSERT INTO requests_app_allocationdecision (id, cutoff_at, available, rule, rule_version, seed, inputs, digest, decided_at,
    note, decided_by_id, item_id)
SELECT decided.id, cutoff_at, available, 'ALL_IN_FULL', 1, '',
       jsonb_build_object('available', available, 'pack_size', pack_size, 'loose', false, 'seed', '',
           'by_hand', '[]'::jsonb, 'claimants', (
               SELECT jsonb_agg(jsonb_build_object('line', line, 'number', number, 'accepted', quantity, 'weeks', NULL,
                   'consumption', NULL, 'agreement', false,
                   'submitted_at', to_char(submitted_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"+09:00"')) ORDER BY line)
               FROM settled WHERE settled.item_id = decided.item_id AND settled.cutoff_at = decided.cutoff_at)),
       '', decided_at, '', 1, item_id
FROM decided JOIN surveys_item AS item ON item.id = decided.item_id ORDER BY decided.id;

INSERT INTO requests_app_lineoutcome (accepted, quantity, outcome, reason, decision_id, line_id)
SELECT quantity, quantity, 'FULL', '在庫の範囲で、受付の数量のとおり配布します。', decided.id, line
FROM settled JOIN decided USING (item_id, cutoff_at) ORDER BY line;

CREATE TEMP TABLE handed AS
SELECT dense_rank() OVER (ORDER BY cutoff_at) AS hand_off, row_number() OVER (PARTITION BY cutoff_at ORDER BY line) AS position,
       settled.*, jsonb_build_array(number, number || '-' || item."order", place.name, code, postal_code, address, telephone,
           contact_person, email, substr('①②③④⑤', item."order", 1) || item.name, unit, quantity) AS cells
FROM settled JOIN institutions_institution AS place ON place.id = institution_id JOIN surveys_item AS item ON item.id = item_id
WHERE cutoff_at < handed_until;
ANALYZE handed;

INSERT INTO requests_app_handoff (id, made_at, vendor, kind, replaced, line_count, row_count, size, sha256, despite_suspension, made_by_id)
SELECT hand_off, max(decided_at), '見本物流', 'utf8', '[]', count(*), count(*), 200 * count(*),
       encode(sha256(hand_off::text::bytea), 'hex'), '', 1
FROM handed JOIN decided USING (item_id, cutoff_at) GROUP BY hand_off ORDER BY hand_off;

INSERT INTO requests_app_handoffrow (position, whole, suspended, quantity, particulars, cells, hand_off_id, line_id)
SELECT position, true, false, quantity, cells, jsonb_build_array(cells), hand_off, line FROM handed ORDER BY line;

INSERT INTO requests_app_exportlog (at, what, filters, kind, replaced, finished_at, row_count, sha256, by_id, hand_off_id)
SELECT made_at, 'hand_off', '', kind, '[]'::jsonb, made_at, row_count, sha256, 1, id FROM requests_app_handoff
UNION ALL
SELECT now - n * interval '1 hour', 'queue', 'status=UNDER_REVIEW', 'xlsx', '[]'::jsonb, now - n * interval '1 hour', 1000,
       encode(sha256(n::text::bytea), 'hex'), 1, NULL FROM given, generate_series(1, requests / 200) AS n;

-- One of thirty is not sent yet, one of fifty is sent short; of the parcels one of twelve is not confirmed, one of fifty short.
INSERT INTO requests_app_shipment (slip_number, version, quantity, shipped_on, carrier, imported_at, file_sha256,
    imported_by_id, line_id)
SELECT lpad(line::text, 12, '0'), 1, CASE WHEN pg_temp.chance(line, 91) < 0.02 THEN greatest(1, quantity - 1) ELSE quantity END,
       (cutoff_at + interval '14 days')::date, '見本運輸', cutoff_at + interval '15 days', repeat('0', 64), 1, line
FROM handed WHERE cutoff_at < sent_until AND pg_temp.chance(line, 90) >= 0.03 ORDER BY line;

INSERT INTO requests_app_receipt (quantity, received_on, comment, confirmed_at, confirmed_by_id, shipment_id)
SELECT CASE WHEN pg_temp.chance(line_id, 93) < 0.02 THEN greatest(0, shipment.quantity - 1) ELSE shipment.quantity END,
       shipped_on + 2, '', imported_at + interval '2 days', 1000 + handed.institution_id, shipment.id
FROM requests_app_shipment AS shipment JOIN handed ON line = line_id WHERE pg_temp.chance(line_id, 92) >= 0.08
ORDER BY shipment.id;

SELECT setval('requests_app_allocationdecision_id_seq', (SELECT max(id) FROM decided)),
       setval('requests_app_handoff_id_seq', (SELECT max(id) FROM requests_app_handoff));
