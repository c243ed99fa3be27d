/* Shows what a reader chooses of the explorer: it picks among what the book has computed and computes nothing. */
(() => {
  "use strict";
  const CHARTS = { scatter: "fig-explorer-scatter", families: "fig-explorer-families", curve: "fig-explorer-curve" };
  const TABLES = { neighbours: "tab-explorer-neighbours", claims: "tab-explorer-claims" };
  const UNIT = 1000;
  const { quote, element, begin } = window.bookForms;

  const addressOf = (choice) =>
    `#benchmark=${encodeURIComponent(choice.benchmark)}&population=${encodeURIComponent(choice.population)}`;

  /* What to show for an address, with a word on what it asks for in vain; null where it asks for nothing here. */
  function choiceOf(hash, facts, current) {
    const asked = new URLSearchParams(hash.slice(1));
    if (!asked.has("benchmark") && !asked.has("population")) return hash === "" || !current ? { ...facts.start } : null;
    const [benchmark, population] = ["benchmark", "population"].map((key) => asked.get(key));
    const place = facts.benchmarks.findIndex((each) => each.id === benchmark);
    const faults = [];
    if (benchmark !== null && place < 0) faults.push(`There is no benchmark ${quote(benchmark)} to choose here.`);
    if (population !== null && !facts.populations.some((each) => each.name === population)) {
      faults.push(`There is no population ${quote(population)} to choose here.`);
    }
    const choice = { ...(current ?? facts.start) };
    if (place >= 0) choice.benchmark = benchmark;
    if (facts.populations.some((each) => each.name === population)) choice.population = population;
    return possible(choice, faults, facts);
  }

  function possible(choice, faults, facts) {
    const place = facts.benchmarks.findIndex((each) => each.id === choice.benchmark);
    const held = facts.populations.filter((each) => place in each.benchmarks);
    if (!held.some((each) => each.name === choice.population)) {
      faults.push(`No ${choice.population} model has a score on ${facts.benchmarks[place].name}; this is another population.`);
      choice.population = held[0].name;
    }
    return { ...choice, fault: faults.join(" ") };
  }

  /* Rows of the charts, as the package makes them for the benchmark shown first. */
  const scatterRows = (population, own) =>
    population.models.flatMap(([name, family, score], place) =>
      own.values[place] === null ? [] : [{ name, family, capabilities_score: score, value: own.values[place] }]);

  const familyRows = (population, own) =>
    own.families.map(([place, models, rho]) => {
      const [family, label] = population.families[place];
      return { label, family, models, correlation: rho / UNIT };
    });

  function curveRows(population, own) {
    if (!own.curve) return [];
    const { order, estimates, ranks, counts } = own.curve;
    return order.map((number, place) => ({
      rank: ranks ? ranks[place] : place + 1,
      comparable: estimates[place] / UNIT,
      n_models: population.counts[counts][number],
      ...Object.fromEntries(population.fields.map((field, at) => [field, population.specifications[number][at]])),
    }));
  }

  function levelRows(line, published) {
    const rows = [[-line, "line"], [0, "zero"], [line, "line"], [published, "published"]];
    return rows.filter(([level]) => level !== null).map(([level, kind]) => ({ level, kind }));
  }

  const datasets = (facts, population, own) => ({
    scatter: { models: scatterRows(population, own) },
    families: { families: familyRows(population, own), whole: [{ whole: own.rho }] },
    curve: { specifications: curveRows(population, own), levels: levelRows(facts.line, own.published) },
  });

  function neighbourCells(facts, population, own) {
    return own.neighbours.map(([place, alike, models, text]) => {
      const other = facts.benchmarks[place];
      const about = population.benchmarks[place];
      return [
        { value: other.name, address: addressOf({ benchmark: other.id, population: population.name }) },
        { value: other.area || null }, { value: alike / UNIT, text }, { value: models },
        { value: about.rho, text: about.written }, { value: about.verdict },
      ];
    });
  }

  const claimCells = (facts, own) =>
    own.claims.map((place) => {
      const [address, id, statement, verdict, value, interval, population, estimate, lower, upper] = facts.claims[place];
      return [
        { value: id, address }, { value: statement }, { value: verdict }, { value: estimate, text: value },
        { value: lower, upper, text: interval }, { value: population },
      ];
    });

  function start(root) {
    const facts = JSON.parse(root.querySelector(":scope > script[type='application/json']").textContent);
    const form = root.querySelector("form");
    const { benchmark, population } = form.elements;
    const fault = root.querySelector(".book-explorer-fault");
    let current = null;

    const option = (value, text) => element("option", { value }, text);

    /* The benchmarks of a population, under their areas. */
    function offer(chosen) {
      if (benchmark.dataset.population === chosen.name) return;
      const groups = new Map();
      facts.benchmarks.forEach((each, place) => {
        if (place in chosen.benchmarks) groups.set(each.area, [...(groups.get(each.area) ?? []), option(each.id, each.name)]);
      });
      const group = ([area, options]) => element("optgroup", { label: area || "no area stated" }, ...options);
      benchmark.replaceChildren(...[...groups].map(group));
      benchmark.dataset.population = chosen.name;
    }

    function show(choice) {
      current = choice;
      const place = facts.benchmarks.findIndex((each) => each.id === choice.benchmark);
      const chosen = facts.populations.find((each) => each.name === choice.population);
      const own = chosen.benchmarks[place];
      offer(chosen);
      [benchmark.value, population.value] = [choice.benchmark, choice.population];
      fault.textContent = choice.fault ?? "";
      fault.hidden = !choice.fault;
      for (const part of document.querySelectorAll("[data-part]")) part.textContent = own.said[part.dataset.part];
      const data = datasets(facts, chosen, own);
      for (const [kind, figure] of Object.entries(CHARTS)) swapChart(figure, data[kind], own, kind);
      fill(TABLES.neighbours, neighbourCells(facts, chosen, own));
      fill(TABLES.claims, claimCells(facts, own));
      root.dataset.shown = `${choice.benchmark} ${choice.population}`;
    }

    function swapChart(identifier, data, own, kind) {
      const figure = document.getElementById(identifier);
      const block = figure?.querySelector(".book-chart");
      if (!block) return;
      figure.hidden = Object.values(data)[0].length === 0;
      if (figure.hidden) return;
      figure.dataset.of = own.title.replace(/[^\w.-]+/g, "-");
      window.book.swap(block, { datasets: data, params: { chosen: own.title }, description: own.alt[kind] });
    }

    function fill(identifier, cells) {
      const figure = document.getElementById(identifier);
      const table = figure?.querySelector("table");
      if (!table) return;
      figure.hidden = cells.length === 0;
      window.book.fillTable(table, cells);
    }

    function follow() {
      const choice = choiceOf(location.hash, facts, current);
      if (choice && (choice.benchmark !== current?.benchmark || choice.population !== current?.population || choice.fault !== current?.fault)) show(choice);
    }

    population.append(...facts.populations.map((each) => option(each.name, each.name)));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => {
      location.hash = addressOf({ benchmark: benchmark.value, population: population.value });
    });
    addEventListener("hashchange", follow);
    form.hidden = false;
    follow();
  }

  begin("div.book-explorer", start);
})();
