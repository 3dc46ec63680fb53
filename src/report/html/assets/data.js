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
const alignedBlock = remember((number) => (document.getElementById(`data-aligned-${number}`) ? unpack(`aligned-${number}`) : null), 16);
const textBlock = remember((number) => unpack(`texts-${number}`), 8);

/** The report; filled by `open`. */
let report = null;

async function open() {
  report = await unpack("head");
  report.byId = new Map(report.entries.map((entry) => [entry.id, entry]));
  report.folder = commonFolder(report.entries.map((entry) => entry.name));
  report.dated = report.entries.some((entry) => entry.time !== null);
}

/** What all names begin with, up to a slash: said once instead of on every line. */
function commonFolder(names) {
  if (names.length < 2) return "";
  let shared = names[0].slice(0, names[0].lastIndexOf("/") + 1);
  for (const name of names) {
    while (!name.startsWith(shared)) shared = shared.length > 1 ? shared.slice(0, shared.lastIndexOf("/", shared.length - 2) + 1) : "";
    if (!shared) break;
  }
  return shared.length > 2 ? shared : "";
}

/** The members of a passage. */
async function membersOf(number) {
  const block = await memberBlock(Math.floor(number / report.block));
  return block[number % report.block];
}

/** How the members of a passage are aligned: a row for each, or null where the page has none. */
async function alignmentsOf(number) {
  const block = await alignedBlock(Math.floor(number / report.block));
  return block ? block[number % report.block] : null;
}

/** The whole texts of the passages of which the head holds the beginning: number → text. */
let longer = null;

async function longerTexts() {
  longer = longer || new Map(await unpack("longer"));
  return longer;
}

/** The text of a document, or null where the page does not hold it. */
async function textOf(id) {
  const entry = report.byId.get(id);
  if (!entry || !entry.text) return null;
  return (await textBlock(entry.text[0]))[entry.text[1]];
}

/** The name of a document, without the folder that all share. */
function nameOf(id) {
  const entry = report.byId.get(id);
  return entry ? entry.name.slice(report.folder.length) : `document ${id}`;
}

/** The name in an element of its own; long ones lose their middle, which says least. */
function nameElement(id, properties, most = 140) {
  const name = nameOf(id);
  const points = name.length > most ? Array.from(name) : [];
  const shown = points.length > most ? `${points.slice(0, most / 2).join("")} … ${points.slice(-most / 2 + 3).join("")}` : name;
  return foreign(shown, { title: points.length > most || report.folder ? plain(fullName(id), 300) : null, ...properties });
}

function fullName(id) {
  const entry = report.byId.get(id);
  return entry ? entry.name : nameOf(id);
}

/** Why the page has no text of a document; null if it has. */
function absenceOf(id) {
  const entry = report.byId.get(id);
  if (!entry || entry.text) return null;
  return entry.absence || "Its text is beyond the limits of this page.";
}

function groupOf(id) {
  const entry = report.byId.get(id);
  return entry && report.groups[entry.group] ? report.groups[entry.group].name : "";
}

/** Group and date, as far as they say something. */
function provenance(id) {
  const entry = report.byId.get(id);
  const parts = [];
  if (report.groups.length > 1) parts.push(plain(groupOf(id)));
  if (entry && entry.date) parts.push(plain(entry.date));
  // Whatever direction the source's name has, the date stands after it.
  return parts.filter(Boolean).map((part) => `\u2068${part}\u2069`).join(" · ");
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
