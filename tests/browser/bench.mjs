// How large a page may be: not a test, as times depend on the machine. Prints a table.
//
//   cargo build --release && cd tests/browser && npm ci && node bench.mjs
//
// A collection of 2,000 documents whose texts are all in the page and that share 50,000 passages,
// and two copies of a text of 10 MB with a word changed here and there. Frame times are those of a
// scripted scroll of three seconds, as requestAnimationFrame sees them.

import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const PROGRAM = process.env.DOUBLET || join(ROOT, "target/release/doublet");
const RUNS = 5;

const folder = mkdtempSync(join(tmpdir(), "doublet-bench-"));
const at = (name) => join(folder, name);

/** Words that no language has, the same ones for the same seed. */
function words(seed) {
  const syllables = "ba co de fi go hu ja ke li mo nu pa ra se ti vo wa xe yo zu".split(" ");
  let state = (seed * 2654435761 + 12345) >>> 0;
  const next = (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % n;
  };
  return (many) => Array.from({ length: many }, () => Array.from({ length: 2 + next(3) }, () => syllables[next(20)]).join("")).join(" ");
}

/** Every document holds quotes of its own that one or two others print too. */
function collection(path, documents, quotes) {
  const parts = Array.from({ length: documents }, (_, i) => [words(i + 1)(40)]);
  for (let q = 0; q < quotes; q += 1) {
    const make = words(1_000_000 + q);
    const quote = make(12 + (q % 25));
    for (let n = 0; n < 2 + (q % 2); n += 1) {
      const of = (q * 7 + n * (1 + (q % 211))) % documents;
      parts[of].push(`${n && q % 3 === 0 ? quote.replace(" ", " very ") : quote}. ${make(18)}.`);
    }
  }
  const file = openSync(path, "w");
  parts.forEach((list, i) => writeSync(file, `${JSON.stringify({ id: `document ${i}`, outlet: `outlet ${i % 40}`, date: `20${10 + (i % 14)}-0${1 + (i % 9)}-11`, text: list.join("\n\n") })}\n`));
  closeSync(file);
}

/** Two long texts, alike but for a word in a thousand. */
function longTexts(path, bytes) {
  const make = words(77);
  const lines = [];
  for (let size = 0; size < bytes; size += lines.at(-1).length + 2) lines.push(make(90));
  const other = lines.map((line, i) => (i % 11 ? line : line.replace(/ \w+ /u, " otherwise ")));
  const file = openSync(path, "w");
  for (const [id, list] of [["one", lines], ["other", other]]) writeSync(file, `${JSON.stringify({ id, text: list.join("\n\n") })}\n`);
  closeSync(file);
}

/** Runs the program; seconds and the most memory it had. */
function run(...args) {
  const begun = performance.now();
  const child = spawn(PROGRAM, [...args, "--quiet"], { stdio: "inherit" });
  let peak = 0;
  const watch = setInterval(() => {
    try {
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/u.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]) / 1024);
    } catch {
      // It has ended, or this system has no such file.
    }
  }, 20);
  return new Promise((done, failed) => {
    child.on("exit", (code) => {
      clearInterval(watch);
      if (code) failed(new Error(`${args.join(" ")}: exit ${code}`));
      else done({ seconds: ((performance.now() - begun) / 1000).toFixed(1), peak: Math.round(peak) });
    });
  });
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const say = (what, value) => console.log(`${what.padEnd(62)} ${value}`);
const megabytes = (path) => `${(statSync(path).size / 1e6).toFixed(1)} MB`;

let browser;
async function open(page, view, ready) {
  const times = [];
  let last;
  for (let i = 0; i < RUNS; i += 1) {
    await last?.close();
    last = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const begun = performance.now();
    await last.goto(`${pathToFileURL(page).href}#${view}`);
    await last.locator(ready).first().waitFor();
    times.push(performance.now() - begun);
  }
  return { page: last, shown: `${Math.round(median(times))} ms (${times.map(Math.round).join(", ")})` };
}

/** Frame times while an element is scrolled, a step each frame. */
async function frames(page, selector, step) {
  const times = await page.evaluate(
    ([element, by]) =>
      new Promise((done) => {
        const scrolled = document.querySelector(element);
        scrolled.scrollTop = 0;
        const found = [];
        let last = 0;
        const begun = performance.now();
        const frame = (now) => {
          if (last) found.push(now - last);
          last = now;
          scrolled.scrollTop += by;
          if (now - begun < 3000) requestAnimationFrame(frame);
          else done(found);
        };
        requestAnimationFrame(frame);
      }),
    [selector, step],
  );
  times.sort((a, b) => a - b);
  const part = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))].toFixed(1);
  return `median ${part(0.5)} ms, 95 % ${part(0.95)} ms, longest ${part(1)} ms, ${times.length} frames`;
}

const heap = async (page) => `${Math.round((await page.evaluate(() => performance.memory.usedJSHeapSize)) / 1e6)} MB`;

try {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--enable-precise-memory-info"],
  });

  collection(at("news.jsonl"), 2_000, 50_500);
  say("2,000 documents, as JSON lines", megabytes(at("news.jsonl")));
  const source = ["find", at("news.jsonl"), "--group-by", "outlet", "--date-field", "date", "--sensitivity", "high"];
  const json = await run(...source, "--output", at("news.json"), "--compact");
  say("find, to JSON: time, peak memory", `${json.seconds} s, ${json.peak} MiB`);
  const html = await run(...source, "--output", at("news.html"));
  say("find, to the page", `${html.seconds} s, ${html.peak} MiB`);
  const again = await run("report", at("news.json"), "--output", at("again.html"));
  say("report, from JSON to the page, texts read again", `${again.seconds} s, ${again.peak} MiB`);
  const counts = JSON.parse(readFileSync(at("news.json"), "utf8"));
  say("passages found, texts in the page", `${counts.passages.length}, ${counts.documents.length}`);
  say("the page", megabytes(at("news.html")));

  let { page, shown } = await open(at("news.html"), "overview", ".figures");
  say("overview opens, median of five", shown);
  ({ page, shown } = await open(at("news.html"), "passages", ".row"));
  say("list of passages opens", shown);
  say("memory of the script", await heap(page));
  say("list scrolled 300 px a frame", await frames(page, ".virtual", 300));
  say("list scrolled 30,000 px a frame", await frames(page, ".virtual", 30_000));
  const typed = await page.evaluate(async () => {
    const input = document.querySelector("input[type=search]");
    const begun = performance.now();
    input.value = "bacode";
    input.dispatchEvent(new Event("input"));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - begun;
  });
  say("text filter, one key", `${Math.round(typed)} ms`);
  ({ page, shown } = await open(at("news.html"), "passage/0", ".carrier"));
  say("a passage opens", shown);
  const pair = await page.locator(".carrier a[href^='#pair']").first().getAttribute("href");
  ({ page, shown } = await open(at("news.html"), pair.slice(1), ".panel"));
  say("a pair opens", shown);
  ({ page, shown } = await open(at("news.html"), "documents", ".row"));
  say("list of documents opens", shown);
  await page.close();

  longTexts(at("long.jsonl"), 10_000_000);
  const long = await run("find", at("long.jsonl"), "--output", at("long.html"));
  say("two texts of 10 MB: find, to the page", `${long.seconds} s, ${long.peak} MiB, ${megabytes(at("long.html"))}`);
  ({ page, shown } = await open(at("long.html"), "pair/0/1", ".panel .block"));
  say("they open side by side", shown);
  say("memory of the script", await heap(page));
  say("one scrolled 120 px a frame", await frames(page, ".panel", 120));
  await page.getByLabel("Scroll together").check();
  say("both scrolled 120 px a frame", await frames(page, ".panel", 120));
  say("both scrolled 20,000 px a frame", await frames(page, ".panel", 20_000));
} finally {
  await browser?.close();
  rmSync(folder, { recursive: true });
}
