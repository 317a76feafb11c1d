// Dragging a card to another stage presses the button that its Move menu has for that stage; without it the menu does the same.
let dragged = null;

const stageAt = (e) => e.target.closest?.(".stage");
const button = (stage) => dragged?.querySelector(`button[name=stage][value="${CSS.escape(stage.dataset.stage)}"]`);
const clear = () => { for (const stage of document.querySelectorAll(".stage.is-over")) stage.classList.remove("is-over"); };

addEventListener("dragstart", (e) => {
  dragged = e.target.closest?.(".scard[draggable=true]") ?? null;
  if (!dragged) return;
  dragged.classList.add("is-dragged");
  e.dataTransfer.effectAllowed = "move";
  e.dataTransfer.setData("text/plain", dragged.id);
});
addEventListener("dragover", (e) => {
  const stage = stageAt(e);
  clear();
  if (!stage || !button(stage)) return;
  e.preventDefault();
  stage.classList.add("is-over");
});
addEventListener("drop", (e) => {
  const press = stageAt(e) && button(stageAt(e));
  clear();
  if (!press) return;
  e.preventDefault();
  press.click();
});
addEventListener("dragend", () => { dragged?.classList.remove("is-dragged"); dragged = null; clear(); });

// After a move the hand stays on the card, wherever it is now; a refused one is read out by its alert.
document.body.addEventListener("htmx:afterSettle", (e) => {
  const form = e.detail.requestConfig?.elt;
  const id = /\/opportunities\/(\d+)\/stage\//.exec(form?.getAttribute("action") ?? "")?.[1];
  if (id) document.getElementById(`card-${id}-h`)?.focus();
});
