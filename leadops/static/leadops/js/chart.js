// Draws the picture of a report from the data in the page. The table below it says the same; without this script nothing is lost.

const box = document.getElementById("picture");
const data = JSON.parse(document.getElementById("picture-data")?.textContent ?? "null");
let drawn = null;

// Colours come from the page's own properties, so that light, dark and print need nothing here.
function colour(name) {
  const probe = document.createElement("i");
  probe.className = `ink ink--${name}`;
  box.parentElement.append(probe);
  probe.style.color = `var(--${name})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

// As the table says it: money before its number, everything else behind.
function said(value) {
  if (data.unit === "€") return `€ ${value.toLocaleString("en-GB")}`;
  return data.unit ? `${value} ${data.unit}` : `${value}`;
}

// On a narrow screen a long name stands on two lines, where there is room for two; else its end, which tells it apart, is kept.
function short(name) {
  const two = name.replace(/( ·|,) /, "$1\n").split("\n");
  if (name.length < 18) return name;
  return data.labels.length <= 10 ? two : `…${name.slice(-16)}`;
}

function draw() {
  drawn?.destroy();
  const [ink, line, bar, few, mark] = ["ink-2", "line", "action", "line-strong", "ink"].map(colour);
  const isLine = data.kind === "line";
  const sets = [
    {
      label: data.title,
      data: data.values,
      backgroundColor: isLine ? bar : data.few.map((isFew) => (isFew ? few : bar)),
      borderColor: bar,
      borderWidth: isLine ? 2 : 0,
      pointRadius: data.values.length > 40 ? 0 : 3,
      tension: 0,
      maxBarThickness: 28,
    },
  ];
  if (data.target !== null) {
    const label = `Target: ${data.target_says}`;
    sets.push({ type: "line", label, data: data.labels.map(() => data.target), borderColor: mark, borderDash: [5, 4], borderWidth: 1.5, pointRadius: 0 });
  }
  const flat = !isLine && data.labels.length > 6;
  const value = { beginAtZero: true, grid: { color: line }, ticks: { color: ink, callback: (v) => said(v) } };
  const name = { grid: { display: false }, ticks: { color: ink, autoSkip: isLine, maxRotation: 0 } };
  if (flat && box.clientWidth < 480) name.ticks.callback = (_v, place) => short(data.labels[place]);
  if (flat) {
    box.parentElement.classList.add("chart__box--tall");
    if (sets[1]) sets.pop();
  }
  drawn = new window.Chart(box, {
    type: data.kind,
    data: { labels: data.labels, datasets: sets },
    options: {
      indexAxis: flat ? "y" : "x",
      animation: false,
      maintainAspectRatio: false,
      scales: flat ? { x: value, y: name } : { x: name, y: value },
      plugins: { legend: { display: sets.length > 1, labels: { color: ink } } },
    },
  });
}

if (box && data && window.Chart) {
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
}
