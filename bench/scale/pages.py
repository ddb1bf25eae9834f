"""The pages that are measured: (who, address). `{}` parts are filled in from the country by `bench.scale.answering`."""

from __future__ import annotations

MINISTRY, TOKYO, SMALL = "ministry", "officer-13", "officer-47"
QUEUE = "/admin/requests_app/sosrequest/"


def _queue(query: str = "", who: str = MINISTRY) -> tuple[str, str]:
    return who, f"{QUEUE}?{query}"


PAGES: dict[str, tuple[str, str]] = {
    "queue, ministry": _queue(),
    "queue, prefecture": _queue(who=TOKYO),
    "all statuses": _queue("status=all"),
    **{f"status {each}": _queue(f"status={each}") for each in ("DRAFT", "ERROR", "UNDER_REVIEW", "ACCEPTED")},
    "accepted, prefecture": _queue("status=ACCEPTED", TOKYO),
    "this round": _queue("round=this"),
    "earlier rounds": _queue("round=earlier"),
    "late": _queue("late=yes"),
    "late, prefecture": _queue("late=yes", TOKYO),
    **{f"waiting {each} days": _queue(f"waited={each}") for each in (3, 7)},
    **{f"stage {each}": _queue(f"stage={each}") for each in ("unconfirmed", "again", "confirmed")},
    "no telephone check": _queue("telephone=no"),
    **{f"stock below {each}": _queue(f"weeks={each}") for each in (1, 2, 3)},
    "stock below 1, prefecture": _queue("weeks=1", TOKYO),
    **{f"item {each}": _queue(f"item={each}") for each in (1, 2, 3, 4, 5)},
    "prefecture 13": _queue("prefecture=13"),
    "prefecture 27": _queue("prefecture=27"),
    "four filters": _queue("stage=unconfirmed&weeks=2&item=5&telephone=no"),
    "four filters, few rows": _queue("stage=again&weeks=1&item=3&telephone=yes"),
    "date: year": _queue("day={year}&status=all"),
    "date: month": _queue("day={month}&status=all"),
    "date: day": _queue("day={day}&status=all"),
    "date: day under review": _queue("day={day}"),
    "search: rare name": _queue("q=稀有ふくろう"),
    "search: 病院": _queue("q=病院"),
    "search: 薬局": _queue("q=薬局"),
    "search: one letter": _queue("q=科"),
    "search: two words": _queue("q=桜 薬局"),
    "search: 病院, prefecture": _queue("q=病院", TOKYO),
    "search: 病院, under review": _queue("q=病院&status=UNDER_REVIEW"),
    "search: code": _queue("q={code}"),
    "search: begin of codes": _queue("q=131"),
    "search: number": _queue("q={number}"),
    "search: number without hyphen": _queue("q={plain}"),
    "search: a month's numbers": _queue("q={series}"),
    "search: nothing found": _queue("q=鸞鸞鸞"),
    "search: nothing found, one letter": _queue("q=鸞"),
    "page 2": _queue("p=2"),
    "page 20": _queue("p=20"),
    "page 20, all statuses": _queue("p=20&status=all"),
    "page 10,000": _queue("p=10000&status=all"),
    "further on": _queue("older={older}&status=all"),
    "sorted: oldest first": _queue("o={submitted}"),
    "sorted: prefecture": _queue("o={prefecture}"),
    "sorted: prefecture, backwards": _queue("o=-{prefecture}"),
    "sorted: stock": _queue("o={stock}"),
    "sorted: stock, backwards": _queue("o=-{stock}"),
    "sorted: stock, prefecture": _queue("o={stock_there}", TOKYO),
    "unknown value": _queue("weeks=99"),
    "request under review": (MINISTRY, f"{QUEUE}{{waiting}}/change/"),
    "request under review, prefecture": (TOKYO, f"{QUEUE}{{waiting_there}}/change/"),
    "request accepted": (MINISTRY, f"{QUEUE}{{accepted}}/change/"),
}
