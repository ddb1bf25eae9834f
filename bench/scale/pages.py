"""The pages that are measured: (who, address). `{}` parts are filled in from the country by `bench.scale.places`."""

from __future__ import annotations

MINISTRY, OPERATOR, TOKYO, SMALL = "ministry", "operator", "officer-13", "officer-47"
QUEUE = "/admin/requests_app/sosrequest/"
DECISIONS, HANDOFFS = "/admin/requests_app/allocationdecision/", "/admin/requests_app/handoff/"
DELIVERIES, EXPORTS = "/admin/requests_app/delivery/", "/admin/requests_app/exportlog/"
INQUIRIES, ANNOUNCEMENTS = "/admin/institutions/inquiry/", "/admin/institutions/announcement/"
INSTITUTIONS, PEOPLE = "/admin/institutions/institution/", "/admin/institutions/user/"
SUSPENSIONS, ANSWERS = "/admin/institutions/suspension/", "/admin/surveys/surveyresponse/"
CHANGES, PROGRESS = "/admin/changes/", "/admin/progress/"


def _queue(query: str = "", who: str = MINISTRY) -> tuple[str, str]:
    return who, f"{QUEUE}?{query}"


QUEUE_PAGES: dict[str, tuple[str, str]] = {
    "queue, ministry": _queue(),
    "queue, prefecture": _queue(who=TOKYO),
    "all statuses": _queue("status=all"),
    **{f"status {each}": _queue(f"status={each}") for each in ("DRAFT", "ERROR", "UNDER_REVIEW", "ACCEPTED")},
    "withdrawn": _queue("status=withdrawn"),
    "withdrawn, prefecture": _queue("status=withdrawn", TOKYO),
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
    "four filters, few rows": _queue("stage=again&weeks=2&item=5&telephone=no"),
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
    "question open": _queue("question=open"),
    "question answered, not seen": _queue("question=answered"),
    "question open, prefecture": _queue("question=open", TOKYO),
    "unknown value": _queue("weeks=99"),
    "request under review": (MINISTRY, f"{QUEUE}{{waiting}}/change/"),
    "request under review, prefecture": (TOKYO, f"{QUEUE}{{waiting_there}}/change/"),
    "request accepted": (MINISTRY, f"{QUEUE}{{accepted}}/change/"),
}

AFTERWARDS: dict[str, tuple[str, str]] = {
    "decisions": (MINISTRY, DECISIONS),
    "decisions of an item": (MINISTRY, f"{DECISIONS}?item__id__exact=5"),
    "proposal": (MINISTRY, f"{DECISIONS}propose/?item=5&cutoff={{cutoff}}"),
    "decision": (MINISTRY, f"{DECISIONS}{{decision}}/change/"),
    "hand-offs": (MINISTRY, HANDOFFS),
    "hand-off to be made": (MINISTRY, f"{HANDOFFS}new/"),
    "hand-off": (MINISTRY, f"{HANDOFFS}{{hand_off}}/change/"),
    "exports": (MINISTRY, EXPORTS),
    "deliveries": (MINISTRY, DELIVERIES),
    "deliveries, prefecture": (TOKYO, DELIVERIES),
    **{
        f"deliveries: {each}": (MINISTRY, f"{DELIVERIES}?difference={each}")
        for each in ("any", "unshipped", "shipped", "received", "late", "waiting")
    },
    "deliveries: any, prefecture": (TOKYO, f"{DELIVERIES}?difference=any"),
    "deliveries of an item": (MINISTRY, f"{DELIVERIES}?item=1"),
    "deliveries: a rare name": (MINISTRY, f"{DELIVERIES}?q=稀有ふくろう"),
    "deliveries: 病院": (MINISTRY, f"{DELIVERIES}?q=病院"),
    "deliveries: number": (MINISTRY, f"{DELIVERIES}?q={{number}}"),
}

DESK: dict[str, tuple[str, str]] = {
    "inquiries": (MINISTRY, INQUIRIES),
    "inquiries, prefecture": (TOKYO, INQUIRIES),
    **{
        f"inquiries: {each}": (MINISTRY, f"{INQUIRIES}?{each}")
        for each in (
            "state=waiting",
            "state=answered",
            "state=mine",
            "waiting=7",
            "subject=login",
            "desk=ministry",
        )
    },
    "inquiries: prefecture 13": (MINISTRY, f"{INQUIRIES}?prefecture=13"),
    "inquiries: a rare name": (MINISTRY, f"{INQUIRIES}?q=稀有ふくろう"),
    "inquiries: 病院": (MINISTRY, f"{INQUIRIES}?q=病院"),
    "inquiry": (MINISTRY, f"{INQUIRIES}{{inquiry}}/change/"),
    "announcements": (MINISTRY, ANNOUNCEMENTS),
    "announcements, prefecture": (TOKYO, ANNOUNCEMENTS),
    **{
        f"announcements: {each}": (MINISTRY, f"{ANNOUNCEMENTS}?{each}")
        for each in (
            "stage=ahead",
            "stage=now",
            "stage=over",
            "stage=withdrawn",
            "issuer=ministry",
            "important=yes",
        )
    },
    "announcements: search": (MINISTRY, f"{ANNOUNCEMENTS}?q=番目"),
    "announcement": (MINISTRY, f"{ANNOUNCEMENTS}{{announcement}}/change/"),
    "institutions": (MINISTRY, INSTITUTIONS),
    "institutions, prefecture": (TOKYO, INSTITUTIONS),
    "institutions: kind": (MINISTRY, f"{INSTITUTIONS}?kind__exact=hospital"),
    "institutions: prefecture 13": (MINISTRY, f"{INSTITUTIONS}?prefecture__code__exact=13"),
    **{
        f"institutions: {each}": (MINISTRY, f"{INSTITUTIONS}?q={each}")
        for each in ("稀有ふくろう", "病院", "科", "131")
    },
    "institutions: 病院, prefecture": (TOKYO, f"{INSTITUTIONS}?q=病院"),
    "institution": (MINISTRY, f"{INSTITUTIONS}{{institution}}/change/"),
    "people": (OPERATOR, PEOPLE),
    "people: role": (OPERATOR, f"{PEOPLE}?role__exact=prefecture"),
    "people: disabled": (OPERATOR, f"{PEOPLE}?is_active__exact=0"),
    "people: user name": (OPERATOR, f"{PEOPLE}?q=officer-13"),
    "people: name": (OPERATOR, f"{PEOPLE}?q=太郎"),
    "people: nobody": (OPERATOR, f"{PEOPLE}?q=鸞鸞"),
    "person": (OPERATOR, f"{PEOPLE}{{person}}/change/"),
    "suspensions": (MINISTRY, SUSPENSIONS),
    "suspensions in force": (MINISTRY, f"{SUSPENSIONS}?state=now"),
    "answers": (MINISTRY, ANSWERS),
    "answers, prefecture": (TOKYO, ANSWERS),
    "changes": (MINISTRY, CHANGES),
    "changes, prefecture": (TOKYO, CHANGES),
    "changes of a request": (MINISTRY, f"{CHANGES}?q={{number}}"),
    "changes of institutions": (MINISTRY, f"{CHANGES}?q=稀有ふくろう"),
    "changes of institutions of one code": (MINISTRY, f"{CHANGES}?q={{code}}"),
    "changes by a person": (MINISTRY, f"{CHANGES}?who=架空 太郎1777"),
    "changes by nobody": (MINISTRY, f"{CHANGES}?who=鸞鸞"),
    "changes of a kind": (MINISTRY, f"{CHANGES}?model=institution"),
    "changes of a day": (MINISTRY, f"{CHANGES}?first={{day}}&last={{day}}"),
}

DASHBOARDS: dict[str, tuple[str, str]] = {
    "first page, ministry": (MINISTRY, "/admin/"),
    "first page, prefecture": (TOKYO, "/admin/"),
    "first page, small prefecture": (SMALL, "/admin/"),
    "country": (MINISTRY, PROGRESS),
    "country, sorted": (MINISTRY, f"{PROGRESS}?measure=review&sort=-oldest"),
    "prefecture, ministry": (MINISTRY, f"{PROGRESS}13/"),
    "prefecture, its own": (TOKYO, f"{PROGRESS}13/"),
    "institutions, least stock": (MINISTRY, f"{PROGRESS}13/institutions/"),
    "institutions, page 2": (MINISTRY, f"{PROGRESS}13/institutions/?p=2"),
    "institutions without an answer": (MINISTRY, f"{PROGRESS}13/institutions/?view=silent"),
    "institutions with requests": (MINISTRY, f"{PROGRESS}13/institutions/?view=open"),
    **{
        f"institutions searched, {view}: {each}": (
            MINISTRY,
            f"{PROGRESS}13/institutions/?view={view}&q={each}",
        )
        for view in ("all", "stock")
        for each in ("科", "病院", "平和", "鸞鸞")
    },
    "institution's figures": (MINISTRY, f"{PROGRESS}institutions/{{place}}/"),
    "preview of the public page": (MINISTRY, f"{PROGRESS}publication/preview/"),
}

GROUPS = {"queue": QUEUE_PAGES, "afterwards": AFTERWARDS, "desk": DESK, "dashboards": DASHBOARDS}
PAGES = {name: page for group in GROUPS.values() for name, page in group.items()}
