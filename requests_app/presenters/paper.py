"""A request on paper: the sheet that people print, as a PDF to keep."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from requests_app.presenters.record import Record
from sosportal.lib import pdf

MOST_NAME = 40  # characters of the institution's name in the file's name


def as_pdf(request: HttpRequest, record: Record) -> HttpResponse:
    """The sheet of a record as a file. Where none can be made, on to the page to print; 503 while too many are made.

    All queries are made before the PDF is begun, outside any transaction.
    """
    if pdf.lacking():
        return HttpResponseRedirect(reverse("request_print", args=[record.request.number]))
    html = render_to_string("requests/pdf.html", {"record": record}, request)
    try:
        made = pdf.render(html)
    except pdf.Busy:
        return render(request, "503.html", status=503)
    return pdf.respond(made, f"要請{record.request.number}_{record.request.institution.name[:MOST_NAME]}")
