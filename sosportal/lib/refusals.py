"""The base of what a verb refuses, in every app."""

from __future__ import annotations


class RefusalBase(Exception):
    """Nothing was written; `message` says why and what to do, of the class or given."""

    message = "操作を完了できませんでした。"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.message)
        if message:
            self.message = message

    def __str__(self) -> str:
        return self.message
