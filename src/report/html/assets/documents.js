// Documents that share something, each with its partners; and groups of copies.

const search = { text: "" };

function documentsView(id) {
  const order = [...report.entries].sort((a, b) => b.share.reuse - a.share.reuse || a.id - b.id);
  let rows = order;
  const state = h("p", { class: "state", role: "status" });
  const list = virtualList("Documents", (index) => documentRow(rows[index], id));
  function update() {
    const wanted = search.text.trim().toLowerCase();
    const name = (entry) => `${entry.name} ${provenance(entry.id)}`.toLowerCase();
    rows = wanted ? order.filter((entry) => name(entry).includes(wanted)) : order;
    state.textContent = `${count(rows.length, "document")} that ${rows.length === 1 ? "shares" : "share"} something, of ${numbers.format(report.documents)}`;
    list.show(rows.length);
    const at = rows.findIndex((entry) => entry.id === id);
    if (at > 0) list.reveal(at);
  }
  const controls = h(
    "form",
    { class: "controls", "aria-label": "Filter", onsubmit: (event) => event.preventDefault() },
    h("label", {}, "Name ", h("input", { type: "search", value: search.text, placeholder: "document, source, date", oninput: (event) => { search.text = event.target.value; update(); } })),
  );
  const detail = h("section", { class: "detail", "aria-label": "The document" });
  if (id === undefined) detail.append(h("p", { class: "hint" }, "Choose a document to see which others it shares something with."));
  else oneDocument(id, detail);
  requestAnimationFrame(update);
  return [
    h("h1", { class: id === undefined ? "" : "quiet" }, "Side by side"),
    h("div", { class: id === undefined ? "split list-only" : "split" }, h("section", { class: "list", "aria-label": "List of documents" }, controls, state, list.element), detail),
  ];
}

function documentRow(entry, current) {
  return h(
    "a",
    { class: "row", href: `#document/${entry.id}`, "aria-current": entry.id === current ? "true" : null },
    foreign(shorten(entry.name, 120), { class: "quote" }),
    h("small", {}, [provenance(entry.id), count(entry.share.tokens, "word"), `${percent(entry.share.reuse, entry.share.tokens)} stand elsewhere`].filter(Boolean).join(" · ")),
  );
}

function oneDocument(id, detail) {
  const entry = report.byId.get(id);
  if (!entry) {
    detail.append(notice(`This page holds no document ${id} that shares something. `, ...wholeResult()));
    return;
  }
  const { share } = entry;
  const found = partnersOf(id);
  if (shared(id, id).length) found.push([id, shared(id, id)]);
  fill(
    detail,
    h("p", { class: "back" }, h("a", { href: "#documents" }, "← All documents")),
    h("h2", { tabindex: "-1" }, foreign(entry.name)),
    h("p", { class: "facts" }, [provenance(id), count(share.tokens, "word"), `${percent(share.reuse, share.tokens)} in shared passages`, share.boilerplate ? `${percent(share.boilerplate, share.tokens)} boilerplate` : ""].filter(Boolean).join(" · ")),
    bar([["reuse", share.reuse], ["boilerplate", share.boilerplate]], share.tokens),
    h("h3", {}, found.length ? "Side by side with" : "No partner in this page"),
    growingList(found, 50, ([other, passages]) => partnerRow(id, other, passages), { class: "plain cards" }),
  );
}

function partnerRow(id, other, passages) {
  const words = passages.reduce((sum, number) => sum + report.passages[number].w, 0);
  const facts = [
    provenance(other),
    passages.length ? `${count(passages.length, "passage")}, ${count(words, "word")}` : "a copy",
  ];
  const link = pairLink(id, other, undefined, other === id ? "itself" : foreign(nameOf(other), { class: "quote" }), h("small", {}, facts.filter(Boolean).join(" · ")));
  link.className = "card";
  return link;
}

const REASONS = {
  exact: "exact copy",
  near: "nearly the same",
  contained: "contained",
};

function clustersView() {
  const { clusters } = report;
  return [
    h("h1", {}, "Copies"),
    h("p", { class: "facts" }, `${count(report.all_clusters, "group")} of documents that are versions of one another; ${count(report.copies, "document")} beside the ones to keep.`),
    clusters.length < report.all_clusters ? notice(`Showing ${numbers.format(clusters.length)}. `, ...wholeResult()) : null,
    clusters.length ? growingList(clusters, 25, clusterCard, { class: "plain clusters" }) : h("p", {}, "No document is a version of another."),
  ];
}

function clusterCard(cluster, index) {
  const { representative, members } = cluster;
  return h(
    "article",
    { class: "carrier" },
    h("h2", {}, foreign(nameOf(representative)), h("small", {}, ` and ${count(cluster.all_members, "version")}`)),
    h("p", { class: "facts" }, ["to keep", provenance(representative)].filter(Boolean).join(" · ")),
    growingList(members, 20, ([id, kind, similarity, containment]) => {
      const link = pairLink(representative, id, undefined, foreign(nameOf(id), { class: "quote" }), h("small", {}, [REASONS[kind], `similarity ${score(similarity)}`, `containment ${score(containment)}`, provenance(id)].filter(Boolean).join(" · ")));
      link.className = "card";
      return link;
    }, { class: "plain cards", "aria-label": `Versions in group ${index + 1}` }),
  );
}
