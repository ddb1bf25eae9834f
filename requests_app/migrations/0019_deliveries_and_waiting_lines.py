"""What waits for its hand-off, what was delivered and what a decision came to stand in tables that the database keeps:
a page costs what it shows, a hand-off what it hands off.
"""

import django.db.models.deletion
from django.db import migrations, models

from sosportal.lib import guards

HOLD = """
LOCK TABLE requests_app_sosrequest, requests_app_lineoutcome, requests_app_handoffrow, requests_app_shipment,
    requests_app_receipt IN SHARE ROW EXCLUSIVE MODE
"""
EMPTY = "DELETE FROM requests_app_undecidedline"

# --- What waits ---------------------------------------------------------------------------------------------------

NOTE_UNDECIDED = """
CREATE OR REPLACE FUNCTION note_undecided_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO requests_app_undecidedline (line_id%s)
        SELECT id%s FROM requests_app_requestline WHERE request_id = NEW.id AND accepted_quantity > 0;
    RETURN NULL;
END $$;
"""
NOTE_DECIDED = """
CREATE OR REPLACE FUNCTION note_decided_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM requests_app_undecidedline WHERE line_id IN (SELECT line_id FROM made);
    %s
    RETURN NULL;
END $$;
"""
# A decision writes its outcomes in several statements.
SUM_UP = """
    INSERT INTO requests_app_decisionsums AS sums (decision_id, given, "full", reduced, declined)
        SELECT decision_id, sum(quantity), count(*) FILTER (WHERE outcome = 'FULL'),
            count(*) FILTER (WHERE outcome = 'REDUCED'), count(*) FILTER (WHERE outcome = 'DECLINED')
        FROM {made} GROUP BY decision_id
    ON CONFLICT (decision_id) DO UPDATE SET given = sums.given + excluded.given, "full" = sums."full" + excluded."full",
        reduced = sums.reduced + excluded.reduced, declined = sums.declined + excluded.declined;
"""
WAIT_FOR_HAND_OFF = (
    "INSERT INTO requests_app_unhandedline (line_id) SELECT line_id FROM made WHERE quantity > 0;"
)

WAITING = NOTE_UNDECIDED % (
    ", item_id, cutoff_at, asked, accepted",
    ", item_id, NEW.cutoff_at, coalesce(quantity, 0), accepted_quantity",
) + NOTE_DECIDED % (WAIT_FOR_HAND_OFF + SUM_UP.format(made="made"))
AS_BEFORE = NOTE_UNDECIDED % ("", "") + NOTE_DECIDED % ""

# --- What was handed off ------------------------------------------------------------------------------------------

HAND_OFF_DAY = """
    SELECT (hand_off.made_at AT TIME ZONE 'Asia/Tokyo')::date FROM requests_app_handoffrow handed
    JOIN requests_app_handoff hand_off ON hand_off.id = handed.hand_off_id
    WHERE handed.line_id = delivery.line_id AND handed.whole
"""
BEGIN_DELIVERIES = """
    INSERT INTO requests_app_delivery (line_id, request_id, item_id, prefecture_id, handed, shipped, received, unshipped,
            shipped_otherwise, received_otherwise, differs_from)
        SELECT handed.line_id, line.request_id, line.item_id, request.prefecture_id, handed.quantity, 0, 0, true,
            false, false, (hand_off.made_at AT TIME ZONE 'Asia/Tokyo')::date
        FROM {made} handed JOIN requests_app_handoff hand_off ON hand_off.id = handed.hand_off_id
        JOIN requests_app_requestline line ON line.id = handed.line_id
        JOIN requests_app_sosrequest request ON request.id = line.request_id
        WHERE handed.whole;
"""
# Of each parcel its last version counts; its receipt stands with the first. A receipt may take seven days.
SUM_UP_DELIVERIES = """
    UPDATE requests_app_delivery AS delivery SET shipped = sums.shipped, received = sums.received, unshipped = false,
        shipped_otherwise = sums.shipped <> delivery.handed, received_otherwise = sums.otherwise,
        unreceived_since = sums.since,
        differs_from = CASE WHEN sums.shipped <> delivery.handed OR sums.otherwise THEN ({day}) ELSE sums.since + 8 END
    FROM (
        SELECT line_id, sum(quantity) AS shipped, coalesce(sum(arrived), 0) AS received,
            coalesce(bool_or(arrived <> quantity), false) AS otherwise, min(shipped_on) FILTER (WHERE arrived IS NULL) AS since
        FROM (
            SELECT DISTINCT ON (parcel.line_id, parcel.slip_number) parcel.line_id, parcel.quantity, parcel.shipped_on,
                receipt.quantity AS arrived
            FROM requests_app_shipment parcel
            JOIN requests_app_shipment first ON first.line_id = parcel.line_id
                AND first.slip_number = parcel.slip_number AND first.version = 1
            LEFT JOIN requests_app_receipt receipt ON receipt.shipment_id = first.id
            WHERE parcel.line_id IN ({lines})
            ORDER BY parcel.line_id, parcel.slip_number, parcel.version DESC
        ) AS parcels GROUP BY line_id
    ) AS sums WHERE delivery.line_id = sums.line_id;
"""


def summed_up(lines: str) -> str:
    """The deliveries of these lines, anew."""
    return SUM_UP_DELIVERIES.format(lines=lines, day=HAND_OFF_DAY)


def trigger(name: str, table: str, body: str) -> str:
    """After the rows of a statement were inserted, which `body` knows as `made`."""
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {body}
    RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""


NO_LONGER_WAITING = (
    "DELETE FROM requests_app_unhandedline WHERE line_id IN (SELECT line_id FROM made WHERE whole);"
)
RECEIVED_LINES = (
    "SELECT parcel.line_id FROM made JOIN requests_app_shipment parcel ON parcel.id = made.shipment_id"
)
MOVE_DELIVERIES = """
CREATE FUNCTION move_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE requests_app_delivery SET prefecture_id = NEW.prefecture_id WHERE request_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER move_deliveries AFTER UPDATE ON requests_app_sosrequest
    FOR EACH ROW WHEN (OLD.prefecture_id IS DISTINCT FROM NEW.prefecture_id) EXECUTE FUNCTION move_deliveries();
"""
DELIVERIES = (
    trigger(
        "note_handed_lines",
        "requests_app_handoffrow",
        NO_LONGER_WAITING + BEGIN_DELIVERIES.format(made="made"),
    )
    + trigger("note_shipments", "requests_app_shipment", summed_up("SELECT line_id FROM made"))
    + trigger("note_receipts", "requests_app_receipt", summed_up(RECEIVED_LINES))
    + MOVE_DELIVERIES
)
NOT_ANY_MORE = "".join(
    f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();"
    for name, table in (
        ("move_deliveries", "requests_app_sosrequest"),
        ("note_receipts", "requests_app_receipt"),
        ("note_shipments", "requests_app_shipment"),
        ("note_handed_lines", "requests_app_handoffrow"),
    )
)

WHAT_WAITS_NOW = """
INSERT INTO requests_app_undecidedline (line_id, item_id, cutoff_at, asked, accepted)
    SELECT line.id, line.item_id, request.cutoff_at, coalesce(line.quantity, 0), line.accepted_quantity
    FROM requests_app_requestline line
    JOIN requests_app_sosrequest request ON request.id = line.request_id AND request.status = 'ACCEPTED'
    WHERE line.accepted_quantity > 0
        AND NOT EXISTS (SELECT FROM requests_app_lineoutcome outcome WHERE outcome.line_id = line.id);
INSERT INTO requests_app_unhandedline (line_id)
    SELECT line_id FROM requests_app_lineoutcome outcome WHERE quantity > 0 AND NOT EXISTS
        (SELECT FROM requests_app_handoffrow handed WHERE handed.line_id = outcome.line_id AND handed.whole);
"""
WHAT_STANDS_NOW = (
    WHAT_WAITS_NOW
    + SUM_UP.format(made="requests_app_lineoutcome")
    + BEGIN_DELIVERIES.format(made="requests_app_handoffrow")
    + summed_up("SELECT line_id FROM requests_app_shipment")
)


class Migration(migrations.Migration):
    dependencies = [
        ("institutions", "0009_entry_by_proxy"),
        ("requests_app", "0018_published_tables"),
        ("surveys", "0005_entry_by_proxy"),
    ]

    operations = [
        # Whoever writes one of these waits until the triggers are the new ones.
        migrations.RunSQL(HOLD, migrations.RunSQL.noop),
        migrations.RunSQL(EMPTY, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="DecisionSums",
            fields=[
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="sums",
                        serialize=False,
                        to="requests_app.allocationdecision",
                        verbose_name="配布の決定",
                    ),
                ),
                ("given", models.PositiveBigIntegerField(verbose_name="配布する数量")),
                ("full", models.PositiveIntegerField(verbose_name="配布")),
                ("reduced", models.PositiveIntegerField(verbose_name="減量")),
                ("declined", models.PositiveIntegerField(verbose_name="見送り")),
            ],
            options={
                "verbose_name": "配布の決定の集計",
                "verbose_name_plural": "配布の決定の集計",
            },
        ),
        migrations.DeleteModel(
            name="Delivery",
        ),
        migrations.CreateModel(
            name="UnhandedLine",
            fields=[
                (
                    "line_id",
                    models.BigIntegerField(primary_key=True, serialize=False, verbose_name="要請の物資"),
                ),
            ],
            options={
                "verbose_name": "引き渡していない物資",
                "verbose_name_plural": "引き渡していない物資",
            },
        ),
        migrations.AddField(
            model_name="undecidedline",
            name="accepted",
            field=models.PositiveIntegerField(verbose_name="国の受付"),
        ),
        migrations.AddField(
            model_name="undecidedline",
            name="asked",
            field=models.PositiveIntegerField(verbose_name="要請数量"),
        ),
        migrations.AddField(
            model_name="undecidedline",
            name="cutoff_at",
            field=models.DateTimeField(verbose_name="締切"),
        ),
        migrations.AddField(
            model_name="undecidedline",
            name="item_id",
            field=models.BigIntegerField(verbose_name="物資"),
        ),
        migrations.AddIndex(
            model_name="undecidedline",
            index=models.Index(fields=["item_id", "cutoff_at"], name="undecided_of_round"),
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "line",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="delivery",
                        serialize=False,
                        to="requests_app.requestline",
                        verbose_name="明細",
                    ),
                ),
                ("handed", models.PositiveIntegerField(verbose_name="配布の決定")),
                ("shipped", models.PositiveBigIntegerField(default=0, verbose_name="発送")),
                ("received", models.PositiveBigIntegerField(default=0, verbose_name="受領")),
                ("unshipped", models.BooleanField(default=True, verbose_name="まだ発送なし")),
                (
                    "shipped_otherwise",
                    models.BooleanField(default=False, verbose_name="発送が配布の決定と違う"),
                ),
                (
                    "received_otherwise",
                    models.BooleanField(default=False, verbose_name="届いた数量が発送と違う"),
                ),
                (
                    "unreceived_since",
                    models.DateField(blank=True, null=True, verbose_name="受領の確認を待つ最初の発送日"),
                ),
                ("differs_from", models.DateField(blank=True, null=True, verbose_name="差のある日")),
                (
                    "item",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="surveys.item",
                        verbose_name="物資",
                    ),
                ),
                (
                    "prefecture",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="institutions.prefecture",
                        verbose_name="都道府県",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="requests_app.sosrequest",
                        verbose_name="要請",
                    ),
                ),
            ],
            options={
                "verbose_name": "発送と受領",
                "verbose_name_plural": "発送と受領",
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("request"), descending=True),
                        models.OrderBy(models.F("item")),
                        name="delivery_newest",
                    ),
                    models.Index(
                        models.F("prefecture"),
                        models.OrderBy(models.F("request"), descending=True),
                        models.OrderBy(models.F("item")),
                        name="delivery_newest_there",
                    ),
                    models.Index(
                        models.OrderBy(models.F("request"), descending=True),
                        models.OrderBy(models.F("item")),
                        condition=models.Q(("unshipped", True)),
                        name="delivery_unshipped",
                    ),
                    models.Index(
                        models.F("prefecture"),
                        models.OrderBy(models.F("request"), descending=True),
                        models.OrderBy(models.F("item")),
                        condition=models.Q(("unshipped", True)),
                        name="delivery_unshipped_there",
                    ),
                    models.Index(
                        models.OrderBy(models.F("request"), descending=True),
                        models.OrderBy(models.F("item")),
                        condition=models.Q(("shipped_otherwise", True)),
                        name="delivery_shipped",
                    ),
                    models.Index(
                        models.F("prefecture"),
                        models.OrderBy(models.F("request"), descending=True),
                        models.OrderBy(models.F("item")),
                        condition=models.Q(("shipped_otherwise", True)),
                        name="delivery_shipped_there",
                    ),
                    models.Index(
                        models.OrderBy(models.F("request"), descending=True),
                        models.OrderBy(models.F("item")),
                        condition=models.Q(("received_otherwise", True)),
                        name="delivery_received",
                    ),
                    models.Index(
                        models.F("prefecture"),
                        models.OrderBy(models.F("request"), descending=True),
                        models.OrderBy(models.F("item")),
                        condition=models.Q(("received_otherwise", True)),
                        name="delivery_received_there",
                    ),
                    models.Index(
                        models.F("unreceived_since"),
                        models.OrderBy(models.F("request"), descending=True),
                        models.OrderBy(models.F("item")),
                        condition=models.Q(("unreceived_since__isnull", False)),
                        name="delivery_waiting",
                    ),
                    models.Index(
                        models.F("prefecture"),
                        models.F("unreceived_since"),
                        models.OrderBy(models.F("request"), descending=True),
                        models.OrderBy(models.F("item")),
                        condition=models.Q(("unreceived_since__isnull", False)),
                        name="delivery_waiting_there",
                    ),
                    models.Index(
                        models.F("differs_from"),
                        models.OrderBy(models.F("request"), descending=True),
                        models.OrderBy(models.F("item")),
                        condition=models.Q(("differs_from__isnull", False)),
                        name="delivery_differs",
                    ),
                    models.Index(
                        models.F("prefecture"),
                        models.F("differs_from"),
                        models.OrderBy(models.F("request"), descending=True),
                        models.OrderBy(models.F("item")),
                        condition=models.Q(("differs_from__isnull", False)),
                        name="delivery_differs_there",
                    ),
                ],
            },
        ),
        migrations.RunSQL(WAITING, AS_BEFORE),
        migrations.RunSQL(DELIVERIES, NOT_ANY_MORE),
        migrations.RunSQL(WHAT_STANDS_NOW, migrations.RunSQL.noop),
        *guards.keep_rows("requests_app_delivery"),
        *guards.keep_rows("requests_app_decisionsums"),
    ]
