// The overview: figures, what is carried most, and the pictures.

function overview() {
  const { total } = report;
  const documentsRan = report.parameters.scope !== "passages";
  const passagesRan = report.parameters.scope !== "documents";
  const figures = [
    [numbers.format(report.documents), report.documents === 1 ? "document" : "documents", `${count(report.words, "word")}, ${bytes(report.bytes)}`, "#documents"],
  ];
  if (passagesRan) {
    figures.push([numbers.format(report.reuse), report.reuse === 1 ? "shared passage" : "shared passages", report.boilerplate ? `and ${numbers.format(report.boilerplate)} of boilerplate` : "no boilerplate", "#passages"]);
    for (const [share, what] of coverageFigures(total)) figures.push([percent(share.reuse, share.tokens), what, count(share.reuse, "word")]);
  }
  if (documentsRan) {
    figures.push([numbers.format(report.all_clusters), report.all_clusters === 1 ? "group of copies" : "groups of copies", report.copies ? `${count(report.copies, "document")} ${isAcross() ? "of the corpus" : "could go"}` : isAcross() ? "nothing is a copy of the reference" : "every document is its own", "#clusters"]);
  }
  const histograms = [
    passagesRan && report.passages.length ? histogram("Passages by documents that carry them", "passages", report.passage_sizes, 1) : null,
    documentsRan && report.all_clusters ? histogram("Groups of copies by size", "groups", report.cluster_sizes, 2) : null,
  ];
  return [
    h("h1", {}, isAcross() ? "What of the reference stands in the corpus" : "What repeats"),
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
    h("div", { class: "pictures" }, passagesRan ? coverage() : null, h("div", {}, histograms)),
    passagesRan ? whoSharesWithWhom() : null,
    skippedInputs(),
    h(
      "p",
      { class: "run" },
      `doublet ${report.version}. `,
      [
        passagesRan ? `Passages of ${report.parameters.min_words} words and more, ${report.parameters.sensitivity} sensitivity` : "",
        documentsRan ? `copies from a similarity of ${score(report.parameters.threshold)}` : "",
      ].filter(Boolean).join("; "),
      ".",
      report.folder ? [" Names are shown without ", foreign(shorten(report.folder, 80)), ", which all share."] : [],
    ),
  ];
}

/** How much stands elsewhere; with a reference, of either side in the other. */
function coverageFigures(total) {
  if (!isAcross()) return [[total, "of all words stand elsewhere too"]];
  const sum = (reference) =>
    report.groups
      .filter((group) => Boolean(group.reference) === reference)
      .reduce((all, { share }) => ({ tokens: all.tokens + share.tokens, reuse: all.reuse + share.reuse }), { tokens: 0, reuse: 0 });
  return [
    [sum(true), "of the reference stand in the corpus"],
    [sum(false), "of the corpus stand in the reference"],
  ];
}

/** What the page does not hold. */
function leftOut() {
  const { passages, clusters, texts, lost, no_texts: none } = report.left_out;
  const notes = [];
  if (passages) notes.push(`${count(passages, "passage")} of ${numbers.format(passages + report.passages.length)}, those that the fewest documents carry`);
  if (clusters) notes.push(`${count(clusters, "group")} of copies`);
  if (texts && !none) notes.push(`the full text of ${count(texts, "document")}`);
  const said = [];
  if (none && report.entries.length) said.push(notice("This page holds no full texts: passages are shown without the text around them. ", lost ? "The files that the report names are not there, or have changed since it was made." : ""));
  else if (lost) said.push(notice(`The text of ${count(lost, "document")} is not in this page: the file is not there any more or has changed since the report was made. Each says so where it is shown.`));
  if (notes.length) said.push(notice(`Left out of this page: ${notes.join("; ")}. `, ...wholeResult()));
  return said;
}

function topPassages() {
  const rows = report.passages.slice(0, 5).filter((passage) => !passage.b);
  if (!rows.length) return h("p", {}, report.boilerplate ? "Nothing but boilerplate stands in more than one place." : "No passage stands in more than one place.");
  return h(
    "section",
    {},
    h("h2", {}, report.reuse > rows.length ? "Most carried passages" : "Passages"),
    h("ol", { class: "plain cards" }, rows.map((passage, number) => h("li", {}, passageCard(passage, number)))),
    report.reuse > rows.length ? h("p", {}, h("a", { href: "#passages" }, `All ${count(report.reuse, "passage")} →`)) : null,
  );
}

function passageCard(passage, number) {
  const names = [...new Set(passage.c)].slice(0, 3);
  const more = passage.n - names.length;
  return h(
    "a",
    { class: "card", href: `#passage/${number}` },
    foreign(shorten(passage.s, 220), { class: "quote" }),
    h(
      "small",
      {},
      h("b", {}, passage.n === 1 ? "twice in one document" : count(passage.n, "document")),
      ` · ${count(passage.w, "word")} · `,
      names.flatMap((id, i) => [i ? ", " : null, nameElement(id, {}, 50)]),
      more > 0 ? ` and ${numbers.format(more)} more` : "",
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
    h("ul", {}, report.skipped.map((one) => h("li", {}, foreign(shorten(place(one), 300)), ": ", foreign(shorten(one.message, 300))))),
    report.all_skipped > report.skipped.length ? h("p", {}, `and ${numbers.format(report.all_skipped - report.skipped.length)} more`) : null,
  );
}
