"""One request as its pages show it: where it stands, what to do next, what was found, asked, confirmed and accepted."""

from requests_app.presenters.record.standing import Record

__all__ = ["Record"]
