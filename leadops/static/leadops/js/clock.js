// Keeps the clocks true: every 30 s the words, the colour and the arc follow from the moments in the markup.
// A clock carries data-clock (its block: "clock" or "stand"), data-now (the server's time when it was drawn) and data-from, data-target,
// data-limit. Words are rewritten only where they age; the order of a list is never touched. The open lead's crossing is said once.
const MIN = 60_000, HOUR = 60 * MIN, DAY = 24 * HOUR;
const KINDS = ["ok", "risk", "late", "over"];
const AT_RISK = 0.75; // the last quarter of the way
const CROSSED = { risk: "is at risk now", late: "has missed the target", over: "is past the limit" };

const from = document.querySelector("[data-now]")?.dataset.now;
const back = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
const drift = from && !back ? Date.parse(from) - Date.now() : 0; // hosts disagree: the server's clock counts
const now = () => Date.now() + drift;
const moment = (text) => (text ? Date.parse(text) : NaN);

// The same words as accounts/words.py: duration.
function duration(ms) {
  const t = Math.abs(ms);
  if (t < HOUR) return `${Math.floor(t / MIN)} min`;
  const big = t < 100 * HOUR ? [HOUR, "h", MIN, "min"] : [DAY, "d", HOUR, "h"];
  const whole = Math.floor(t / big[0]), rest = Math.floor((t % big[0]) / big[2]);
  return rest ? `${whole} ${big[1]} ${rest} ${big[3]}` : `${whole} ${big[1]}`;
}

function read(el, at) {
  const target = moment(el.dataset.target), limit = moment(el.dataset.limit), start = moment(el.dataset.from);
  if (at >= limit) return { kind: "over", figure: duration(at - limit), word: "over limit", share: 1 };
  if (at >= target) return { kind: "late", figure: duration(at - target), word: "over target", share: 1 };
  const end = Number.isNaN(target) ? limit : target;
  const share = Number.isNaN(start) ? 0 : Math.min(1, Math.max(0, (at - start) / (end - start)));
  return { kind: share >= AT_RISK ? "risk" : "ok", figure: duration(end - at), word: "left", share };
}

function paint(el, at) {
  const block = el.dataset.clock;
  const was = KINDS.find((k) => el.classList.contains(`${block}--${k}`));
  if (!was) return;
  const is = read(el, at);
  const kind = KINDS.indexOf(is.kind) < KINDS.indexOf(was) ? was : is.kind; // a clock never runs backwards
  if (kind !== is.kind) return;
  put(el, "[data-figure]", is.figure);
  put(el, "[data-word]", is.word);
  if (block === "clock") el.querySelector(".arc")?.setAttribute("stroke-dasharray", `${100 - Math.round(is.share * 100)} 100`);
  else {
    el.querySelector(".spent")?.setAttribute("stroke-dasharray", `${Math.round(is.share * 100)} 100`);
    el.querySelector(".hand")?.setAttribute("transform", `rotate(${Math.round(is.share * 360)} 26 26)`);
  }
  if (kind === was) return;
  el.classList.replace(`${block}--${was}`, `${block}--${kind}`);
  const rest = el.querySelector("[data-rest]");
  if (rest && kind !== "risk") rest.textContent = rest.textContent.replace(/^to /, "for ");
  if (block === "clock" && kind !== "risk") redraw(el);
  if (block === "stand") say(`${document.getElementById("lead-name")?.textContent ?? "The open lead"} ${CROSSED[kind]}.`);
}

function put(el, where, text) {
  const part = el.querySelector(where);
  if (part && part.textContent !== text) part.textContent = text;
}

// A late clock has a hand where one in time has an arc.
function redraw(el) {
  const arc = el.querySelector(".arc");
  if (!arc) return;
  const hand = document.createElementNS("http://www.w3.org/2000/svg", "path");
  hand.setAttribute("class", "hand");
  hand.setAttribute("d", "M8 4.6V8l2.3 1.5");
  el.querySelector(".track").setAttribute("stroke-width", "2");
  arc.replaceWith(hand);
}

function say(text) {
  const p = Object.assign(document.createElement("p"), { className: "sr-only", textContent: text });
  document.getElementById("toasts")?.append(p);
  setTimeout(() => p.remove(), 4000);
}

function tick() {
  const at = now();
  for (const el of document.querySelectorAll("[data-clock]")) paint(el, at);
  for (const el of document.querySelectorAll("[data-since]")) put(el, "[data-figure]", duration(at - moment(el.dataset.since)));
}
setInterval(tick, 30_000);
document.addEventListener("visibilitychange", () => document.hidden || tick());
