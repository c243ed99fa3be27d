/* Predictions of correlations: kept in this browser, saved as a file, put together for a class. Nothing leaves the page. */
(() => {
  "use strict";
  const { Fault, quote, plural, fold, number, DECIMAL_COMMA, column, table, textOf, element, begin } = window.bookForms;
  const COLUMNS = ["person", "benchmark", "prediction", "confidence"];
  const LIMITS = { prediction: [-1, 1], confidence: [0, 1] };
  const TENTHS = Array.from({ length: 11 }, (_, tenth) => tenth / 10);
  const FORMULA = /^[=+\-@\t\r\n]/;
  const LISTED = 20;

  /* Files */

  const harmless = (text) => (FORMULA.test(text) ? `'${text}` : text);
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  function csv(rows) {
    const line = (row) => COLUMNS.map((name) => quoted(typeof row[name] === "number" ? String(row[name]) : harmless(row[name] ?? ""))).join(",");
    return [COLUMNS.join(","), ...rows.map(line), ""].join("\n");
  }

  function save(rows, name) {
    const address = URL.createObjectURL(new Blob([csv(rows)], { type: "text/csv;charset=utf-8" }));
    element("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  /* Any of the names a benchmark goes by, to its place in the form. */
  function placesOf(facts) {
    const places = new Map();
    for (const kind of ["name", "id"]) {
      facts.benchmarks.forEach((each, place) => [each[kind], `'${each[kind]}`].forEach((name) => places.set(fold(name), place)));
    }
    return places;
  }

  function value(cell, kind, row, comma) {
    if (!cell) return null;
    const [low, high] = LIMITS[kind];
    const found = number(cell.replace("−", "-"), comma);
    if (!(low <= found && found <= high)) throw new Fault(`Row ${row}, column ${kind}: ${quote(cell)} is not a number from ${low} to ${high}.`);
    return found;
  }

  /* The predictions in a file: one line of complaint, naming row and column, where one cannot be used. */
  function parse(content, facts, places) {
    const { separator, header, rows } = table(content, COLUMNS.slice(0, 3));
    const at = Object.fromEntries(COLUMNS.map((name) => [name, column(header, name)]));
    const comma = separator !== "," && rows.some(({ cells }) => DECIMAL_COMMA.test(cells[at.prediction].replace("−", "-")));
    const seen = new Map();
    const found = [];
    for (const { row, cells } of rows) {
      const prediction = value(cells[at.prediction], "prediction", row, comma);
      const confidence = value(cells[at.confidence] ?? "", "confidence", row, comma);
      if (prediction === null) continue;
      const [person, name] = [cells[at.person], cells[at.benchmark]];
      if (!name) throw new Fault(`Row ${row}, column benchmark: nothing is named.`);
      const place = places.get(fold(name));
      const benchmark = place === undefined ? name : facts.benchmarks[place].id;
      const key = JSON.stringify([person, benchmark]);
      if (seen.has(key)) throw new Fault(`Rows ${seen.get(key)} and ${row}, column benchmark: ${quote(name)} is predicted twice; keep one of the two.`);
      seen.set(key, row);
      found.push({ person, benchmark, prediction, confidence: confidence ?? "", place });
    }
    if (!found.length) throw new Fault("It holds no prediction.");
    return found;
  }

  /* The people of one file, each with his or her rows; a blank name is that of the file. */
  function peopleOf(rows, file) {
    const people = new Map();
    for (const each of rows) {
      const name = each.person || file.replace(/\.[^.]*$/, "").slice(0, 80);
      if (!people.has(name)) people.set(name, []);
      people.get(name).push({ ...each, person: name });
    }
    return people;
  }

  const told = (rows) => csv([...rows].sort((a, b) => (a.benchmark < b.benchmark ? -1 : 1)));

  /* Adds a file's people to the class; says what is odd. */
  function join(everybody, people, file) {
    const said = [];
    for (const [name, rows] of people) {
      const taken = everybody.get(name);
      if (taken && told(taken) === told(rows)) {
        said.push(`${file}: the predictions of ${quote(name)} are there already and count once.`);
        continue;
      }
      let called = name;
      for (let more = 2; everybody.has(called); more += 1) called = `${name} (${more})`;
      if (taken) said.push(`${file}: another file has predictions of ${quote(name)}; these are called ${quote(called)}. Leave a file out if they are of one person.`);
      everybody.set(called, rows.map((row) => ({ ...row, person: called })));
    }
    return said;
  }

  /* Places of the page */

  function say(place, lines, state) {
    place.dataset.state = state;
    place.replaceChildren(...lines.map((words) => element("p", {}, words)));
  }

  async function reported(place, work) {
    try {
      await work();
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      say(place, [fault.message], "fault");
    }
  }

  /* A browser may be told to keep nothing; then the page says so. */
  function storage(key) {
    try {
      localStorage.getItem(key);
      return localStorage;
    } catch {
      return null;
    }
  }

  function kept(store, key) {
    try {
      const found = JSON.parse(store?.getItem(key) ?? "{}");
      return found && typeof found === "object" ? found : {};
    } catch {
      return {};
    }
  }

  function fields(row, each, place) {
    const [prediction, confidence] = row.querySelectorAll("td");
    const described = { "aria-describedby": `book-predictions-about-${place}` };
    const input = element("input", { type: "number", min: -1, max: 1, step: 0.05, autocomplete: "off", "aria-label": `Your ρ of ${each.name}`, ...described });
    const sure = element("select", { "aria-label": `How sure, ${each.name}` }, element("option", { value: "", "aria-label": "not stated" }, "–"));
    for (const tenth of TENTHS) sure.append(element("option", { value: String(tenth) }, `${Math.round(tenth * 100)} %`));
    prediction.append(input);
    confidence.append(sure);
    return { row, input, sure, short: each.short, ...each };
  }

  function sureOf(field) {
    return field.sure.value === "" ? "" : Number(field.sure.value);
  }

  /* Not every confidence in a file is a tenth. */
  function setSure(field, confidence) {
    const text = confidence === "" ? "" : String(confidence);
    if (![...field.sure.options].some((option) => option.value === text)) {
      field.sure.append(element("option", { value: text }, `${Math.round(confidence * 1000) / 10} %`));
    }
    field.sure.value = text;
  }

  function fault(field) {
    const { input } = field;
    if (input.validity.badInput) return "is not a number";
    if (input.value === "") return sureOf(field) === "" ? "" : "has a confidence and no prediction";
    return Math.abs(Number(input.value)) <= 1 ? "" : "is not from −1 to 1";
  }

  const nameless = () => `player-${[...crypto.getRandomValues(new Uint8Array(4))].map((byte) => (byte % 36).toString(36)).join("")}`;
  const fileName = (person) => `predictions-${person.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 40) || "mine"}.csv`;

  function start(root) {
    const facts = JSON.parse(root.querySelector(":scope > script[type='application/json']").textContent);
    const places = placesOf(facts);
    const form = root.querySelector("form");
    const own = form.querySelector(".book-predictions-result");
    const person = form.querySelector("input[type=text]");
    const which = form.querySelector(".book-predictions-which select");
    const rows = [...form.querySelectorAll("tr[data-place]")];
    const all = facts.benchmarks.map((each, place) => fields(rows.find((row) => Number(row.dataset.place) === place), each, place));
    const key = `book-predictions-${facts.key}`;
    const store = storage(key);

    function state() {
      const given = all.filter(({ input, sure }) => input.value || sure.value);
      return { person: person.value, which: which.value, given: given.map(({ id, input, sure }) => [id, input.value, sure.value]) };
    }

    function keep() {
      try {
        store?.setItem(key, JSON.stringify(state()));
      } catch {
        say(own, ["This browser has no room to keep your entries; save them before you leave."], "fault");
      }
    }

    function restore({ person: name = "", which: list = "all", given = [] }) {
      person.value = name;
      which.value = list === "short" ? "short" : "all";
      const entries = new Map(Array.isArray(given) ? given.map(([id, prediction, sure]) => [id, { prediction, sure }]) : []);
      for (const field of all) {
        const entry = entries.get(field.id);
        field.input.value = entry?.prediction ?? "";
        setSure(field, entry?.sure ?? "");
      }
    }

    function show() {
      const short = which.value === "short";
      for (const field of all) field.row.hidden = short && !field.short && !field.input.value && !field.sure.value;
      for (const body of form.querySelectorAll("tbody")) body.hidden = !body.querySelector("tr[data-place]:not([hidden])");
    }

    function count() {
      const [shown, done] = [all.filter((field) => !field.row.hidden), all.filter((field) => field.input.value)];
      const where = store ? "Your entries are kept in this browser only." : "This browser keeps nothing: save your entries before you leave.";
      say(own, [`${done.length} of ${plural(shown.length, "benchmark")} predicted. ${where}`], "count");
    }

    function mark(field) {
      if (fault(field)) field.input.setAttribute("aria-invalid", "true");
      else field.input.removeAttribute("aria-invalid");
    }

    function collected() {
      const wrong = all.find((field) => fault(field));
      if (wrong) {
        wrong.row.hidden = false;
        mark(wrong);
        wrong.input.focus();
        throw new Fault(`${wrong.name}: your prediction ${fault(wrong)}.`);
      }
      const given = all.filter((field) => field.input.value);
      if (!given.length) throw new Fault("There is no prediction yet.");
      person.value = person.value.trim() || nameless();
      return given.map((field) => ({ person: person.value, benchmark: field.id, prediction: Number(field.input.value) || 0, confidence: sureOf(field) }));
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      reported(own, () => {
        const saved = collected();
        keep();
        save(saved, fileName(person.value));
        say(own, [`${plural(saved.length, "prediction")} of ${quote(person.value)} saved as ${fileName(person.value)}. Hand this file in.`], "saved");
      });
    });

    form.addEventListener("change", (event) => {
      if (event.target.type === "file") return;
      const field = all.find(({ input, sure }) => event.target === input || event.target === sure);
      if (field) mark(field);
      show();
      keep();
      count();
    });

    form.querySelector("[data-does=clear]").addEventListener("click", () => {
      if (!window.confirm("Clear all entries of this form, here and in what this browser keeps?")) return;
      store?.removeItem(key);
      restore({ which: which.value });
      all.forEach(mark);
      show();
      say(own, ["Everything is cleared."], "cleared");
    });

    function take(found) {
      const people = new Set(found.map((each) => each.person));
      if (people.size > 1) throw new Fault(`This file holds predictions of ${people.size} people; give it to the teacher's form below.`);
      const here = found.filter((each) => each.place !== undefined);
      restore({ person: found[0].person, which: which.value });
      for (const each of here) {
        all[each.place].input.value = each.prediction;
        setSure(all[each.place], each.confidence);
      }
      const strange = found.length - here.length;
      return [`${plural(here.length, "prediction")} read.`, ...(strange ? [`${plural(strange, "benchmark")} of the file ${strange === 1 ? "is" : "are"} not on this page.`] : [])];
    }

    form.querySelector("input[type=file]").addEventListener("change", (event) => {
      const [file] = event.target.files;
      if (!file) return;
      reported(own, async () => {
        const lines = take(parse(await textOf(file), facts, places));
        all.forEach(mark);
        show();
        keep();
        say(own, lines, "read");
      });
    });

    for (const hidden of root.querySelectorAll("[hidden]")) hidden.hidden = false;
    const short = facts.benchmarks.filter((each) => each.short).length;
    const [everything, few] = which.options;
    everything.textContent = `all ${facts.benchmarks.length}`;
    few.textContent = `a short list of ${short}`;
    restore(kept(store, key));
    show();
    count();
    startClass(root.querySelector(".book-predictions-class"), facts, places);
  }

  function startClass(root, facts, places) {
    const [result, button] = [root.querySelector(".book-predictions-result"), root.querySelector("button")];
    let rows = [];

    async function gather(files) {
      const everybody = new Map();
      const said = [];
      for (const file of files) {
        try {
          said.push(...join(everybody, peopleOf(parse(await textOf(file), facts, places), file.name), file.name));
        } catch (wrong) {
          if (!(wrong instanceof Fault)) throw wrong;
          said.push(`${file.name} is left out: ${wrong.message}`);
        }
      }
      rows = [...everybody.values()].flat();
      const strange = new Set(rows.filter((row) => row.place === undefined).map((row) => row.benchmark)).size;
      if (strange) said.push(`${plural(strange, "benchmark")} of these files ${strange === 1 ? "is" : "are"} not on this page; the book will list ${strange === 1 ? "it" : "them"}.`);
      const more = said.length > LISTED ? [`and ${plural(said.length - LISTED, "more remark")}`] : [];
      button.disabled = !rows.length;
      Object.assign(result.dataset, { people: everybody.size, predictions: rows.length });
      say(result, [`${plural(files.length, "file")}: ${plural(rows.length, "prediction")} of ${plural(everybody.size, "person", "people")}.`, ...said.slice(0, LISTED), ...more], "class");
    }

    root.querySelector("input[type=file]").addEventListener("change", (event) => {
      if (event.target.files.length) gather([...event.target.files]);
    });
    button.addEventListener("click", () => save(rows, "class.csv"));
  }

  begin("div.book-predictions", start);
})();
