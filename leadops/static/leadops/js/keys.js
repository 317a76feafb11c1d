// A key is a button pressed from afar: whatever carries data-key and can be seen is pressed. Nothing else is bound, so keys survive every
// swap, "?" lists what is on the page (data-does), and all of it works without them.
const page = document.body;
const typing = (t) => t.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");
const seen = (el) => el.checkVisibility?.({ visibilityProperty: true }) ?? el.offsetParent !== null;
const live = document.getElementById("toasts");
const narrow = matchMedia("(max-width: 819px)");

function say(text) {
  const p = Object.assign(document.createElement("p"), { className: "sr-only", textContent: text });
  live.append(p);
  setTimeout(() => p.remove(), 2000);
}

function arm(form) {
  if (form.hasAttribute("data-armed")) return;
  form.setAttribute("data-armed", "");
  const keys = [...form.querySelectorAll("[data-acts][data-key]")].filter(seen).map((b) => b.dataset.key);
  say(`Outcome: press ${keys[0]} to ${keys.at(-1)}`);
}

// A single key only moves: it focuses a field or opens a picker. Only a lit group takes a second key that acts.
function press(key, repeat) {
  const scope = document.querySelector("dialog[open]") ?? document;
  const hits = [...scope.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter(seen);
  const el = hits.find((h) => h.closest("[data-armed]") && h.hasAttribute("data-acts")) ?? hits.find((h) => !h.hasAttribute("data-acts"));
  if (!el || (repeat && el.hasAttribute("data-acts"))) return false;
  if (el.matches("input, textarea, [data-focus]")) el.focus();
  else if (el.matches("label")) { el.querySelector("input").click(); arm(el.closest("form")); }
  else el.click();
  return true;
}

// "g" and a letter go to a page of the top bar; a letter that leads nowhere does nothing, rather than what it does alone.
let goingUntil = 0;
function go(key) {
  const link = [...document.querySelectorAll(`[data-go="${CSS.escape(key)}"]`)].find(seen);
  goingUntil = 0;
  link?.click();
}

// Ctrl+Enter in a note: sends the form, or, where an outcome is still to be chosen, lights the outcomes.
function send(form) {
  const first = [...(form?.querySelectorAll("[data-acts]") ?? [])].find(seen);
  if (!first) return form?.requestSubmit();
  arm(form);
  first.focus();
}

// Dialling or opening the mail says by which channel the touch will be.
addEventListener("click", (e) => {
  const channel = e.target.closest("[data-logs]")?.dataset.logs;
  const radio = channel && document.querySelector(`#act [name=channel][value=${CSS.escape(channel)}]`);
  if (radio) radio.checked = true;
});

function escape(e) {
  const menu = e.target.closest?.("details.menu[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); return true; }
  const armed = document.querySelector("form[data-armed]:not([data-picker])");
  if (armed) { armed.removeAttribute("data-armed"); return true; }
  if (press("Escape")) return true;
  if (!e.target.closest?.("#lead")) return false;
  const row = document.querySelector(".row__link[aria-current]");
  row?.focus();
  return Boolean(row);
}

addEventListener("keydown", (e) => {
  if (e.defaultPrevented || e.isComposing) return;
  if (typing(e.target)) {
    if (e.key === "Escape") { e.target.blur(); document.getElementById("act-h")?.focus({ preventScroll: true }); }
    else if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) send(e.target.form);
    return;
  }
  if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
  if (e.key === "Escape") { if (escape(e)) e.preventDefault(); return; }
  const inList = e.target.closest?.(".list");
  if (inList && (e.key === "ArrowDown" || e.key === "ArrowUp")) { move(e.key === "ArrowDown" ? 1 : -1); e.preventDefault(); return; }
  if (page.dataset.keys === "off") return;
  if (performance.now() < goingUntil) { go(e.key); e.preventDefault(); }
  else if (e.key === "g") { goingUntil = performance.now() + 2000; say("Go where? Press a letter"); e.preventDefault(); }
  else if (e.key === "j" || e.key === "k") { move(e.key === "j" ? 1 : -1); e.preventDefault(); }
  else if (e.key === "z") { if (!e.repeat) document.querySelector(".toast [data-undo]")?.click(); }
  else if (press(e.key, e.repeat)) e.preventDefault();
});

// ---- rows: the list keeps its place, the panel changes beside it ----
let focusNext = null;
const rows = () => [...document.querySelectorAll(".row:not(.is-done) .row__link")];
function current(link) {
  for (const other of document.querySelectorAll(".row__link[aria-current]")) if (other !== link) other.removeAttribute("aria-current");
  link?.setAttribute("aria-current", "true");
  link?.scrollIntoView({ block: "nearest" });
}
function move(by) {
  const all = rows(), at = all.findIndex((r) => r.hasAttribute("aria-current"));
  const link = all[Math.min(all.length - 1, Math.max(0, at + by))];
  if (!link) return;
  link.focus({ preventScroll: true });
  if (at === all.indexOf(link)) return;
  focusNext = "row";
  link.click();
}
addEventListener("click", (e) => {
  const link = e.target.closest(".row__link");
  if (!link) return;
  if (narrow.matches) { e.stopImmediatePropagation(); return; } // on a phone the lead is a page: the browser goes there and Back comes home
  if (!e.ctrlKey && !e.metaKey && !e.shiftKey) { focusNext ??= "name"; current(link); }
}, true);

// A row that is done leaves, and its group with it when it was the last. The server sends the row back marked is-done.
addEventListener("animationend", (e) => {
  if (e.target.matches?.(".row.is-done")) {
    const group = e.target.closest(".group");
    e.target.remove();
    if (group && !group.querySelector(".row")) group.remove();
    else if (group) { const n = group.querySelector("h2 b"); n.textContent = Math.max(0, Number(n.textContent.replace(/\D/g, "")) - 1); }
  } else if (e.target.matches?.(".toast__left")) e.target.closest(".toast").remove();
});
if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
  setInterval(() => { for (const t of document.querySelectorAll(".toast:not(:hover):not(:focus-within)")) if (performance.now() - (t.since ??= performance.now()) > 10_000) t.remove(); }, 1000);
}

// An act is answered with the row of its lead; a list may not show it.
page.addEventListener("htmx:configRequest", (e) => {
  const lead = document.querySelector("#lead [data-panel]")?.dataset.panel;
  if (e.detail.verb === "post" && lead && !document.getElementById(`row-${lead}`)) e.detail.headers["X-Row"] = "none";
});

// ---- after an answer: put the focus where the hand goes next ----
page.addEventListener("htmx:afterSettle", (e) => {
  const { target, requestConfig } = e.detail;
  const place = target?.isConnected === false ? document.getElementById(target.id) : target; // swapped whole: the new one has its id
  const wrong = place?.querySelector?.("[aria-invalid=true], [role=alert]");
  if (wrong) { wrong.matches("[role=alert]") && wrong.setAttribute("tabindex", "-1"); wrong.focus(); }
  else if (place?.id === "lead") {
    const lead = place.querySelector("[data-panel]")?.dataset.panel;
    current(document.querySelector(`#row-${CSS.escape(lead ?? "")} .row__link`));
    if (requestConfig?.verb === "post" || focusNext === "name") document.getElementById("lead-name")?.focus({ preventScroll: true });
    if (requestConfig?.verb === "post" || focusNext) place.scrollTop = 0;
  } else if (place?.id === "act") document.getElementById("act-h")?.focus();
  else if (place?.matches?.("article.due")) place.querySelector("h3 a").focus(); // a line that opened its form
  focusNext = null;
});

// ---- nothing is lost: no connection, a crash, a sign-in that ended ----
function notice(words, link) {
  const box = document.getElementById("notices");
  const p = document.createElement("p");
  p.append(words);
  if (link) p.append(" ", Object.assign(document.createElement("a"), { href: link[0], textContent: link[1], target: "_blank", rel: "noopener" }));
  const div = Object.assign(document.createElement("div"), { className: "notice notice--error notice--bare", role: "alert" });
  div.append(p);
  box.replaceChildren(div);
}
const offline = () => notice("No connection. Nothing is lost; press Save again.");
addEventListener("offline", offline);
addEventListener("online", () => document.getElementById("notices").replaceChildren());
// What a page asks by itself is no act of anybody's: it neither raises a notice nor takes one away.
const isPoll = (e) => e.detail.requestConfig?.headers["X-Poll"] === "1";
page.addEventListener("htmx:sendError", (e) => isPoll(e) || offline());
page.addEventListener("htmx:responseError", (e) => {
  if (isPoll(e)) return;
  const number = e.detail.xhr.getResponseHeader("X-Error-Number");
  notice(`That did not work, and nothing was changed.${number ? ` Number ${number} for RevOps.` : ""} Try again.`);
});
let signedOut = false;
page.addEventListener("htmx:beforeSwap", (e) => {
  if (!/^\s*<!doctype/i.test(e.detail.xhr.responseText)) return; // a whole page where a part was asked for: the sign-in has ended
  e.detail.shouldSwap = false;
  if (signedOut && isPoll(e)) return;
  signedOut = true;
  notice("You are signed out. What you typed is still here.", [location.href, "Sign in in a new tab, then press again."]);
});
page.addEventListener("htmx:afterRequest", (e) => { if (e.detail.successful && !signedOut && !isPoll(e)) document.querySelector("#notices .notice--bare")?.remove(); });
// Signed in again in another tab: the forms here take the new token over from a fresh copy of this page, and keep what was typed.
addEventListener("focus", async () => {
  if (!signedOut) return;
  const answer = await fetch(location.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".top [name=csrfmiddlewaretoken]");
  if (!answer.ok || !fresh) return;
  signedOut = false;
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = fresh.value;
  document.getElementById("notices").replaceChildren();
  say("Signed in again. Press again to save.");
});

// ---- "?": the keys that are on this page ----
addEventListener("click", (e) => {
  for (const open of document.querySelectorAll("details.menu[open]")) if (!open.contains(e.target)) open.open = false;
  const refused = e.target.closest("[data-acts][aria-disabled=true]");
  if (refused) {
    e.preventDefault();
    const why = document.getElementById(refused.getAttribute("aria-describedby")) ?? refused.querySelector("small");
    say(why?.textContent ?? "Not possible yet");
  }
  if (!e.target.closest("[data-help]")) return;
  const dialog = document.getElementById("keys"), list = document.getElementById("keylist");
  const line = (key, does) => {
    const dt = document.createElement("dt"), kbd = Object.assign(document.createElement("kbd"), { className: "key", textContent: key });
    dt.append(kbd);
    list.append(dt, Object.assign(document.createElement("dd"), { textContent: does }));
  };
  list.replaceChildren();
  if (rows().length) { line("j", "Next lead"); line("k", "Lead before"); }
  if (document.querySelector("[data-undo]")) line("z", "Undo");
  for (const el of document.querySelectorAll("[data-key][data-does]")) if (seen(el)) line(el.dataset.key, el.dataset.does);
  for (const el of document.querySelectorAll("[data-go]")) if (seen(el)) line(`g ${el.dataset.go}`, `Go to ${el.textContent}`);
  dialog.showModal();
}, true);
document.getElementById("keys-on")?.addEventListener("change", (e) => {
  page.dataset.keys = e.target.checked ? "on" : "off";
  const form = e.target.form;
  if (form?.dataset.save) fetch(form.dataset.save, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" } });
});
