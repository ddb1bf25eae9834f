"""Files that leave the house: what goes to the vendor, and what officers take from the queue."""

from requests_app.exports.files import Export, send

__all__ = ["Export", "send"]
