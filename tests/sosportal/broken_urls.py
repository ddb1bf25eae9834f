"""The portal's paths and some that fail, each in its own way."""

from __future__ import annotations

from typing import NoReturn

import django.db
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import path

from sosportal import urls
from sosportal.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def fails(request: HttpRequest) -> NoReturn:
    raise RuntimeError("架空 太郎 taro@example.jp")


def busy(request: HttpRequest) -> NoReturn:
    raise django.db.OperationalError("FATAL: sorry, too many clients already")


def forbidden(request: HttpRequest) -> NoReturn:
    raise PermissionDenied


urlpatterns = [
    path("fails/", fails),
    path("busy/", busy),
    path("forbidden/", forbidden),
    *urls.urlpatterns,
]
