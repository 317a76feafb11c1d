// Light or dark, chosen once for the pages and the admin: the same key and the same attribute that Django's admin uses.
// Loaded in the head without defer, so that a dark page never flashes white.
const root = document.documentElement;
const chosen = () => { try { return localStorage.getItem("theme") ?? "auto"; } catch { return "auto"; } };
root.dataset.theme = chosen();
root.dataset.scripted = "";
function mark() {
  for (const button of document.querySelectorAll("[data-set-theme]")) button.setAttribute("aria-pressed", button.dataset.setTheme === root.dataset.theme);
}
addEventListener("DOMContentLoaded", mark);
addEventListener("click", (e) => {
  const button = e.target.closest("[data-set-theme]");
  if (!button) return;
  root.dataset.theme = button.dataset.setTheme;
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* a browser without storage keeps it for this page */ }
  mark();
});
