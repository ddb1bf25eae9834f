// The form of a request: what is typed is kept, and what the check says of it stands beside it. Comfort alone: every
// rule is the server's, whose parts are put in place by their ids; without this file the buttons do the same.
"use strict";

(() => {
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const address = form.getAttribute("action");
  const state = document.getElementById("live-draft");
  const brokenOff = document.getElementById("broken-off");
  const PAUSE = 1200; // milliseconds without a key before anything is sent
  let timer = 0;
  let changed = false;
  let asking = null;

  const body = (what) => {
    const sent = new URLSearchParams(new FormData(form));
    sent.set("do", what);
    return sent;
  };

  const putInPlace = (html) => {
    const parts = new DOMParser().parseFromString(html, "text/html");
    for (const part of parts.querySelectorAll("[id^='live-']")) {
      const here = document.getElementById(part.id);
      if (here && here.innerHTML !== part.innerHTML && !here.contains(document.activeElement)) {
        here.replaceChildren(...part.childNodes);
      }
    }
  };

  const look = async () => {
    if (asking) return later();
    changed = false;
    asking = new AbortController();
    try {
      const answer = await fetch(address, {
        method: "POST",
        body: body("check"),
        headers: { "X-Live": "1" },
        redirect: "error",
        signal: asking.signal,
      });
      if (!answer.ok && answer.status !== 409) throw new Error(String(answer.status));
      putInPlace(await answer.text());
    } catch (problem) {
      if (problem.name !== "AbortError") {
        changed = true;
        state.textContent = state.dataset.failed;
      }
    } finally {
      asking = null;
    }
  };

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  };

  const keep = () => {
    if (!changed) return;
    changed = false;
    clearTimeout(timer);
    fetch(address, { method: "POST", body: body("keep"), keepalive: true }).catch(() => {
      changed = true;
    });
  };

  brokenOff.textContent = brokenOff.dataset.kept;
  form.addEventListener("input", () => {
    changed = true;
    later();
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    changed = false;
    if (asking) asking.abort();
  });
  window.addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep();
  });
})();
