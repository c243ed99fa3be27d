/* Sets a reader's scores among the known benchmarks. Nothing that is pasted or dropped leaves the page. */
(() => {
  "use strict";
  const { MOST, Fault, cut, quote, plural, fold, number, DECIMAL_COMMA, column, table, textOf, element, begin } = window.bookForms;
  const LISTED = 12;
  const minus = (text) => text.replace("-", "−");

  function signed(value) {
    const text = value.toFixed(2);
    return Number(text) === 0 ? "0.00" : minus(value > 0 ? `+${text}` : text);
  }

  function few(names) {
    const shown = names.slice(0, LISTED).map(quote).join(", ");
    return names.length > LISTED ? `${shown} and ${plural(names.length - LISTED, "more", "more")}` : shown;
  }

  /* Reading */

  function parse(pasted) {
    if (pasted.length > MOST) throw new Fault("These scores are too long for this page; use the command.");
    if (!pasted.replace(/^\ufeff/, "").trim()) throw new Fault("There are no scores yet: paste them, or choose a file.");
    const { separator, header, rows } = table(pasted, ["model", "score"]);
    const [model, score, benchmark] = ["model", "score", "benchmark"].map((name) => column(header, name));
    const measured = [];
    for (const { row, cells } of rows) {
      if (!cells[model]) throw new Fault(`Row ${row} names no model.`);
      if (cells[score]) measured.push({ row, name: cells[model], text: cells[score], of: cells[benchmark] ?? "" });
    }
    if (!measured.length) throw new Fault("There is a header, but no row with a score under it.");
    if (new Set(measured.map((each) => each.of)).size > 1) {
      throw new Fault("These are scores on several benchmarks; keep the rows of one.");
    }
    return withNumbers(measured, separator);
  }

  function withNumbers(measured, separator) {
    const comma = separator !== "," && measured.some((each) => DECIMAL_COMMA.test(each.text));
    const pointed = comma && measured.find((each) => each.text.includes("."));
    if (pointed) throw new Fault(`Row ${pointed.row} has a decimal point, where others have a decimal comma.`);
    return measured.map((each) => {
      const value = number(each.text, comma);
      if (!Number.isFinite(value)) throw new Fault(`Row ${each.row}: the score ${quote(each.text)} is not a number.`);
      return { ...each, value };
    });
  }

  /* Matching and computing */

  function match(measured, facts) {
    const places = new Map(facts.names);
    const found = { used: [], strangers: [], elsewhere: [], unscored: [] };
    const rows = new Map();
    for (const each of measured) {
      const place = places.get(fold(each.name));
      if (place === undefined) found.strangers.push(each.name);
      else if (place < 0) found.elsewhere.push(each.name);
      else {
        if (rows.has(place)) {
          throw new Fault(`Rows ${rows.get(place)} and ${each.row} mean the same model, ${quote(each.name)}; keep one of the two.`);
        }
        rows.set(place, each.row);
        const model = facts.models[place];
        if (model.score === null) found.unscored.push(each.name);
        else found.used.push({ ...model, value: each.value });
      }
    }
    return found;
  }

  function ranks(values) {
    const order = values.map((_, place) => place).sort((a, b) => values[a] - values[b]);
    const found = new Array(values.length);
    for (let start = 0; start < order.length; ) {
      let end = start;
      while (end + 1 < order.length && values[order[end + 1]] === values[order[start]]) end += 1;
      for (let place = start; place <= end; place += 1) found[order[place]] = (start + end) / 2 + 1;
      start = end + 1;
    }
    return found;
  }

  function pearson(x, y) {
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [a, b] = [mean(x), mean(y)];
    let [both, left, right] = [0, 0, 0];
    x.forEach((value, place) => {
      both += (value - a) * (y[place] - b);
      left += (value - a) ** 2;
      right += (y[place] - b) ** 2;
    });
    return Math.max(-1, Math.min(1, both / Math.sqrt(left * right)));
  }

  const spearman = (x, y) => pearson(ranks(x), ranks(y));

  function cardOf(text, worse, facts) {
    const found = match(parse(text), facts);
    const { used } = found;
    const turned = used.map((model) => (worse ? -model.value : model.value));
    const said = lost(found, facts);
    if (used.length < facts.fewest) {
      throw new Fault([`${plural(used.length, "of its models is a", "of its models are")} known ${facts.population} ${used.length === 1 ? "model" : "models"}, where at least ${facts.fewest} are needed.`, ...said].join(" "));
    }
    if (new Set(turned).size < 2) throw new Fault("All these models have the same score, so there is nothing to correlate.");
    const rho = spearman(used.map((model) => model.score), turned);
    if (!Number.isFinite(rho)) throw new Fault("These models all have the same capabilities score, so there is nothing to correlate.");
    const rank = 1 + facts.known.filter((each) => each.correlation > rho).length;
    return { used, worse, rho, rank, families: new Set(used.map((model) => model.family)).size, said };
  }

  function lost(found, facts) {
    const lines = [
      [found.strangers, "Left out, for the name is not known:"],
      [found.elsewhere, `Left out, for it is not of the ${facts.population} models:`],
      [found.unscored, "Left out, for it has no capabilities score:"],
    ];
    return lines.filter(([names]) => names.length).map(([names, words]) => `${words} ${few(names)}.`);
  }

  function sentences(card, facts) {
    const who = `${plural(card.used.length, `${facts.population} model`)} of ${plural(card.families, "family", "families")}`;
    const known = facts.known.map((each) => each.correlation).sort((a, b) => a - b);
    const middle = (known[(known.length - 1) >> 1] + known[known.length >> 1]) / 2;
    const place = known.length
      ? `Of ${plural(known.length, "known headline safety benchmark")}, ${card.rank - 1} ${card.rank === 2 ? "has" : "have"} a higher correlation; their median is ${signed(middle)}.`
      : "There are no other safety benchmarks to compare it with.";
    return [`Over ${who}, the capabilities correlation is ρ = ${signed(card.rho)}.`, place, ...card.said];
  }

  /* Showing: every text of the data goes in as text, never as markup. */

  function shape(name, attributes = {}, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  const label = (x, y, text, anchor = "start") => shape("text", { x, y, "text-anchor": anchor }, text);
  const line = (x1, y1, x2, y2, kind) => shape("line", { x1, y1, x2, y2, class: `book-card-${kind}` });

  function dot(x, y, kind, title) {
    const made = shape("circle", { cx: x, cy: y, r: 4.5, class: `book-card-${kind}` });
    made.append(shape("title", {}, title));
    return made;
  }

  function picture(width, height, alt) {
    return shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": alt });
  }

  function ticks(low, high) {
    const rough = (high - low) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((times) => times * power >= rough);
    if (!(step > 0)) return [low];
    const first = Math.ceil(low / step);
    const count = Math.min(12, Math.floor(high / step) - first + 1);
    return Array.from({ length: count }, (_, place) => Number(((first + place) * step).toPrecision(12)));
  }

  function scale(values, from, to) {
    let [low, high] = [Math.min(...values), Math.max(...values)];
    const room = (high - low) * 0.05;
    [low, high] = [low - room, high + room];
    // Scores at the ends of what a number can hold have no room beyond them.
    if (!Number.isFinite(high - low) || high === low) return { at: () => (from + to) / 2, ticks: [] };
    return { at: (value) => from + ((value - low) / (high - low)) * (to - from), ticks: ticks(low, high) };
  }

  const tickText = (value) => minus(Math.abs(value) >= 1e6 ? value.toExponential(1) : String(value));

  function scatter(card, width) {
    const [left, right, top, bottom, height] = [56, 12, 26, 42, 320];
    const svg = picture(width, height, `Scatter of ${plural(card.used.length, "model")}: capabilities score and score; ρ is ${signed(card.rho)}.`);
    const x = scale(card.used.map((model) => model.score), left, width - right);
    const ends = card.worse ? [top, height - bottom] : [height - bottom, top];
    const y = scale(card.used.map((model) => model.value), ...ends);
    for (const tick of x.ticks) {
      svg.append(line(x.at(tick), top, x.at(tick), height - bottom, "grid"), label(x.at(tick), height - bottom + 16, tickText(tick), "middle"));
    }
    for (const tick of y.ticks) {
      svg.append(line(left, y.at(tick), width - right, y.at(tick), "grid"), label(left - 6, y.at(tick) + 4, tickText(tick), "end"));
    }
    svg.append(label(4, 14, card.worse ? "Score, turned so that better is up" : "Score"));
    svg.append(label((left + width - right) / 2, height - 6, "Capabilities score", "middle"));
    for (const model of card.used) {
      const title = `${model.name ?? model.id} (${model.family}): ${minus(String(model.value))}`;
      svg.append(dot(x.at(model.score), y.at(model.value), "own", title));
    }
    return svg;
  }

  function strip(card, facts, width) {
    const areas = [...new Set(facts.known.map((each) => each.area))].sort();
    const [side, top, step] = [14, 24, 34];
    const bottom = top + areas.length * step;
    const at = (rho) => side + ((rho + 1) / 2) * (width - 2 * side);
    const svg = picture(width, bottom + 42, `The known headline safety benchmarks by area on a line from −1 to +1; this one is at ${signed(card.rho)}, place ${card.rank} of ${facts.known.length + 1}.`);
    for (const tick of [-1, -0.5, 0, 0.5, 1]) {
      svg.append(line(at(tick), top, at(tick), bottom, "grid"), label(at(tick), bottom + 16, minus(String(tick)), "middle"));
    }
    for (const end of [-facts.line, facts.line]) svg.append(line(at(end), top, at(end), bottom, "line"));
    areas.forEach((area, place) => {
      const y = top + place * step;
      svg.append(label(side, y + 13, cut(area)));
      for (const each of facts.known.filter((other) => other.area === area)) {
        svg.append(dot(at(each.correlation), y + 24, "known", `${each.name}: ${signed(each.correlation)}`));
      }
    });
    svg.append(line(at(card.rho), top - 4, at(card.rho), bottom, "here"));
    const anchor = card.rho > 0.6 ? "end" : card.rho < -0.6 ? "start" : "middle";
    svg.append(label(at(card.rho), 14, `yours ${signed(card.rho)}`, anchor));
    svg.append(label(width / 2, bottom + 36, "Capabilities correlation ρ", "middle"));
    return svg;
  }

  function captioned(drawing, caption) {
    return element("div", { class: "book-card-figure" }, element("p", {}, caption), drawing);
  }

  function modelTable(card) {
    const heads = ["Model", "Family", "Capabilities score", "Score"];
    const head = element("tr", {}, ...heads.map((text, place) => element("th", place < 2 ? { scope: "col" } : { scope: "col", class: "book-number" }, text)));
    const row = (model) => {
      const numbers = [model.score.toFixed(3), String(model.value)].map((text) => element("td", { class: "book-number" }, minus(text)));
      return element("tr", {}, element("th", { scope: "row" }, model.name ?? model.id), element("td", {}, model.family), ...numbers);
    };
    const rows = [...card.used].sort((a, b) => a.score - b.score).map(row);
    const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
    const box = element("div", { class: "book-table", tabindex: "0", role: "region", "aria-label": "Models that were matched" }, table);
    return element("details", {}, element("summary", {}, "Models that were matched"), box);
  }

  function start(root) {
    const facts = JSON.parse(root.querySelector(":scope > script[type='application/json']").textContent);
    const form = root.querySelector("form");
    const [text, file, result, figures, command] = [
      "textarea", "input[type=file]", ".book-card-result", ".book-card-figures", ".book-card-command code",
    ].map((part) => root.querySelector(part));
    const charts = element("div", { class: "book-card-charts" });
    let card = null;

    const worse = () => form.elements["higher-is"].value === "worse";

    function draw() {
      const width = Math.max(240, Math.min(720, figures.clientWidth));
      const place = facts.known.length
        ? [captioned(strip(card, facts, width), "Its place among the known headline safety benchmarks; the dashed lines mark what counts as low.")]
        : [];
      charts.replaceChildren(captioned(scatter(card, width), "Each mark is a model that was matched."), ...place);
      charts.dataset.width = figures.clientWidth;
    }

    function say(lines, kind) {
      result.dataset.state = kind;
      result.replaceChildren(...lines.map((words) => element("p", {}, words)));
    }

    function refuse(fault) {
      card = null;
      for (const key of ["correlation", "models", "families", "rank"]) delete result.dataset[key];
      figures.replaceChildren();
      say([fault.message], "fault");
    }

    function show() {
      command.textContent = command.textContent.replace(/(better|worse)$/, worse() ? "worse" : "better");
      try {
        card = cardOf(text.value, worse(), facts);
      } catch (fault) {
        if (!(fault instanceof Fault)) throw fault;
        refuse(fault);
        return;
      }
      Object.assign(result.dataset, { correlation: card.rho, models: card.used.length, families: card.families, rank: card.rank });
      say(sentences(card, facts), "card");
      figures.replaceChildren(charts, modelTable(card));
      draw();
    }

    async function read(chosen) {
      try {
        text.value = await textOf(chosen);
      } catch (fault) {
        if (!(fault instanceof Fault)) throw fault;
        refuse(fault);
        return;
      }
      show();
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      show();
    });
    form.addEventListener("change", (event) => {
      if (event.target === file) {
        if (file.files.length) read(file.files[0]);
      } else if (event.target.type === "radio" && result.dataset.state) show();
    });
    const holdsFile = (event) => event.dataTransfer?.types.includes("Files");
    form.addEventListener("dragover", (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      form.dataset.over = "";
    });
    for (const end of ["dragleave", "drop"]) form.addEventListener(end, () => delete form.dataset.over);
    form.addEventListener("drop", (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      if (event.dataTransfer.files.length) read(event.dataTransfer.files[0]);
    });
    new ResizeObserver(() => {
      if (card && Number(charts.dataset.width) !== figures.clientWidth) requestAnimationFrame(() => card && draw());
    }).observe(figures);
    form.hidden = false;
  }

  begin("div.book-card", start);
})();
