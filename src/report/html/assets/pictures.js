// Pictures: coverage by source, sizes, who shares with whom, who printed what when.

/** Sources in the list at first, and in the table. */
const MOST_SOURCES = 12;
const MOST_GROUPS = 40;
const MOST_ROWS = 12;

/** How much of every source stands elsewhere. */
function coverage() {
  const order = report.groups.map((group, index) => index);
  const share = (index) => report.groups[index].share.reuse / (report.groups[index].share.tokens || 1);
  order.sort((a, b) => share(b) - share(a) || report.groups[b].share.tokens - report.groups[a].share.tokens || a - b);
  return h(
    "section",
    { class: "picture" },
    h("h2", {}, "Coverage by source"),
    h("p", { class: "legend" }, "Share of its words in ", h("span", { class: "swatch reuse" }), "shared passages ", h("span", { class: "swatch boilerplate" }), "boilerplate"),
    growingList(order, MOST_SOURCES, (index) => {
      const { name, share, documents } = report.groups[index];
      return [
        foreign(shorten(name, 60), { class: "name", title: plain(name, 300) }),
        bar([["reuse", share.reuse], ["boilerplate", share.boilerplate]], share.tokens),
        h("span", { class: "value" }, h("b", {}, percent(share.reuse, share.tokens)), ` of ${count(documents, "document")}`),
      ];
    }, { class: "bars" }),
  );
}

/** Bars by size; the first class also holds `least`, if that is smaller. */
function histogram(title, what, sizes, least) {
  const last = sizes.reduce((found, row, i) => (row[1] + row[2] ? i : found), 0);
  const rows = sizes.slice(0, Math.max(last + 1, 3));
  const most = Math.max(...rows.map((row) => row[1] + row[2]), 1);
  const name = ([low], i) => {
    const next = sizes[i + 1];
    if (!next) return `${low} and more`;
    const from = i ? low : least;
    return next[0] === from + 1 ? `${from}` : `${from}–${next[0] - 1}`;
  };
  return h(
    "section",
    { class: "picture" },
    h("h2", {}, title),
    h(
      "ul",
      { class: "bars histogram" },
      rows.map((row, i) =>
        h(
          "li",
          {},
          h("span", { class: "name" }, name(row, i)),
          bar([["reuse", row[1]], ["boilerplate", row[2]]], most),
          h("span", { class: "value" }, h("b", {}, numbers.format(row[1] + row[2])), ` ${row[1] + row[2] === 1 ? what.slice(0, -1) : what}`),
        ),
      ),
    ),
  );
}

/** Who shares with whom: a table of the sources that share most, and any one source by itself. */
function whoSharesWithWhom() {
  const { groups, between } = report;
  const some = groups.map((group, index) => index).filter((index) => between[index] && between[index].others.length);
  if (groups.length < 2 || !some.length) return null;
  const shares = (index) => between[index].others.reduce((sum, [, words]) => sum + words, 0);
  const order = [...some].sort((a, b) => shares(b) - shares(a) || a - b);
  const few = order.slice(0, MOST_GROUPS).sort((a, b) => a - b);
  const one = h("div", { class: "one-source" });
  const pick = (index) => one.replaceChildren(...(index === "" ? [] : partnersOfGroup(Number(index))));
  return h(
    "section",
    { class: "picture" },
    h("h2", {}, "Who shares with whom"),
    h("p", { class: "legend" }, "Words of the row’s source that also stand in the column’s, and their share of the row’s words. On the diagonal: in another place of the same source."),
    heat(few),
    some.length > few.length ? h("p", { class: "legend" }, `The ${few.length} sources that share most, of ${numbers.format(some.length)}; any other can be chosen here.`) : null,
    some.length <= MOST_SOURCES ? null : h("p", {}, h("label", {}, "One source ", select([["", "choose …"], ...some.map((index) => [String(index), plain(groups[index].name, 60)])], "", pick))),
    one,
  );
}

/** A table, shaded by how much of the row's source stands in the column's. */
function heat(groups) {
  const head = (index, scope) => h("th", { scope, title: plain(report.groups[index].name, 300) }, h("div", {}, foreign(shorten(report.groups[index].name, 28))));
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table: who shares with whom" },
    h(
      "table",
      { class: groups.length > MOST_SOURCES ? "heat dense" : "heat" },
      h("thead", {}, h("tr", {}, h("td", {}), groups.map((index) => head(index, "col")))),
      h(
        "tbody",
        {},
        groups.map((index) => {
          const words = new Map(report.between[index].others);
          const whole = report.groups[index].share.tokens;
          const cell = (column) => {
            const value = words.get(column);
            if (!value) return h("td", { class: "none" }, "–");
            const shade = 10 + 45 * Math.sqrt(Math.min(1, value / (whole || 1)));
            return h("td", { "--shade": `${shade}%` }, h("span", {}, numbers.format(value)), h("small", {}, percent(value, whole)));
          };
          return h("tr", {}, head(index, "row"), groups.map(cell));
        }),
      ),
    ),
  );
}

/** The sources that hold words of one. */
function partnersOfGroup(index) {
  const { name, share } = report.groups[index];
  const { others, all_others: all } = report.between[index];
  return [
    h("h3", {}, "Words of ", foreign(shorten(name, 80)), " that stand in"),
    growingList(others, MOST_SOURCES, ([other, words]) => [
      foreign(other === index ? "another place of itself" : shorten(report.groups[other].name, 60), { class: "name", title: plain(report.groups[other].name, 300) }),
      bar([["reuse", words]], share.tokens),
      h("span", { class: "value" }, h("b", {}, numbers.format(words)), ` · ${percent(words, share.tokens)}`),
    ], { class: "bars" }),
    all > others.length ? notice(`Showing the ${numbers.format(others.length)} that hold most, of ${numbers.format(all)}. `, ...wholeResult()) : null,
  ].filter(Boolean);
}

/** A line from the first to the last date with a dot for every document. */
function dots(entries, share, link) {
  const order = [...entries].sort((a, b) => a.time - b.time || a.id - b.id);
  const [first, last] = [order[0], order.at(-1)];
  const line = svg("line", { x1: `${share(first.time)}%`, x2: `${share(last.time)}%`, y1: "12", y2: "12" });
  const marks = order.map((entry) => svg("circle", { cx: `${share(entry.time)}%`, cy: "12", r: "6" }, svg("title", {}, `${plain(nameOf(entry.id))}, ${plain(entry.date)}`)));
  const label = `${count(order.length, "dated carrier")}: first ${plain(nameOf(first.id))}, ${plain(first.date)}; last ${plain(nameOf(last.id))}, ${plain(last.date)}`;
  return svg("svg", { role: "img", "aria-label": label, height: "24", ...link }, line, ...marks);
}

function axis(first, last) {
  return h("p", { class: "axis" }, h("span", {}, day(first)), h("span", {}, last > first ? day(last) : ""));
}

function scale(times) {
  const first = times.reduce((least, time) => Math.min(least, time), Infinity);
  const last = times.reduce((most, time) => Math.max(most, time), -Infinity);
  return { first, last, share: (time) => (last > first ? (100 * (time - first)) / (last - first) : 50) };
}

function datedCarriers(passage) {
  return [...new Set(passage.c)].map((id) => report.byId.get(id)).filter((entry) => entry && entry.time !== null);
}

/** Who printed the most carried passages when. */
function timeline() {
  const rows = [];
  for (let number = 0; number < report.passages.length && rows.length < MOST_ROWS; number += 1) {
    const passage = report.passages[number];
    if (passage.b) break;
    const entries = datedCarriers(passage);
    if (entries.length > 1) rows.push({ number, passage, entries });
  }
  if (!rows.length) return null;
  const { first, last, share } = scale(rows.flatMap((row) => row.entries.map((entry) => entry.time)));
  return h(
    "section",
    { class: "timeline" },
    h("h2", {}, "Who printed it when"),
    h("p", { class: "legend" }, "A dot for every dated document that carries the passage; the first is the earliest in the collection, which need not be where it comes from."),
    h(
      "ol",
      { class: "plain" },
      rows.map(({ number, passage, entries }) => {
        const first = entries.reduce((one, other) => (other.time < one.time ? other : one));
        const who = report.groups.length > 1 ? shorten(groupOf(first.id), 40) : shorten(nameOf(first.id), 40);
        const label = h("div", {}, h("a", { href: `#passage/${number}` }, foreign(shorten(passage.s, 80))), h("small", {}, "first: ", foreign(who), `, ${day(first.time)}`));
        return h("li", {}, label, dots(entries, share));
      }),
    ),
    axis(first, last),
  );
}

/** The same of one passage, with a line for each source. */
function timelineOf(passage) {
  const entries = datedCarriers(passage);
  if (entries.length < 2) return null;
  const { first, last, share } = scale(entries.map((entry) => entry.time));
  if (report.groups.length < 2) return h("div", { class: "timeline one" }, dots(entries, share), axis(first, last));
  const sources = new Map();
  for (const entry of entries) {
    if (!sources.has(entry.group)) sources.set(entry.group, []);
    sources.get(entry.group).push(entry);
  }
  const earliest = (list) => list.reduce((least, entry) => Math.min(least, entry.time), Infinity);
  const rows = [...sources].sort((a, b) => earliest(a[1]) - earliest(b[1]) || a[0] - b[0]);
  return h(
    "section",
    { class: "timeline by-source", "aria-label": "Who printed it when" },
    growingList(rows, MOST_ROWS, ([group, list]) => [foreign(shorten(report.groups[group].name, 60), { class: "name", title: plain(report.groups[group].name, 300) }), dots(list, share)], { class: "plain" }),
    axis(first, last),
  );
}
