"""Who these pages are for: as on the floor below."""

from institutions.views.access import acting, institution_staff, looking, may_open, staff_or_proxy

__all__ = ["acting", "institution_staff", "looking", "may_open", "staff_or_proxy"]
