"""The people of the demonstration use the portal: answers and requests in the order of time, by the real verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from institutions.models import Institution, Proxy, User
from requests_app.demo_data import stories, surveys
from requests_app.demo_data.stories import Act, Story
from requests_app.models import Content, SosRequest
from requests_app.models.checking import latest_response
from requests_app.rules.quantity import suggested_quantity
from sosportal.lib.business_calendar import next_business_day
from surveys.models import Item, SurveyRound


@dataclass(frozen=True)
class Cast:
    """Who plays, and where: institutions and their staff by key, officers by prefecture code, rounds counted back."""

    now: datetime
    institutions: Mapping[str, Institution]
    staff: Mapping[str, User]
    officers: Mapping[str, User]
    ministry: User
    clerk: User
    item: Item
    rounds: Mapping[int, SurveyRound]

    @property
    def opens_at(self) -> datetime:
        """When the present round opened."""
        return self.rounds[0].opens_at


Step = tuple[datetime, Callable[[datetime], None]]


def play(cast: Cast, answers: Sequence[surveys.Answer], steps: Iterable[Step]) -> None:
    """Carry out the steps in the order of time, the survey answers given before each of them written first.

    Answers later than `cast.now` are left out: they are still to be given.
    """
    waiting = sorted(answers, key=lambda answer: answer.at, reverse=True)
    for at, run in sorted(steps, key=lambda step: step[0]):
        _write_until(waiting, at, cast)
        run(at)
    _write_until(waiting, cast.now, cast)


def _write_until(waiting: list[surveys.Answer], at: datetime, cast: Cast) -> None:
    due = []
    while waiting and waiting[-1].at <= at:
        due.append(waiting.pop())
    if due:
        surveys.write(due, cast.rounds)


class Telling:
    """One story being told: the request it is about, and a step for everything that happens to it."""

    def __init__(self, story: Story, cast: Cast) -> None:
        self.story = story
        self.cast = cast
        self.place = cast.institutions[story.place]
        self.person = self._clerk() if story.by_proxy else cast.staff[story.place]
        self.officer = cast.officers[self.place.prefecture_id]

    def _clerk(self) -> User:
        """The association's clerk as the pages have them after 代理入力を始める."""
        person: User = User.objects.get(pk=self.cast.clerk.pk)
        place = self.place
        person.proxies = {place.pk: Proxy(place.pk, place.code, place.name, self.story.by_proxy)}
        person.turn_to(place)
        return person

    def steps(self) -> Iterator[Step]:
        """The saving and every act, each at its moment: in order, and before `cast.now`."""
        now = self.cast.now
        at = self.story.saved.moment(self.cast.opens_at, now)
        yield at, self._save
        for n, act in enumerate(self.story.then):
            wanted = _after(at, act)
            if wanted >= now and isinstance(self.story.saved, stories.ThisWeek) and act.by_officers:
                return
            left = len(self.story.then) - n
            at = min(wanted, at + (now - at) / (left + 1))
            yield at, self._doing(act)

    def _save(self, at: datetime) -> None:
        quantity = self.story.quantity or self._suggested() or None
        content = Content(True, {self.cast.item.pk: quantity}, self.story.opinion)
        self.request = SosRequest.create_draft(self.person, self.place, content, now=at)

    def _suggested(self) -> int:
        item = self.cast.item
        response = latest_response(self.place.pk, lock=False)
        figures = response.figures().get(item.pk) if response else None
        if figures is None or figures.missing:
            return 0
        return suggested_quantity(
            int(figures.weekly_consumption or 0),
            int(figures.stock or 0),
            int(figures.weekly_purchase or 0),
            item.pack_size,
        )

    def _doing(self, act: Act) -> Callable[[datetime], None]:
        def run(at: datetime) -> None:
            self.request = self._do(act, at)

        return run

    def _do(self, act: Act, at: datetime) -> SosRequest:
        request, seen = self.request, self.request.revision
        match act:
            case stories.Submit():
                return request.submit(self.person, seen_version=request.version, now=at)
            case stories.Revise():
                return request.revise(self.person, self._revised(act), seen_version=request.version, now=at)
            case stories.Confirm():
                quantities = {item: self._packed(n * act.share) for item, n in self._lines().items()}
                return request.confirm(self.officer, quantities, act.note, seen_revision=seen, now=at)
            case stories.Note():
                return request.note(self.officer, act.text, seen_revision=seen, now=at)
            case stories.Telephone():
                whom = f"{self.place.contact_person}さん"
                return request.log_telephone(self.officer, whom=whom, what=act.what, now=at)
            case stories.Ask():
                return request.ask(self.officer, act.text, now=at)
            case stories.Answer():
                asked = request.questions.latest("pk")
                return request.answer(self.person, asked.pk, act.text, now=at)
            case stories.Memo():
                return request.memo(self.officer, act.text, now=at)
            case stories.Withdraw():
                return request.withdraw(self.person, act.reason, seen_version=request.version, now=at)
            case stories.Accept():
                return request.accept(self.cast.ministry, seen_revision=seen, reason=act.reason, now=at)
        raise AssertionError(f"nobody knows how to {act}")

    def _revised(self, act: stories.Revise) -> Content:
        lines = (
            {} if act.nothing_ticked else {i: self._packed(n * act.factor) for i, n in self._lines().items()}
        )
        return Content(True, lines, self.story.opinion)

    def _lines(self) -> dict[int, int]:
        return {line.item_id: int(line.quantity or 0) for line in self.request.lines.all()}

    def _packed(self, quantity: float) -> int:
        pack = self.cast.item.pack_size
        return int(quantity) // pack * pack or int(quantity)


def _after(at: datetime, act: Act) -> datetime:
    """When `act` follows what happened at `at`, were there time enough: officers work on business days."""
    if isinstance(act, stories.Submit):
        return at + timedelta(minutes=10)
    day = at.date() + timedelta(days=act.days)
    if act.by_officers:
        day = next_business_day(day)
    moment = datetime.combine(day, time.fromisoformat(act.at), tzinfo=at.tzinfo)
    return moment if moment > at else at + timedelta(minutes=20)
