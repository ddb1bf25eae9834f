"""The URLs that no section explains, looked through by hand: each group says why. `*` stands for any letters."""

from __future__ import annotations

WITHOUT = (
    # The guides themselves, and the way to them.
    "manual",
    "guides",
    "guide_sheet",
    "guide_chapter",
    # No pages: for machines, files, and addresses that only lead on.
    "health",
    "survey_sheet_template",
    "public_progress_file",
    "proxy_end*",
    "institution",
    "admin:jsi18n",
    "admin:login",
    "admin:logout",
    "admin:view_on_site",
    "admin:progress_export",
    # The same for everybody who asks, and says itself what its figures mean.
    "public_progress",
    # Django's and allauth's own, which the portal does not have.
    "account_signup",
    "account_email*",
    "account_confirm_*",
    "account_set_password",
    "account_request_login_code",
    "admin:autocomplete",
    "admin:password_change*",
    "admin:*_delete",
)
