"""Who these pages are for: as on the floor below."""

from institutions.views.access import acting, institution_staff

__all__ = ["acting", "institution_staff"]
