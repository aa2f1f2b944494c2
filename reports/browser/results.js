"use strict";
// Filters, sorts and draws the rows of #results-data. What is chosen stands in the address, as
// #results?backend=tbb&sort=ratio, so that a view can be linked. Text from files is set as text only.
(() => {
  const section = document.querySelector(".results");
  const { races, rows } = JSON.parse(document.getElementById("results-data").textContent);
  const form = section.querySelector("form");
  const plot = section.querySelector(".plot");
  const status = section.querySelector(".count");
  const body = section.querySelector("tbody");
  const MOST_DRAWN = 60; // rows of the plot; the table has all
  const ROW = 18; // pixels
  const LETTER = 6.6; // pixels, at most, of the plot's font

  for (const row of rows) {
    row.of = races[row.race];
    row.name = [row.of.name, row.case, row.arm].filter(Boolean).join(" · ");
  }
  const values = {
    experiment: (row) => row.of.experiment,
    race: (row) => row.of.name,
    backend: (row) => row.backend,
    workers: (row) => String(row.workers),
    decided: (row) => (row.decided ? "yes" : "no"),
  };

  const number = (value) => (value === null ? "–" : Number(value.toPrecision(3)).toString());
  const interval = (row) => `[${number(row.low)}, ${number(row.high)}]`;

  function duration(seconds) {
    if (seconds === null) return "–";
    const [unit, scale] = [["s", 1], ["ms", 1e-3], ["µs", 1e-6]].find(([, s]) => seconds >= s) ?? ["ns", 1e-9];
    return `${number(seconds / scale)} ${unit}`;
  }

  function options(name) {
    const select = form.elements[name];
    if (name === "decided") return;
    const found = [...new Set(rows.map(values[name]))];
    found.sort(name === "workers" ? (a, b) => a - b : undefined);
    select.replaceChildren(new Option("all", ""), ...found.map((value) => new Option(value, value)));
  }

  function read_address() {
    const [place, query] = decodeURI(location.hash).slice(1).split("?");
    if (place !== "results") return false;
    const asked = new URLSearchParams(query ?? "");
    for (const select of form.querySelectorAll("select")) {
      const value = asked.get(select.name) ?? "";
      select.value = [...select.options].some((option) => option.value === value) ? value : "";
    }
    return true;
  }

  function write_address() {
    const chosen = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    history.replaceState(null, "", `#results${chosen.size ? `?${chosen}` : ""}`);
  }

  function chosen_rows() {
    const found = rows.filter((row) => Object.entries(values).every(
      ([name, value]) => !form.elements[name].value || form.elements[name].value === value(row)));
    const by = form.elements.sort.value;
    if (by === "ratio") found.sort((a, b) => (b.ratio ?? -1) - (a.ratio ?? -1));
    if (by === "seconds") found.sort((a, b) => (a.seconds ?? Infinity) - (b.seconds ?? Infinity));
    if (by === "arm") found.sort((a, b) => a.name.localeCompare(b.name));
    return found;
  }

  async function copy(row) {
    const said = `Copied: ${row.of.command}`;
    try {
      await navigator.clipboard.writeText(row.of.command);
      status.textContent = said;
    } catch {
      // No clipboard, as on a page from disk in some browsers: an old way that all know.
      const field = document.createElement("textarea");
      field.value = row.of.command;
      section.append(field);
      field.select();
      status.textContent = document.execCommand("copy") ? said : `The command: ${row.of.command}`;
      field.remove();
    }
  }

  function words(row) {
    return `${row.name}\n${number(row.ratio)} ${interval(row)} times ${row.base}: ${row.verdict}\n` +
      `${duration(row.seconds)} a run, ${row.of.rounds} rounds\n${row.of.command}`;
  }

  function draw(found) {
    const shown = found.filter((row) => row.ratio !== null).slice(0, MOST_DRAWN);
    const width = Math.max(280, section.clientWidth);
    const left = Math.min(380, width * 0.5);
    const letters = Math.floor(left / LETTER) - 2;
    // With one race chosen, its name need not stand in every row.
    const one = new Set(shown.map((row) => row.race)).size === 1;
    const name = (row) => (one ? [row.case, row.arm].filter(Boolean).join(" · ") : row.name);
    const brief = (text) => (text.length > letters ? `…${text.slice(text.length - letters + 1)}` : text);
    plot.replaceChildren();
    if (!shown.length) return shown.length;
    const place = (_, i) => i;
    const figure = Plot.plot({
      width, marginLeft: left, marginRight: 16, height: shown.length * ROW + 60,
      style: { fontSize: "11px", background: "none", overflow: "visible" },
      ariaLabel: "Speed-up over the baseline with its interval, an arm a row",
      x: { type: "log", axis: "both", label: "speed-up over the baseline, logarithmic", grid: true, ticks: 4, tickFormat: "~r" },
      y: { type: "band", domain: shown.map(place), label: null, tickSize: 0, tickFormat: (i) => brief(name(shown[i])) },
      marks: [
        Plot.ruleX([1]),
        Plot.link(shown.filter((row) => row.low > 0 && row.high !== null), {
          x1: "low", x2: "high", y: (row) => shown.indexOf(row), stroke: "var(--link)" }),
        Plot.dot(shown, { x: "ratio", y: place, r: 4, stroke: "var(--link)",
                          fill: (row) => (row.decided ? "var(--link)" : "var(--page)") }),
        Plot.tip(shown, Plot.pointerY({ x: "ratio", y: place, title: words, fill: "var(--shade)",
                                        stroke: "var(--line)", lineWidth: 26, textPadding: 8 })),
      ],
      color: { type: "identity" },
    });
    figure.setAttribute("role", "img");
    // A part of a picture may have no name for screen readers.
    for (const part of figure.querySelectorAll("g[aria-label]")) {
      part.dataset.mark = part.getAttribute("aria-label");
      part.removeAttribute("aria-label");
    }
    figure.addEventListener("click", () => figure.value && copy(figure.value));
    plot.append(figure);
    return shown.length;
  }

  function tabulate(found) {
    body.replaceChildren(...found.map((row) => {
      const line = document.createElement("tr");
      for (const text of [row.of.name, row.case, row.arm, number(row.ratio), interval(row), row.verdict,
                          duration(row.seconds), row.of.rounds])
        line.insertCell().textContent = text;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "copy";
      button.setAttribute("aria-label", `Copy the command of ${row.of.name}`);
      button.addEventListener("click", () => copy(row));
      line.insertCell().append(button);
      return line;
    }));
  }

  function show() {
    const found = chosen_rows();
    const drawn = draw(found);
    tabulate(found);
    const of = `${found.length} of ${rows.length} results`;
    status.textContent = drawn === MOST_DRAWN && found.length > drawn
      ? `${of}; the first ${drawn} are drawn, the table has all.` : `${of}. Hollow: not decided.`;
  }

  section.hidden = false;
  Object.keys(values).forEach(options);
  const is_linked = read_address();
  show();
  if (is_linked) section.scrollIntoView();
  form.addEventListener("change", () => { write_address(); show(); });
  form.addEventListener("reset", () => setTimeout(() => { write_address(); show(); }));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", () => { if (read_address()) { show(); section.scrollIntoView(); } });
  let width = section.clientWidth;
  addEventListener("resize", () => { if (section.clientWidth !== width) { width = section.clientWidth; show(); } });
  // On paper nothing can be unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }));
})();
