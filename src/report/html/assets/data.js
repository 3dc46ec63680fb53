// The data: unpacked from the page's blocks, texts and members only when they are looked at.

/** A block's value: base64 of deflated JSON. */
async function unpack(name) {
  const packed = atob(document.getElementById(`data-${name}`).textContent);
  const raw = new Uint8Array(packed.length);
  for (let i = 0; i < raw.length; i += 1) raw[i] = packed.charCodeAt(i);
  const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

/** Keeps the last few values that a slow function gave. */
function remember(load, most) {
  const kept = new Map();
  return (key) => {
    const value = kept.get(key) || load(key);
    kept.delete(key);
    kept.set(key, value);
    if (kept.size > most) kept.delete(kept.keys().next().value);
    return value;
  };
}

const memberBlock = remember((number) => unpack(`members-${number}`), 16);
const textBlock = remember((number) => unpack(`texts-${number}`), 8);

/** The report; filled by `open`. */
let report = null;

async function open() {
  report = await unpack("head");
  report.byId = new Map(report.entries.map((entry) => [entry.id, entry]));
}

/** The members of a passage. */
async function membersOf(number) {
  const block = await memberBlock(Math.floor(number / report.block));
  return block[number % report.block];
}

/** The text of a document, or null where the page does not hold it. */
async function textOf(id) {
  const entry = report.byId.get(id);
  if (!entry || !entry.text) return null;
  return (await textBlock(entry.text[0]))[entry.text[1]];
}

function nameOf(id) {
  const entry = report.byId.get(id);
  return entry ? entry.name : `document ${id}`;
}

function groupOf(id) {
  const entry = report.byId.get(id);
  return entry && report.groups[entry.group] ? report.groups[entry.group].name : "";
}

/** Group and date, as far as they say something. */
function provenance(id) {
  const entry = report.byId.get(id);
  const parts = [];
  if (report.groups.length > 1) parts.push(groupOf(id));
  if (entry && entry.date) parts.push(entry.date);
  return parts.filter(Boolean).join(" · ");
}

/** What each document shares: other document → numbers of passages, or none for mere copies. */
let sharing = null;

function partners() {
  if (sharing) return sharing;
  // Passages of every document; the pairs are worked out for one document at a time.
  const passages = new Map();
  const copies = new Map();
  const add = (map, key, value) => {
    if (!map.has(key)) map.set(key, []);
    map.get(key).push(value);
  };
  report.passages.forEach((passage, number) => {
    for (const id of new Set(passage.c)) add(passages, id, number);
  });
  for (const cluster of report.clusters) {
    for (const [id] of cluster.members) {
      add(copies, id, cluster.representative);
      add(copies, cluster.representative, id);
    }
  }
  sharing = { passages, copies };
  return sharing;
}

/** The documents that share something with one: `[id, passages]`, those that share most first. */
function partnersOf(id) {
  const { passages, copies } = partners();
  const found = new Map((copies.get(id) || []).map((other) => [other, []]));
  for (const number of passages.get(id) || []) {
    for (const other of new Set(report.passages[number].c)) {
      if (other === id) continue;
      if (!found.has(other)) found.set(other, []);
      found.get(other).push(number);
    }
  }
  const words = (list) => list.reduce((sum, number) => sum + report.passages[number].w, 0);
  return [...found].sort((a, b) => words(b[1]) - words(a[1]) || a[0] - b[0]);
}

/** Numbers of the passages that two documents share. */
function shared(a, b) {
  const all = partners().passages.get(a) || [];
  if (a === b) return all.filter((number) => report.passages[number].c.filter((id) => id === a).length > 1);
  return all.filter((number) => report.passages[number].c.includes(b));
}
