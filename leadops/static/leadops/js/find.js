// The search box: what is found stands below it. Down and Up go through it, Enter opens, Escape closes; without a script the form leads
// to the page of the search.
const place = (box) => document.getElementById(box.dataset.find);
const links = (list) => [...list.querySelectorAll("a.found__row")];

function close(box) {
  if (box.dataset.find === "found") place(box).replaceChildren();
}

function go(box, by) {
  const all = links(place(box)), at = all.indexOf(document.activeElement) + by;
  (at < 0 ? box : all[Math.min(at, all.length - 1)])?.focus();
}

addEventListener("keydown", (e) => {
  const list = e.target.closest?.("[data-find], .found");
  const box = list?.matches("[data-find]") ? list : list && document.querySelector(`[data-find="${CSS.escape(list.id)}"]`);
  if (!box || e.isComposing || e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "ArrowDown" || e.key === "ArrowUp") {
    if (e.key === "ArrowUp" && e.target === box) return;
    go(box, e.key === "ArrowDown" ? 1 : -1);
  } else if (e.key === "Escape" && box.dataset.find === "found" && place(box).childElementCount) {
    close(box);
    box.focus();
  } else return;
  e.preventDefault();
  e.stopImmediatePropagation();
}, true);

// Whoever goes elsewhere has found it, or gave up.
document.addEventListener("focusout", (e) => {
  const form = e.target.closest?.(".find");
  if (form && e.relatedTarget && !form.contains(e.relatedTarget)) close(form.querySelector("[data-find]"));
});
document.addEventListener("pointerdown", (e) => {
  for (const box of document.querySelectorAll(".find [data-find]")) if (!box.form.contains(e.target)) close(box);
});
document.addEventListener("input", (e) => {
  if (e.target.matches?.("[data-find]") && !e.target.value.trim()) close(e.target);
});
// An answer that comes after the box was emptied or left is not shown, nor one that would take the row away that somebody stands on.
document.body.addEventListener("htmx:beforeSwap", (e) => {
  const box = e.detail.requestConfig?.elt;
  if (box?.matches?.("[data-find]") && place(box).contains(document.activeElement)) e.detail.shouldSwap = false;
  else if (box?.matches?.(".find [data-find]") && (!box.value.trim() || !box.form.contains(document.activeElement))) e.detail.shouldSwap = false;
});
