"""Lists of institutions and people into the database."""

from institutions.imports.institutions import import_institutions

__all__ = ["import_institutions"]
