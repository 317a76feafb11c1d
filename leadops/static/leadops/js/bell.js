// Says what the bell has that is new: to those who listen, and, where this browser was allowed to, in a note of its own beside the page.
// The bell itself asks the server and is swapped whole; without a script it is a link to the messages.
const page = document.body;
const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* without storage every tab says it */ } };
const CHOSEN = "leadops-notes", SAID = "leadops-noted";
const able = "Notification" in window;
const on = () => able && Notification.permission === "granted" && kept(CHOSEN) === "on";

function say(text) {
  const p = Object.assign(document.createElement("p"), { className: "sr-only", textContent: text });
  document.getElementById("toasts")?.append(p);
  setTimeout(() => p.remove(), 4000);
}

function note(text, url, newest) {
  if (!on() || Number(kept(SAID) ?? 0) >= newest) return; // another tab of this browser said it
  keep(SAID, newest);
  const shown = new Notification("LeadOps", { body: text, tag: `leadops-${newest}` });
  shown.onclick = () => { window.focus(); location.assign(url); shown.close(); };
}

let told = Number(document.getElementById("bell")?.dataset.newest ?? 0);
page.addEventListener("htmx:afterSettle", () => {
  const bell = document.getElementById("bell"), news = bell?.querySelector("[data-news]");
  const newest = Number(bell?.dataset.newest ?? 0);
  if (!news || newest <= told) return;
  told = newest;
  say(news.dataset.news);
  note(news.dataset.news, news.dataset.url, newest);
});

// ---- the page of ways: asked for only when somebody presses the button ----
const part = document.querySelector("[data-browser]");
function show() {
  const says = part.querySelector("[data-browser-says]"), button = part.querySelector("[data-browser-allow]");
  const refused = Notification.permission === "denied";
  button.hidden = refused;
  button.querySelector("span").textContent = on() ? "Stop notes from the browser" : "Allow notes from the browser";
  if (refused) says.textContent = "Your browser was told not to show notes of this page. Its settings for this page change that.";
  else if (on()) says.textContent = "This browser shows a note when something new comes in.";
  else says.textContent = "Your browser can show a note when something new comes in, also while you look at another page.";
}
if (part && able) {
  part.hidden = false;
  show();
  part.querySelector("[data-browser-allow]").addEventListener("click", async () => {
    if (on()) keep(CHOSEN, "off");
    else if ((await Notification.requestPermission()) === "granted") { keep(CHOSEN, "on"); keep(SAID, told); }
    show();
  });
}
