// The overview: figures, and pictures of who shares what, how often and when.

const MOST_GROUPS = 20;
const MOST_ROWS = 12;

function overview() {
  const { total } = report;
  const documentsRan = report.parameters.scope !== "passages";
  const passagesRan = report.parameters.scope !== "documents";
  const figures = [
    [numbers.format(report.documents), report.documents === 1 ? "document" : "documents", `${numbers.format(report.words)} words, ${bytes(report.bytes)}`],
  ];
  if (passagesRan) {
    figures.push([numbers.format(report.reuse), report.reuse === 1 ? "shared passage" : "shared passages", report.boilerplate ? `and ${numbers.format(report.boilerplate)} of boilerplate` : "no boilerplate", "#passages"]);
    figures.push([percent(total.reuse, total.tokens), "of all words stand elsewhere", `${count(total.reuse, "word")}`]);
  }
  if (documentsRan) {
    figures.push([numbers.format(report.all_clusters), report.all_clusters === 1 ? "group of copies" : "groups of copies", `${count(report.copies, "document")} to spare`, "#clusters"]);
  }
  return [
    h("h1", {}, "What repeats"),
    ...leftOut(),
    h(
      "ul",
      { class: "figures" },
      figures.map(([value, what, more, place]) =>
        h("li", {}, h("strong", {}, value), h("span", {}, place ? h("a", { href: place }, what) : what), h("small", {}, more)),
      ),
    ),
    passagesRan ? topPassages() : null,
    passagesRan ? timeline() : null,
    h(
      "div",
      { class: "pictures" },
      passagesRan ? coverage() : null,
      passagesRan ? histogram("Passages by documents that carry them", "passages", report.passage_sizes, 1) : null,
      passagesRan ? heat() : null,
      documentsRan && report.all_clusters ? histogram("Groups of copies by size", "groups", report.cluster_sizes, 2) : null,
    ),
    skippedInputs(),
    h("p", { class: "run" }, `doublet ${report.version}, ${report.parameters.sensitivity || "no"} sensitivity, passages of ${report.parameters.min_words} words and more, copies from a similarity of ${score(report.parameters.threshold)}.`),
  ];
}

/** What the page does not hold. */
function leftOut() {
  const { passages, clusters, texts, no_texts: none } = report.left_out;
  const notes = [];
  if (passages) notes.push(`${count(passages, "passage")} of ${numbers.format(passages + report.passages.length)} carried by the fewest documents`);
  if (clusters) notes.push(`${count(clusters, "group")} of copies`);
  if (texts && !none) notes.push(`the full text of ${count(texts, "document")}`);
  const said = [];
  if (none) said.push(notice("Made from a saved report, which holds passages but no full texts: passages are shown without the text around them."));
  if (notes.length) said.push(notice(`Left out of this page: ${notes.join("; ")}. `, ...wholeResult()));
  return said;
}

function topPassages() {
  const rows = report.passages.slice(0, 5).filter((passage) => !passage.b);
  if (!rows.length) return h("p", {}, "No passage stands in more than one place.");
  return h(
    "section",
    {},
    h("h2", {}, "Most carried passages"),
    h("ol", { class: "plain cards" }, rows.map((passage, number) => h("li", {}, passageCard(passage, number)))),
    h("p", {}, h("a", { href: "#passages" }, `All ${count(report.reuse, "passage")}`)),
  );
}

function passageCard(passage, number) {
  const names = [...new Set(passage.c)].slice(0, 3).map((id) => nameOf(id));
  const more = passage.n - names.length;
  return h(
    "a",
    { class: "card", href: `#passage/${number}` },
    foreign(shorten(passage.s, 220), { class: "quote" }),
    h("small", {}, foreign(names.join(", ")), more > 0 ? ` and ${numbers.format(more)} more` : "", ` · ${count(passage.w, "word")}`),
  );
}

/** How much of every source stands elsewhere. */
function coverage() {
  const order = report.groups.map((group, index) => index);
  const share = (index) => report.groups[index].share.reuse / (report.groups[index].share.tokens || 1);
  order.sort((a, b) => share(b) - share(a) || a - b);
  const shown = order.slice(0, MOST_GROUPS);
  return h(
    "section",
    { class: "picture" },
    h("h2", {}, "Coverage by source"),
    h("p", { class: "legend" }, h("span", { class: "swatch reuse" }), "shared passages ", h("span", { class: "swatch boilerplate" }), "boilerplate"),
    h(
      "ul",
      { class: "bars" },
      shown.map((index) => {
        const { name, share, documents } = report.groups[index];
        return h(
          "li",
          {},
          foreign(name, { class: "name" }),
          bar([["reuse", share.reuse], ["boilerplate", share.boilerplate]], share.tokens),
          h("span", { class: "value" }, `${percent(share.reuse, share.tokens)} of ${count(documents, "document")}`),
        );
      }),
    ),
    order.length > shown.length ? h("p", {}, `and ${count(order.length - shown.length, "source")} that share less`) : null,
  );
}

/** Bars by size; the first class also holds `least`, if that is smaller. */
function histogram(title, what, sizes, least) {
  const last = sizes.reduce((found, row, i) => (row[1] + row[2] ? i : found), 0);
  const rows = sizes.slice(0, Math.max(last + 1, 4));
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
          h("span", { class: "value" }, `${numbers.format(row[1] + row[2])} ${row[1] + row[2] === 1 ? what.slice(0, -1) : what}`),
        ),
      ),
    ),
  );
}

/** A table, shaded by how much of the row's source stands in the column's. */
function heat() {
  const { groups, words } = report.heat;
  if (groups.length < 2) return null;
  const head = (index, scope) => h("th", { scope }, foreign(shorten(report.groups[index].name, 24)));
  return h(
    "section",
    { class: "picture wide" },
    h("h2", {}, "Who shares with whom"),
    h("p", {}, "Words of the row’s source that also stand in the column’s, and their share of the row’s words."),
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Who shares with whom" },
      h(
        "table",
        { class: "heat" },
        h("thead", {}, h("tr", {}, h("td", {}), groups.map((index) => head(index, "col")))),
        h(
          "tbody",
          {},
          groups.map((index, row) =>
            h(
              "tr",
              {},
              head(index, "row"),
              words[row].map((value) => {
                const whole = report.groups[index].share.tokens;
                const shade = value ? 10 + 45 * Math.sqrt(Math.min(1, value / (whole || 1))) : 0;
                return h("td", { "--shade": `${shade}%` }, value ? h("span", {}, numbers.format(value)) : "–", value ? h("small", {}, percent(value, whole)) : null);
              }),
            ),
          ),
        ),
      ),
    ),
    report.groups.length > groups.length ? h("p", {}, `The ${groups.length} sources that share most, of ${numbers.format(report.groups.length)}.`) : null,
  );
}

/** Who printed the most carried passages when. */
function timeline() {
  const rows = [];
  for (let number = 0; number < report.passages.length && rows.length < MOST_ROWS; number += 1) {
    const passage = report.passages[number];
    if (passage.b) break;
    const dots = passage.c.map((id) => report.byId.get(id)).filter((entry) => entry && entry.time !== null);
    if (dots.length > 1) rows.push({ number, passage, dots });
  }
  if (!rows.length) return null;
  const times = rows.flatMap((row) => row.dots.map((entry) => entry.time));
  const first = Math.min(...times);
  const last = Math.max(...times);
  const share = (time) => (last > first ? (100 * (time - first)) / (last - first) : 50);
  return h(
    "section",
    { class: "timeline" },
    h("h2", {}, "Who printed it when"),
    h("p", { class: "axis" }, h("span", {}, day(first)), h("span", {}, last > first ? day(last) : "")),
    h(
      "ol",
      { class: "plain" },
      rows.map(({ number, passage, dots }) => {
        const order = [...dots].sort((a, b) => a.time - b.time);
        const label = `${order.length} dated carriers, first ${order[0].name} on ${order[0].date}, last ${order[order.length - 1].date}`;
        const marks = order.map((entry) =>
          svg("circle", { cx: `${share(entry.time)}%`, cy: "12", r: "6" }, svg("title", {}, `${entry.name}, ${entry.date}`)),
        );
        const line = svg("line", { x1: `${share(order[0].time)}%`, x2: `${share(order[order.length - 1].time)}%`, y1: "12", y2: "12" });
        return h(
          "li",
          {},
          h("a", { href: `#passage/${number}` }, foreign(shorten(passage.s, 60))),
          svg("svg", { role: "img", "aria-label": label, height: "24" }, line, ...marks),
        );
      }),
    ),
  );
}

function skippedInputs() {
  if (!report.all_skipped) return null;
  const place = (one) => (one.line === null ? one.path : `${one.path}:${one.line}`);
  return h(
    "section",
    {},
    h("h2", {}, `Could not be read: ${count(report.all_skipped, "input")}`),
    h("ul", {}, report.skipped.map((one) => h("li", {}, foreign(place(one)), ": ", foreign(one.message)))),
    report.all_skipped > report.skipped.length ? h("p", {}, `and ${numbers.format(report.all_skipped - report.skipped.length)} more`) : null,
  );
}
