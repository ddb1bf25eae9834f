"""Tables of the institutions app."""

from institutions.models.institution import Institution, InstitutionKind, Prefecture, Suspension
from institutions.models.user import Membership, Role, User

__all__ = ["Institution", "InstitutionKind", "Membership", "Prefecture", "Role", "Suspension", "User"]
