"""Paths of the requests, below `/requests/`."""

from __future__ import annotations

from django.urls import path

from requests_app.views import applying, filing, following, listing, receiving, record, talking, withdrawing

urlpatterns = [
    path("", listing.request_list, name="request_list"),
    path("file/", listing.request_file, name="request_file"),
    path("new/", listing.request_new, name="request_new"),
    path("new/<str:code>/", filing.create, name="request_create"),
    path("<str:number>/", record.detail, name="request_detail"),
    path("<str:number>/edit/", filing.edit, name="request_edit"),
    path("<str:number>/submit/", applying.submit, name="request_submit"),
    path("<str:number>/withdraw/", withdrawing.withdraw, name="request_withdraw"),
    path("<str:number>/questions/<int:question>/answer/", talking.answer, name="request_answer"),
    path("<str:number>/parcels/<int:parcel>/receive/", receiving.receive, name="request_receive"),
    path("<str:number>/follow/", following.follow, name="request_follow"),
    path("<str:number>/print/", record.printed, name="request_print"),
    path("<str:number>/pdf/", record.pdf, name="request_pdf"),
]
