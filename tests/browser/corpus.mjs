// Collections that the browser tests look at: a newsroom with hostile, right-to-left and CJK
// texts, and a saved report as large as a page may be.

import { writeFileSync } from "node:fs";

/** Runs something if it is ever read as markup or code. */
export const HOSTILE =
  '</script><script>window.owned=1</script></textarea><img src=x onerror="window.owned=2">' +
  "{{constructor.constructor('window.owned=3')()}} ${window.owned=4} <!-- javascript:window.owned=5";

/** Characters that turn the direction of what follows, end lines, or are not seen. */
const CONTROLS = "\u202edesrever\u202c \u2067isolated \u2066 \u2028 next \u2029 \ufeff \u200b\u0000";
/** A name of 100,000 characters without a place to break it, and a word as long. */
const ENDLESS = `\u202e${"x".repeat(100_000)}`;
const ODD = "The committee has asked for the minutes of all its earlier meetings to be sent to every member before noon";

const QUOTE =
  "The harbour authority has closed the old quay to vessels longer than forty metres until divers have inspected the piles, a decision that fishermen and ferry owners called premature";
const SECOND =
  "We are not building any new bridges in this decade, the mayor told the assembled council, because the river has never respected our plans";
const DISCLAIMER =
  "This article was produced for subscribers only and copying it in whole or in part without the consent of the publisher is prohibited";
const VARIANTS = [
  "The ministers are not going to sign the treaty on fishing before the summer is over, their office told reporters",
  "The ministers aren’t going to sign the treaty on fishing before the summer is over, their office told reporters",
  "The ministers are not going to sign the old treaty on fishing before the winter is over, their office told reporters",
  "The ministers are not going to sign the new treaty on whaling before the winter is over, their office told reporters",
  "The minister is not going to sign the treaty on fishing before the summer is over, their office told reporters",
];
const EMOJI = "The 🚢 left the 漢字 harbour with 👩‍👩‍👧 aboard and nobody on the pier could say where the small blue ship was bound";
const HEBREW = "רשות הנמל סגרה את הרציף הישן לכלי שיט ארוכים עד שצוללנים יבדקו את העמודים שמתחת למים";
const JAPANESE = "港湾当局は、潜水士が杭を点検するまで、全長四十メートルを超える船舶に対して古い岸壁を閉鎖した。";

const SYLLABLES = "ba co de fi go hu ja ke li mo nu pa ra se ti vo wa xe yo zu".split(" ");

/** Words of their own for every document. */
function filler(seed, length) {
  let state = seed * 2654435761 + 12345;
  const next = (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % n;
  };
  const word = () => Array.from({ length: 2 + next(3) }, () => SYLLABLES[next(SYLLABLES.length)]).join("");
  const sentence = () => {
    const words = Array.from({ length: 6 + next(9) }, word).join(" ");
    return `${words[0].toUpperCase()}${words.slice(1)}.`;
  };
  const paragraph = () => Array.from({ length: 2 + next(4) }, sentence).join(" ");
  const paragraphs = [];
  for (let words = 0; words < length; words += paragraphs.at(-1).split(" ").length) paragraphs.push(paragraph());
  return paragraphs.join("\n\n");
}

/** A formula: two documents hold it whole, the others its parts, which makes it boilerplate. */
const FORMULA = "please contact our customer service desk for further information about this special weekend offer";

/** Every three words in a row of the formula, far from one another. */
function scattered(seed) {
  const words = FORMULA.split(" ");
  const parts = words.slice(2).map((_, i) => words.slice(i, i + 3).join(" "));
  const order = parts.map((_, i) => parts[(i * 5 + seed) % parts.length]);
  return order.map((part, i) => `${filler(500 + 20 * seed + i, 14)} ${part} ${filler(900 + 20 * seed + i, 14)}`).join("\n\n");
}

/** Writes the newsroom as JSON lines. */
export function newsroom(path) {
  const outlets = ["Harbour Herald", "The Globe", "Küstenblatt", "<b>Daily</b>"];
  const records = [];
  const add = (id, outlet, day, text) => records.push({ id, outlet, published: `2023-11-${String(day).padStart(2, "0")}`, text });
  for (let i = 0; i < 12; i += 1) {
    const quote = i % 3 ? QUOTE : QUOTE.replace("has closed", "closed").replace("fishermen", "the fishermen");
    const second = i % 4 === 1 ? `${SECOND.replace("are not", "aren’t").replace("bridges", "bridge")}.\n\n` : i % 4 === 3 ? `${SECOND}.\n\n` : "";
    add(`story-${i}`, outlets[i % 4], 9 + i, `${filler(i, 120)}\n\n${quote}.\n\n${filler(i + 40, 100 + 20 * i)}\n\n${second}${filler(i + 80, 60)}\n\n${DISCLAIMER}.\n`);
  }
  for (let i = 0; i < 12; i += 1) add(`formula-${i}`, outlets[i % 2], 3 + i, scattered(i));
  for (let i = 0; i < 2; i += 1) add(`offer-${i}`, outlets[2], 4 + i, `${filler(700 + i, 50)}\n\n${FORMULA}.\n`);
  add("copy-of-story-4", "The Globe", 25, records[4].text);
  add("late-copy-of-story-5", "Küstenblatt", 26, records[5].text.replace("metres", "meters"));
  for (const [i, text] of [HOSTILE, HOSTILE].entries()) {
    add(`hostile-${i} ${HOSTILE}`, outlets[3], 14 + i, `${filler(200 + i, 60)}\n${text} and these are the ordinary words which both of the hostile documents hold\n${filler(220 + i, 40)}`);
  }
  // Five copies of one quote, changed in different ways: none but the engine aligns them as it does.
  for (const [i, quote] of VARIANTS.entries()) add(`variant-${i}`, outlets[i % 3], 20 + i, `${filler(800 + i, 40)}\n\n${quote}.\n\n${filler(820 + i, 40)}`);
  add(ENDLESS, `\u202eoutlet ${ENDLESS}`, 16, `${"y".repeat(100_000)} ${ODD}. ${CONTROLS} <!-- {{7*7}} </textarea> <script>window.owned=6</script>`);
  add(`odd ${CONTROLS}`, `odd ${CONTROLS}`, 17, `\ufeff${CONTROLS} ${ODD.replace("asked", `asked ${CONTROLS}`)}! ${filler(910, 20)}`);
  add("emoji-1", "Harbour Herald", 12, `😀😀😀 before. ${EMOJI}. ${filler(301, 30)}`);
  add("emoji-2", "The Globe", 13, `漢字 😀 ${filler(302, 25)} ${EMOJI.replace("small", "very small")}!`);
  add("hebrew-1", "הנמל", 12, `א\n${HEBREW}.\n`);
  add("hebrew-2", "הנמל", 13, `ב\n${HEBREW.replace("הישן", "החדש")}!\n`);
  add("新聞/朝刊", "港湾新聞", 12, `朝。${JAPANESE}`);
  add("新聞/夕刊", "港湾新聞", 13, `夕。${JAPANESE}`);
  // The last one shares nothing.
  add("alone", "The Globe", 27, Array.from({ length: 60 }, (_, i) => `lone${i}`).join(" "));
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
}

/** Writes two long texts that share quotes in another order, far from one another; one has no lines. */
export function far(path) {
  const quotes = Array.from({ length: 60 }, (_, i) => filler(5000 + i, 24).replaceAll("\n\n", " "));
  const text = (seed, order, between) => order.map((i, n) => `${filler(seed + n, 60 + ((n * 37) % 700))}${between}${quotes[i]}`).join(between).replaceAll("\n\n", between);
  const there = quotes.map((_, i) => i);
  const other = there.map((i) => (i * 23 + 7) % 60);
  const records = [{ id: "far-0", text: text(6000, there, "\n\n") }, { id: "far-1", text: text(7000, other, " ") }];
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
}

/** Writes stories of so many outlets that share quotes with their neighbours, and one with all. */
export function groups(path, many) {
  const quote = (i) => `${filler(3000 + i, 16).slice(0, 90)} and this is what the office of district ${i} had to say of it`;
  const records = Array.from({ length: many }, (_, i) => ({
    outlet: `outlet ${i}`,
    text: [filler(2000 + i, 60), quote(i), filler(2200 + i, 30), quote((i + 1) % many), i === 59 ? quote(0) : "", SECOND].join("\n\n"),
  }));
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
}

/** Writes a saved report of so many passages, made of the parts of a real one. */
export function large(report, path, passages, documents) {
  const [model] = report.passages;
  const entry = report.documents[0];
  report.documents = Array.from({ length: documents }, (_, i) => ({ ...entry, name: `document ${i}`, date: `20${10 + (i % 14)}-0${1 + (i % 9)}-11` }));
  report.coverage.documents = report.documents.map((_, i) => ({ tokens: 1000, reuse: i % 700, boilerplate: 0 }));
  report.passages = Array.from({ length: passages }, (_, i) => ({
    ...model,
    text: `${i} ${model.text}`,
    words: 10 + ((i * 7919) % 400),
    documents: 3,
    canonical: 0,
    members: [0, 1, 2].map((n) => ({ ...model.members[0], document: (i * 31 + n * 17 * (1 + (i % 5))) % documents })),
  }));
  report.document_clusters = [];
  report.matches = [];
  writeFileSync(path, JSON.stringify(report));
}
