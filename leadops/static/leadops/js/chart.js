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

// What is too few to judge is hatched: it is told apart without any colour.
function hatched(ink) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = ink;
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (const from of [-8, 0, 8]) {
    pen.moveTo(from, 8);
    pen.lineTo(from + 8, 0);
  }
  pen.stroke();
  return box.getContext("2d").createPattern(tile, "repeat");
}

// As the table says it: money before its number, everything else behind.
function said(value) {
  const number = value.toLocaleString("en-GB");
  if (data.unit === "€") return `€ ${number}`;
  return data.unit ? `${number} ${data.unit}` : number;
}

// A long name stands on several lines, whole: the picture grows with its bars.
function lines(name, most) {
  const found = [""];
  for (const word of name.split(" ")) {
    const more = `${found.at(-1)} ${word}`.trim();
    if (more.length > most && found.at(-1)) found.push(word);
    else found[found.length - 1] = more;
  }
  return found;
}

// Days of one year say the year once, in the sentence.
function day(name) {
  const year = data.labels[0].slice(-5);
  return data.labels.every((label) => label.endsWith(year)) && /^ \d{4}$/.test(year) ? name.slice(0, -5) : name;
}

// The target, across whichever way the values run.
function targetLine(flat, ink) {
  return {
    id: "target",
    afterDatasetsDraw(chart) {
      const area = chart.chartArea;
      const at = chart.scales[flat ? "x" : "y"].getPixelForValue(data.target);
      const pen = chart.ctx;
      pen.save();
      pen.strokeStyle = ink;
      pen.lineWidth = 1.5;
      pen.setLineDash([5, 4]);
      pen.beginPath();
      pen.moveTo(flat ? at : area.left, flat ? area.top : at);
      pen.lineTo(flat ? at : area.right, flat ? area.bottom : at);
      pen.stroke();
      pen.restore();
    },
  };
}

// What the marks mean, where there is more than one.
function legend(colours, isFew) {
  const items = [{ text: data.title, fillStyle: colours.bar, strokeStyle: colours.bar }];
  if (isFew && data.kind === "line") items.push({ text: data.few_says, pointStyle: "circle", fillStyle: colours.ground, strokeStyle: colours.bar, lineWidth: 2 });
  else if (isFew) items.push({ text: data.few_says, fillStyle: hatched(colours.few), strokeStyle: colours.few, lineWidth: 1 });
  if (data.target !== null) {
    items.push({ text: `Target: ${data.target_says}`, fillStyle: "transparent", strokeStyle: colours.mark, lineWidth: 1.5, lineDash: [5, 4] });
  }
  return items.map((item) => ({ ...item, fontColor: colours.ink }));
}

function draw() {
  drawn?.destroy();
  const colours = {};
  for (const [name, token] of Object.entries({ ink: "ink-2", line: "line", bar: "action", few: "ink-3", mark: "ink", ground: "surface" })) colours[name] = colour(token);
  const isLine = data.kind === "line";
  const isFew = data.few.some(Boolean);
  const width = box.parentElement.clientWidth;
  const flat = !isLine && data.labels.length > (width < 480 ? 3 : 6);
  const few = isFew && !isLine ? hatched(colours.few) : null;
  const set = {
    label: data.title,
    data: data.values,
    backgroundColor: isLine ? colours.bar : data.few.map((one) => (one ? few : colours.bar)),
    borderColor: isLine ? colours.bar : data.few.map((one) => (one ? colours.few : colours.bar)),
    borderWidth: isLine ? 2 : data.few.map((one) => (one ? 1 : 0)),
    pointBackgroundColor: data.few.map((one) => (one ? colours.ground : colours.bar)),
    pointBorderWidth: 2,
    pointRadius: data.values.length > 40 ? 1.5 : 3,
    tension: 0,
    maxBarThickness: 28,
  };
  const reach = data.target === null ? {} : { suggestedMax: data.target };
  const value = { beginAtZero: true, ...reach, grid: { color: colours.line }, ticks: { color: colours.ink, maxRotation: 0, autoSkipPadding: 12, callback: (v) => said(v) } };
  if (data.whole) value.ticks.precision = 0;
  const name = { grid: { display: false }, ticks: { color: colours.ink, autoSkip: isLine, autoSkipPadding: 16, maxRotation: 0 } };
  const most = flat ? (width < 480 ? 20 : 40) : Math.max(8, Math.floor(width / data.labels.length / 8));
  name.ticks.callback = (_v, place) => (isLine ? day(data.labels[place]) : lines(data.labels[place], most));
  if (flat) {
    const tallest = Math.max(...data.labels.map((label) => lines(label, most).length));
    box.parentElement.style.blockSize = `${Math.max(12, data.labels.length * Math.max(1.5, tallest + 0.3) + 5)}rem`;
  }
  const isMany = isFew || data.target !== null;
  drawn = new window.Chart(box, {
    type: data.kind,
    data: { labels: data.labels, datasets: [set] },
    plugins: data.target === null ? [] : [targetLine(flat, colours.mark)],
    options: {
      indexAxis: flat ? "y" : "x",
      animation: false,
      maintainAspectRatio: false,
      scales: flat ? { x: value, y: name } : { x: name, y: value },
      plugins: {
        legend: { display: isMany, labels: { generateLabels: () => legend(colours, isFew) }, onClick: () => {} },
        tooltip: { callbacks: { label: (point) => ` ${data.title}: ${data.says[point.dataIndex]}` } },
      },
    },
  });
}

if (box && data && window.Chart) {
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
}
