// Groups of copies: which documents are versions of one another, and why.

const REASONS = {
  exact: "exact copy",
  near: "nearly the same",
  contained: "contained in it",
  contains: "contains it",
};

/** Whether a corpus was compared with a reference. */
function isAcross() {
  return report.parameters.compared === "reference";
}

function clustersView(number, query, signal) {
  if (!report.clusters.length) return [h("h1", {}, "Copies"), h("p", {}, report.parameters.scope === "passages" ? "Only passages were looked for." : "No document is a version of another.")];
  const groups = report.clusters.length < report.all_clusters ? `${count(report.all_clusters, "group")}, of which this page holds ${numbers.format(report.clusters.length)}` : count(report.all_clusters, "group");
  const names = ({ representative, members }) => [representative, ...members.map(([id]) => id)].map((id) => `${fullName(id)} ${groupOf(id)} ${report.byId.get(id)?.date || ""}`).join("\n");
  const parts = {
    views: ["clusters", "cluster"],
    title: "Copies",
    chosen: "The group of copies",
    back: "← All groups",
    hint: isAcross()
      ? `Documents of the reference that the corpus matches: ${groups}. Choose one to see what matches it.`
      : `Documents that are versions of one another: ${groups}. Choose one to see its versions.`,
    all: report.clusters.map((cluster, index) => ({ ...cluster, index })),
    name: names,
    key: (cluster) => cluster.index,
    state: (rows) => `${count(rows, "group")} of ${numbers.format(report.all_clusters)}; ${count(report.copies, "document")} ${isAcross() ? "of the corpus" : "beside the ones to keep"}`,
    row: clusterRow,
    detail: oneCluster,
  };
  return namedList(parts, number, query, signal);
}

function clusterRow(cluster, current, place) {
  const kinds = ["exact", "near", "contained"].map((kind) => [kind, cluster.members.filter(([, of]) => of === kind).length]).filter(([, many]) => many);
  const words = { exact: "exact", near: "near", contained: "contained" };
  return h(
    "a",
    { class: "row", href: place, "aria-current": cluster.index === current ? "true" : null },
    nameElement(cluster.representative, { class: "quote" }),
    h("small", {}, [`${count(cluster.all_members, "other version")}: ${kinds.map(([kind, many]) => `${numbers.format(many)} ${words[kind]}`).join(", ")}`, `lowest score ${score(cluster.lowest)}`].join(" · ")),
  );
}

function oneCluster(number, detail, back) {
  const cluster = report.clusters[number];
  if (!cluster) {
    fill(detail, back, notice(`This page holds no group ${number}. `, ...wholeResult()));
    return;
  }
  const { representative, members } = cluster;
  fill(
    detail,
    back,
    h("h2", { tabindex: "-1" }, count(cluster.all_members + 1, "version")),
    h(
      "article",
      { class: "carrier canonical" },
      h("p", { class: "facts" }, isAcross() ? "Of the reference" : `The one to keep (${report.parameters.keep})`),
      h("h3", {}, h("a", { href: `#document/${representative}` }, nameElement(representative))),
      h("p", { class: "facts" }, [provenance(representative), count(report.byId.get(representative)?.share.tokens || 0, "word")].filter(Boolean).join(" · ")),
    ),
    h("h3", {}, "Side by side with"),
    cluster.all_members > members.length ? notice(`Showing ${numbers.format(members.length)} of ${numbers.format(cluster.all_members)}. `, ...wholeResult()) : null,
    growingList(members, 50, ([id, kind, similarity, containment, contains]) => {
      const holds = kind === "contained" && containment < contains;
      const facts = [`similarity ${score(similarity)}`, holds ? `contains ${percent(contains, 1)} of it` : `contained to ${percent(containment, 1)}`, provenance(id), count(report.byId.get(id)?.share.tokens || 0, "word")];
      const link = pairLink(representative, id, undefined, nameElement(id, { class: "quote" }), h("small", {}, h("b", {}, REASONS[holds ? "contains" : kind]), ` · ${facts.filter(Boolean).join(" · ")}`));
      link.className = "card";
      return link;
    }, { class: "plain cards", "aria-label": "Other versions" }),
  );
}
