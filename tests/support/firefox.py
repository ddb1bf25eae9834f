"""A stock Firefox, driven over Marionette, which Firefox speaks by itself (Playwright needs a Firefox of its own).

Messages are `length:json` over a local socket, `[0, id, command, arguments]` there and `[1, id, error, result]` back.
The elements are found as people find them: by role and accessible name, both as Firefox computes them. Everything works
in a Firefox whose scripts are switched off, too.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.support import machine
from tests.support.portal import stop_group

T = TypeVar("T")
PATIENCE = 20  # seconds: a busy machine is slow, not broken
START_SECONDS = 60
QUIT_SECONDS = 10

# What can be found, by role; CSS selectors, narrowed down by the role and the name that Firefox computes.
CANDIDATES = {
    "link": "a[href]",
    "button": "button, summary",
    "textbox": "input:not([type=checkbox], [type=hidden], [type=submit]), textarea",
    "checkbox": "input[type=checkbox]",
    "heading": "h1, h2, h3",
    "status": "[role=status]",
    "alert": "[role=alert]",
}

# Nothing of the profile is a person's; nothing of it asks anybody on the network for anything.
PREFERENCES: dict[str, str | int | bool] = {
    "marionette.port": 0,  # any that is free; Firefox writes which one into the profile
    "intl.accept_languages": "ja",
    "browser.startup.page": 0,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.shell.checkDefaultBrowser": False,
    "browser.aboutwelcome.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
    "app.update.enabled": False,
    "app.update.auto": False,
    "app.normandy.enabled": False,
    "extensions.update.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.search.update": False,
    "browser.region.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.prefetch-next": False,
    "network.dns.disablePrefetch": True,
    "network.http.speculative-parallel-limit": 0,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "media.gmp-provider.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "media.gmp-manager.url": "data:,",
    "signon.rememberSignons": False,
    # And what tries all the same gets no further than this machine: a proxy that answers nobody.
    "network.proxy.type": 1,
    "network.proxy.share_proxy_settings": True,
    "network.proxy.failover_direct": False,
    "network.proxy.no_proxies_on": "127.0.0.1",
}


class FirefoxError(AssertionError):
    """Firefox could not do what it was asked for; the message is Firefox's own."""


class Wall:
    """A proxy that answers nobody, and notes who wanted to get out: the first line of what each asked."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._turn_away, daemon=True).start()

    def _turn_away(self) -> None:
        with contextlib.suppress(OSError):  # closed: the end
            while True:
                visitor, _ = self._socket.accept()
                with visitor, contextlib.suppress(OSError):
                    visitor.settimeout(PATIENCE)
                    self.tried.append(visitor.recv(200).partition(b"\r\n")[0].decode("latin-1"))

    def close(self) -> None:
        """Close the door; who stands before it is refused."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@dataclass
class Firefox:
    """A window of a running Firefox. Every question waits until it can be answered, PATIENCE seconds at the most."""

    connection: socket.socket
    wall: Wall
    scripts: bool = True  # whether those of the pages run
    _count: int = field(default=0, init=False)

    # --- The protocol ---

    def ask(self, command: str, **arguments: Any) -> Any:
        """One command of Marionette and its answer. Raises FirefoxError."""
        self._count += 1
        message = json.dumps([0, self._count, command, arguments]).encode()
        self.connection.sendall(b"%d:%b" % (len(message), message))
        kind, number, error, result = self._hear()
        assert (kind, number) == (1, self._count), "an answer to something else"
        if error:
            raise FirefoxError(f"{error['error']}: {error['message']}")
        return result.get("value") if isinstance(result, dict) and set(result) == {"value"} else result

    def _hear(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._bytes(1)
        return json.loads(self._bytes(int(length[:-1])))

    def _bytes(self, count: int) -> bytes:
        heard = b""
        while len(heard) < count:
            part = self.connection.recv(count - len(heard))
            if not part:
                raise FirefoxError("Firefox is gone.")
            heard += part
        return heard

    # --- Where one is ---

    def goto(self, url: str) -> None:
        """Open the address; returns when the page is loaded."""
        self.ask("WebDriver:Navigate", url=url)

    @property
    def url(self) -> str:
        """The address of the page."""
        return str(self.ask("WebDriver:GetCurrentURL"))

    def width(self, pixels: int) -> int:
        """Make the window so wide; the width that the page got, as Firefox has windows no narrower than 450 px."""
        self.ask("WebDriver:SetWindowRect", width=pixels, height=800)
        return int(self.run("return innerWidth"))

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script of the test's own returns; runs with the page's scripts switched off, too."""
        return self.ask("WebDriver:ExecuteScript", script=script, args=list(arguments))

    def give_cookie(self, name: str, value: str) -> None:
        """A cookie for the server of the page that is open."""
        self.ask("WebDriver:AddCookie", cookie={"name": name, "value": value, "httpOnly": True})

    # --- Finding, reading ---

    def find(self, role: str, name: str | re.Pattern[str]) -> Element:
        """The one that can be seen with this role and accessible name: the whole name, or a pattern found in it.

        Hidden text counts, the spaces around it don't. Raises FirefoxError when there is none, or more than one.
        """
        return self.until(lambda: self._found(role, name))

    def _found(self, role: str, name: str | re.Pattern[str]) -> Element:
        names = [(each, each.name) for each in self.all(CANDIDATES[role])]
        fit = [each for each, its in names if fits(name, its)]
        seen = [each for each in fit if each.is_shown or role == "checkbox"]
        if len(seen) != 1:
            told = [its for _, its in names if its]
            raise FirefoxError(f"{len(seen)} × {role} {name!r} at {self.url}; there are {told}")
        return seen[0]

    def all(self, css: str) -> list[Element]:
        """Every element that the selector finds, shown or not."""
        found = self.ask("WebDriver:FindElements", using="css selector", value=css)
        return [Element(self, str(next(iter(each.values())))) for each in found]

    def says(self, text: str, css: str = "main") -> None:
        """The main part of the page says so, now or soon."""

        def look() -> None:
            said = " ".join(each.text for each in self.all(css))
            if squeezed(text) not in squeezed(said):
                raise FirefoxError(f"{text!r} is not on the page {self.url}:\n{said}")

        self.until(look)

    def until(self, look: Callable[[], T]) -> T:
        """What `look` returns as soon as it raises no FirefoxError; the last one when the time is over."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return look()
            except FirefoxError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


@dataclass(frozen=True)
class Element:
    """Something on the page."""

    firefox: Firefox
    id: str

    @property
    def name(self) -> str:
        """Its accessible name."""
        return str(self.firefox.ask("WebDriver:GetComputedLabel", id=self.id) or "")

    @property
    def text(self) -> str:
        """What can be read in it."""
        return str(self.firefox.ask("WebDriver:GetElementText", id=self.id))

    @property
    def value(self) -> str:
        """What stands in the field."""
        return str(self.firefox.ask("WebDriver:GetElementProperty", id=self.id, name="value"))

    @property
    def is_shown(self) -> bool:
        """Whether people see it."""
        return bool(self.firefox.ask("WebDriver:IsElementDisplayed", id=self.id))

    @property
    def is_ticked(self) -> bool:
        """Whether the box is ticked."""
        return bool(self.firefox.ask("WebDriver:IsElementSelected", id=self.id))

    @property
    def has_focus(self) -> bool:
        """Whether the keys go there."""
        return bool(next(iter(self.firefox.ask("WebDriver:GetActiveElement").values())) == self.id)

    def click(self) -> None:
        """Press it with the mouse, where people would; returns when the page that it leads to is loaded."""
        self.firefox.ask("WebDriver:ElementClick", id=self.id)

    def fill(self, text: str) -> None:
        """Type the text in the place of what stands there, key by key."""
        self.firefox.ask("WebDriver:ElementClear", id=self.id)
        self.firefox.ask("WebDriver:ElementSendKeys", id=self.id, text=text)


def fits(wanted: str | re.Pattern[str], name: str) -> bool:
    """Whether an accessible name is the one that is wanted, whatever spaces hidden text brought into it."""
    if isinstance(wanted, str):
        return squeezed(wanted) == squeezed(name)
    return wanted.search(squeezed(name)) is not None


def squeezed(text: str) -> str:
    """The text without any space."""
    return re.sub(r"\s+", "", text)


@contextlib.contextmanager
def firefox(*, scripts: bool = True) -> Iterator[Firefox]:
    """A headless Firefox with a new profile for the time of the block; without `scripts`, as if people forbade them."""
    wall = Wall()
    with tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True) as profile:
        _write_preferences(Path(profile), wall, scripts=scripts)
        process = subprocess.Popen(
            [str(machine.firefox()), "--headless", "--marionette", "--no-remote", "--profile", profile],
            env={
                **os.environ,
                "HOME": profile,
                "LANG": "C.UTF-8",
                "MOZ_HEADLESS_WIDTH": "1280",
                "MOZ_HEADLESS_HEIGHT": "900",
                "MOZ_CRASHREPORTER_DISABLE": "1",
                "MOZ_REMOTE_SETTINGS_DEVTOOLS": "1",  # else services.settings.server is not heard
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            with socket.create_connection(("127.0.0.1", _port(Path(profile), process))) as connection:
                connection.settimeout(PATIENCE * 3)
                window = Firefox(connection, wall, scripts)
                assert window._hear()["marionetteProtocol"] == 3
                window.ask("WebDriver:NewSession", capabilities={"alwaysMatch": {}})
                yield window
                _quit(window, process)
        finally:
            stop_group(process)
            wall.close()


def _write_preferences(profile: Path, wall: Wall, *, scripts: bool) -> None:
    proxies: dict[str, str | int | bool] = {}
    for kind in ("http", "ssl", "socks"):
        proxies |= {f"network.proxy.{kind}": "127.0.0.1", f"network.proxy.{kind}_port": wall.port}
    all_of_them = PREFERENCES | proxies | {"javascript.enabled": scripts}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in all_of_them.items()]
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")


def _port(profile: Path, process: subprocess.Popen[bytes]) -> int:
    """Where Firefox listens, once it does."""
    file = profile / "MarionetteActivePort"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise FirefoxError(f"Firefox ended with code {process.returncode}.")
        with contextlib.suppress(OSError, ValueError):
            return int(file.read_text(encoding="ascii"))
        time.sleep(0.05)
    raise FirefoxError(f"Firefox did not start within {START_SECONDS} s.")


def _quit(window: Firefox, process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, so that nothing is left to be killed."""
    with contextlib.suppress(FirefoxError, OSError):
        window.ask("Marionette:Quit", flags=["eForceQuit"])
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(QUIT_SECONDS)
