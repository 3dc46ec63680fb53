// Documents that share something, each with its partners.

/** What all lists of names filter by, and where they stand in the address. */
function textOfQuery(query) {
  return new URLSearchParams(query).get("text") || "";
}

function queryOfText(text) {
  return text.trim() ? `?${new URLSearchParams({ text: text.trim() })}` : "";
}

/**
 * A list with a filter by name beside what is chosen of it. `parts` has `views` (fragments of the
 * list and of one row), `title`, `hint`, `all` rows, `name(row)`, `row(row, chosen, place)`,
 * `state(rows)`, `key(row)` and `detail(key, element, back)`.
 */
function namedList(parts, chosen, query, signal) {
  let text = textOfQuery(query);
  let rows = parts.all;
  const [listView, rowView] = parts.views;
  const state = h("p", { class: "state", role: "status" });
  const back = h("a", { href: `#${listView}${queryOfText(text)}` }, parts.back);
  const list = virtualList(parts.title, (index) => parts.row(rows[index], chosen, `#${rowView}/${parts.key(rows[index])}${queryOfText(text)}`));
  function update(first) {
    const wanted = text.trim().toLowerCase();
    rows = wanted ? parts.all.filter((row) => parts.name(row).toLowerCase().includes(wanted)) : parts.all;
    state.textContent = parts.state(rows.length);
    list.show(rows.length, first ? keptTop(`${listView}${queryOfText(text)}`) : 0);
    const at = rows.findIndex((row) => parts.key(row) === chosen);
    if (first && at >= 0) list.reveal(at);
  }
  const type = (event) => {
    text = event.target.value;
    const place = chosen === undefined ? `#${listView}` : `#${rowView}/${chosen}`;
    history.replaceState(null, "", `${place}${queryOfText(text)}`);
    back.href = `#${listView}${queryOfText(text)}`;
    update(false);
  };
  const controls = h(
    "form",
    { class: "controls", "aria-label": "Filter", onsubmit: (event) => event.preventDefault() },
    h("label", {}, "Name ", h("input", { type: "search", value: text, placeholder: "document, source, date", oninput: type })),
  );
  const detail = h("section", { class: "detail", "aria-label": parts.chosen });
  if (chosen === undefined) detail.append(h("p", { class: "hint" }, parts.hint));
  else parts.detail(chosen, detail, h("p", { class: "back" }, back));
  requestAnimationFrame(() => update(true));
  signal.addEventListener("abort", () => keepTop(`${listView}${queryOfText(text)}`, list.top()));
  return [
    h("h1", { class: "quiet" }, parts.title),
    h(
      "div",
      { class: chosen === undefined ? "split list-only narrow-rows" : "split narrow-rows" },
      h("section", { class: "list", "aria-label": `List: ${parts.title}` }, controls, state, list.element),
      detail,
    ),
  ];
}

function documentsView(id, query, signal) {
  const parts = {
    views: ["documents", "document"],
    title: "Documents",
    chosen: "The document",
    back: "← All documents",
    hint: "Choose a document to see what it shares with others, and put two side by side.",
    all: [...report.entries].sort((a, b) => b.share.reuse - a.share.reuse || a.id - b.id),
    name: (entry) => `${entry.name} ${groupOf(entry.id)} ${entry.date || ""}`,
    key: (entry) => entry.id,
    state: (rows) => `${count(rows, "document")} that ${rows === 1 ? "shares" : "share"} something, of ${numbers.format(report.documents)}`,
    row: documentRow,
    detail: oneDocument,
  };
  return namedList(parts, id, query, signal);
}

function documentRow(entry, current, place) {
  return h(
    "a",
    { class: "row", href: place, "aria-current": entry.id === current ? "true" : null },
    nameElement(entry.id, { class: "quote" }),
    h("small", {}, [provenance(entry.id), count(entry.share.tokens, "word"), `${percent(entry.share.reuse, entry.share.tokens)} stand elsewhere`].filter(Boolean).join(" · ")),
  );
}

function oneDocument(id, detail, back) {
  const entry = report.byId.get(id);
  if (!entry) {
    fill(detail, back, notice(`This page holds no document ${id} that shares something. `, ...wholeResult()));
    return;
  }
  const { share } = entry;
  const found = partnersOf(id);
  if (shared(id, id).length) found.push([id, shared(id, id)]);
  const clusters = report.clusters.flatMap((cluster, number) => (cluster.representative === id || cluster.members.some(([member]) => member === id) ? [number] : []));
  const absence = absenceOf(id);
  fill(
    detail,
    back,
    h("h2", { tabindex: "-1" }, foreign(shorten(entry.name, 1000))),
    h("p", { class: "facts" }, [provenance(id), count(share.tokens, "word"), `${percent(share.reuse, share.tokens)} in shared passages`, share.boilerplate ? `${percent(share.boilerplate, share.tokens)} boilerplate` : ""].filter(Boolean).join(" · ")),
    bar([["reuse", share.reuse], ["boilerplate", share.boilerplate]], share.tokens),
    absence ? h("p", { class: "facts" }, "Without its full text. ", foreign(shorten(absence, 300))) : null,
    clusters.map((number) => h("p", {}, h("a", { href: `#cluster/${number}` }, report.clusters[number].representative === id ? "Represents a group of copies" : "Belongs to a group of copies"))),
    h("h3", {}, found.length ? "Side by side with" : "No partner in this page"),
    growingList(found, 50, ([other, passages]) => partnerRow(id, other, passages), { class: "plain cards", "aria-label": "Documents that share something with it" }),
  );
}

function partnerRow(id, other, passages) {
  const words = passages.reduce((sum, number) => sum + report.passages[number].w, 0);
  const facts = [
    provenance(other),
    passages.length ? `${count(passages.length, "passage")}, ${count(words, "word")}` : "a copy",
  ];
  const link = pairLink(id, other, undefined, other === id ? "itself" : nameElement(other, { class: "quote" }), h("small", {}, facts.filter(Boolean).join(" · ")));
  link.className = "card";
  return link;
}
