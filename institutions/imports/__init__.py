"""Lists of institutions and people into the database."""

from institutions.imports.institutions import import_institutions
from institutions.imports.users import create_user, import_users, is_known

__all__ = ["create_user", "import_institutions", "import_users", "is_known"]
