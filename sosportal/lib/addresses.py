"""Addresses that come in with a request."""

from __future__ import annotations

from django.utils.http import url_has_allowed_host_and_scheme


def own_path(text: str) -> str:
    """`text` if it is a path on this site, else "": where a `?next=` may lead."""
    if text.startswith("/") and url_has_allowed_host_and_scheme(text, allowed_hosts=None):
        return text
    return ""
