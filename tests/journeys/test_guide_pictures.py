"""The guides' pictures show what the pages say today. `make pictures` takes them anew, by these same journeys.

The pictures, their manifest and what each shows in words are written in one run of all albums; compared, they are album
by album, so that one fault hides no other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from sosportal.lib import pictures
from sosportal.lib.pictures import Picture
from tests.journeys.albums.camera import Camera
from tests.journeys.albums.desk import desk
from tests.journeys.albums.hospital import hospital
from tests.journeys.albums.ministry import ministry
from tests.journeys.scene import ready
from tests.support.browser import PHONE, visitor
from tests.support.pictures import COMMAND, WORDS, Comparer, Shot, Taker, fingerprint, levelled
from tests.support.portal import Portal

pytestmark = pytest.mark.browser

ALBUMS: dict[str, Callable[[Camera], None]] = {"hospital": hospital, "desk": desk, "ministry": ministry}
MOST = 2_500_000  # bytes: all of them together
LARGEST = 80_000  # bytes: one


@pytest.mark.parametrize("album", ALBUMS)
def test_each_picture_shows_what_its_page_says(
    live_portal: Portal, browser: Browser, album: str, pytestconfig: pytest.Config
) -> None:
    comparer = Comparer(album)
    wanted = pytestconfig.getoption("take_pictures")
    keeper = Taker(album, anew=wanted == "all") if wanted else comparer
    ALBUMS[album](Camera(browser, live_portal, ready(hour=17), keeper))
    keeper.finish()
    assert not comparer.faults, "\n".join(comparer.faults)


def test_what_a_page_says_otherwise_is_found(
    live_portal: Portal, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visitor(browser, width=PHONE) as page:
        page.goto(live_portal.url)
        shot = Shot("plant-login", "ログイン画面", page, [page.get_by_role("main")], 900)
        kept = {shot.name: Picture(shot.name, shot.alt, 360, 600, fingerprint(shot.lines()))}
        monkeypatch.setattr(pictures, "pictures", lambda: kept)

        def faults(shot: Shot) -> list[str]:
            comparer = Comparer("plant")
            comparer.see(shot)
            return comparer.faults

        assert faults(shot) == []
        page.get_by_role("button", name="ログイン").evaluate("button => button.textContent = 'はいる'")
        (changed,) = faults(shot)
        assert "plant-login" in changed
        assert '+  - button "はいる"' in changed
        assert COMMAND in changed
        page.reload()
        assert faults(shot) == []
        page.get_by_label("ユーザー名").evaluate("input => input.disabled = true")
        assert faults(shot)
        page.reload()
        assert faults(replace(shot, alt="別の説明"))
        assert faults(replace(shot, name="plant-new"))
        nothing = Comparer("plant")
        nothing.finish()
        assert nothing.faults, "a picture that no album takes"


def test_only_what_changed_is_taken_anew(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pictures, "folder", lambda: tmp_path)
    monkeypatch.setattr("tests.support.pictures.WORDS", tmp_path)
    manifest = tmp_path / pictures.MANIFEST
    manifest.write_text('{"other-one": {"alt": "x", "width": 1, "height": 1, "shown": ""}}', encoding="utf-8")

    def taken(said: str, *, anew: bool = False) -> int:
        """The size of the picture afterwards; it is made empty before, so that 0 means it was left."""
        (tmp_path / "plant-a.webp").write_bytes(b"")
        pictures.pictures.cache_clear()
        taker = Taker("plant", anew)
        page.set_content(f"<main><p>{said}</p></main>")
        taker.see(Shot("plant-a", "文", page, [page.get_by_role("main")], 900))
        taker.finish()
        return (tmp_path / "plant-a.webp").stat().st_size

    try:
        with visitor(browser, width=PHONE) as page:
            assert taken("11/25（水）の締切")
            assert taken("12/2（水）の締切") == 0
            assert taken("12/2（水）が締切")
            assert taken("12/9（水）が締切", anew=True)
            assert set(pictures.pictures()) == {"other-one", "plant-a"}
            Taker("plant").finish()
            assert set(pictures.pictures()) == {"other-one"}
            assert not list(tmp_path.glob("plant-a*"))
    finally:
        pictures.pictures.cache_clear()


def test_figures_and_dates_are_levelled_and_nothing_else() -> None:
    one = levelled('- link "11/25（水）17:00 4,100枚":\n  - /url: /requests/2611-0482/\n- text: ⑤非滅菌手袋')
    other = levelled('- link "1/6（火）9:05 50枚":\n  - /url: /requests/2701-0001/\n- text: ⑤非滅菌手袋')
    assert one == other == ['- link "0（日）0 0枚":', "- text: ⑤非滅菌手袋"]
    assert levelled("- text: ④手袋") != levelled("- text: ⑤手袋")


def test_they_are_small_enough_to_be_sent() -> None:
    sizes = {file.name: file.stat().st_size for file in pictures.folder().glob("*.webp")}
    assert set(sizes) == {f"{name}.webp" for name in pictures.pictures()}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
    assert sum(sizes.values()) <= MOST


def test_what_each_shows_is_written_down_in_words() -> None:
    for name, each in pictures.pictures().items():
        lines = (WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        assert each.shown == fingerprint(lines), name
