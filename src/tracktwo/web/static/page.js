// What the page does not need to work, and is better with: drafts, live talk, and a word in time
// where the program does not answer. Everything else is plain forms.
"use strict";

// What is asked for by nobody's hand does not keep the node from locking itself; and what comes to a
// page that nobody can see is not read.
const byItself = () => ({ headers: { "Tracktwo-Look": document.hidden ? "hidden" : "1" } });

// How things stand is said aloud where it has changed; the part that shows it is replaced in silence.
const tell = (old, now) => {
  const states = (part) => [...part.querySelectorAll("[data-state]")]
    .map((of) => `${of.dataset.state} ${of.textContent}`.trim());
  const known = states(old);
  const fresh = states(now).filter((state) => !known.includes(state)).join(" ");
  const told = document.getElementById("told");
  if (fresh && told.textContent !== fresh) told.textContent = fresh;
};

// Drafts go to the encrypted node.
for (const form of document.querySelectorAll("form[data-draft]")) {
  let timer, last = "";
  const again = () => {
    last = "";
    clearTimeout(timer);
    if (!form.sent) timer = setTimeout(keep, 10000);
  };
  const keep = () => {
    clearTimeout(timer);
    const typed = new URLSearchParams(new FormData(form));
    typed.set("keep", "1");
    if (String(typed) === last) return;
    last = String(typed);
    fetch(form.action, { method: "POST", body: typed, keepalive: last.length < 60000 })
      .then((answer) => { if (answer.status !== 204) again(); }, again);
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, 800); });
  addEventListener("pagehide", () => { if (timer && !form.sent) keep(); });
  form.addEventListener("submit", () => { form.sent = true; clearTimeout(timer); });
}

// A form is sent only while somebody is there to take it: what is typed stays on the screen.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", async (event) => {
    if (form.checked) return;
    event.preventDefault();
    if (form.sending) return; // a second click
    form.sending = true;
    const silent = document.getElementById("silent");
    try {
      await fetch("/static/icon.svg", { method: "HEAD", cache: "no-store" });
      silent.hidden = true;
      form.checked = true;
      form.requestSubmit(event.submitter);
      form.checked = false;
      setTimeout(() => { form.sending = false; }, 10000); // a file came, and no other page
    } catch {
      silent.hidden = false;
      form.sent = form.sending = false;
    }
  });
}
addEventListener("pageshow", () => { for (const form of document.forms) form.sending = false; });

// Live talk: new lines are added, changed ones replaced, the rest left alone for who reads or listens.
const live = document.querySelector("[data-live]");
if (live) {
  const look = async () => {
    try {
      const answer = await fetch(live.dataset.live, byItself());
      if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* the next look will tell */ }
    setTimeout(look, document.hidden ? 15000 : 2500);
  };
  const show = (fresh) => {
    const lines = live.querySelector("#lines");
    for (const line of fresh.querySelectorAll("#lines > li")) {
      const old = document.getElementById(line.id);
      if (!old) lines.append(line);
      else if (old.outerHTML !== line.outerHTML) old.replaceWith(line);
    }
    for (const name of ["attention", "line"]) {
      const now = fresh.getElementById(name), old = document.getElementById(name);
      if (old.textContent === now.textContent) continue;
      tell(old, now);
      old.replaceWith(now);
    }
  };
  setTimeout(look, 2500);
}

// What may change while one looks at it is looked at again, and replaced if it has.
if (document.querySelector("[data-fresh]")) {
  const look = async () => {
    try {
      const answer = await fetch(location.href, byItself());
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const old of document.querySelectorAll("[data-fresh]")) {
        const now = fresh.getElementById(old.id);
        const isIn = old.contains(document.activeElement);
        if (!answer.ok || !now || now.textContent === old.textContent) continue;
        tell(old, now);
        if (!isIn) old.replaceWith(now);
      }
    } catch { /* the next look will tell */ }
    setTimeout(look, document.hidden ? 20000 : 3000);
  };
  setTimeout(look, 3000);
}

// Where the node has locked itself, what is on the screen goes too; what was typed is kept by sending it.
const { awake } = document.body.dataset;
if (awake) {
  const silent = document.getElementById("silent");
  let touched = Date.now(), told = touched, typed = null;
  const touch = () => {
    touched = Date.now();
    if (touched - told > 60000) {
      told = touched;
      fetch(awake).catch(() => {});
    }
  };
  for (const what of ["keydown", "pointerdown", "scroll"]) addEventListener(what, touch, { passive: true });
  addEventListener("input", (event) => { typed = event.target.form; touch(); });
  setInterval(async () => {
    try {
      const answer = await fetch(awake, byItself());
      silent.hidden = true;
      if (answer.status !== 403 || Date.now() - touched < 60000) return;
      if (typed?.method === "post") typed.submit();
      else location.reload();
    } catch {
      silent.hidden = false; // what is on the screen goes on by itself no more
    }
  }, 20000);
}

document.getElementById("faults")?.focus();

// A figure of 0 to what data-slide says may also be slid, or moved by the arrow keys.
for (const place of document.querySelectorAll("[data-slide]")) {
  const figure = place.querySelector("input");
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: 0, max: place.dataset.slide, step: 1 });
  const read = () => {
    const text = figure.value.trim().replace(",", ".");
    const isFigure = /^[0-9]+([.][0-9]+)?$/.test(text) && Number(text) <= Number(slider.max);
    slider.hidden = !isFigure; // it would stand in its middle
    if (isFigure) slider.value = text;
  };
  slider.setAttribute("aria-label", document.querySelector(`label[for="${figure.id}"]`).textContent);
  slider.addEventListener("input", () => {
    figure.value = slider.value;
    figure.dispatchEvent(new Event("input", { bubbles: true }));
  });
  figure.addEventListener("input", read);
  read();
  place.append(slider);
}
