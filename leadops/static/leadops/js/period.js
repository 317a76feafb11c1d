// Keeps the two ways to say a time from speaking against each other: days that are picked are "From and to", a period by name empties them.
// Without it nothing is lost: days that stand in the form win.
for (const form of document.querySelectorAll("form.asked")) {
  const { period, first, last } = form.elements;
  if (!period || !first || !last) continue;
  for (const day of [first, last]) {
    day.addEventListener("input", () => {
      if (day.value) period.value = "days";
    });
  }
  period.addEventListener("change", () => {
    if (period.value !== "days") first.value = last.value = "";
  });
}
