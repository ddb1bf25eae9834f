"""Lists that come in: what the vendor sent."""

from requests_app.imports.shipments import (
    ShipmentList,
    import_shipments,
    read_shipments,
    record_shipments,
)

__all__ = ["ShipmentList", "import_shipments", "read_shipments", "record_shipments"]
