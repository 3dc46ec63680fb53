// A long text as blocks: those out of sight cost the browser nothing until they come into sight.
// Blocks stand in bundles, so that not even their being out of sight is looked at one by one.

/** Characters of a block; and of one that finds no end of a line. */
const BLOCK = 4000;
const LONGEST_BLOCK = 24000;
/** Blocks of a bundle. */
const BUNDLE = 24;
/** Colours of passages, and kinds of marks. */
const HUES = 8;

class Blocks {
  constructor(parent, text) {
    this.parent = parent;
    this.text = text;
    this.bundle = null;
    this.begin();
  }

  begin() {
    this.block = h("div", { class: "block", dir: "auto" });
    this.size = 0;
  }

  end() {
    if (this.block.hasChildNodes()) {
      if (!this.bundle || this.bundle.childElementCount === BUNDLE) {
        this.bundle = h("div", { class: "bundle" });
        this.parent.append(this.bundle);
      }
      this.bundle.append(this.block);
    }
    this.begin();
  }

  /** Adds an element that is no part of the text. */
  add(element) {
    this.block.append(element);
  }

  /** Adds a stretch of the text, `wrap`ped in an element, cut where blocks end. */
  put(from, to, wrap = (words) => words) {
    while (from < to) {
      const stop = Math.min(this.cut(from), to);
      const words = this.text.slice(from, stop);
      this.block.append(wrap(words));
      this.size += stop - from;
      from = stop;
      if (this.size >= BLOCK && (words.endsWith("\n") || this.size >= LONGEST_BLOCK)) this.end();
    }
  }

  /** Where the block that holds `from` should end: after a line, or else between words. */
  cut(from) {
    const { text } = this;
    const earliest = from + Math.max(0, BLOCK - this.size - 1);
    const latest = from + Math.max(1, LONGEST_BLOCK - this.size);
    const line = text.slice(earliest, latest).indexOf("\n");
    if (line >= 0) return earliest + line + 1;
    if (latest >= text.length) return text.length;
    for (let at = latest; at > latest - 200 && at > from; at -= 1) if (/\s/u.test(text[at - 1])) return at;
    return /[\udc00-\udfff]/u.test(text[latest]) ? latest + 1 : latest;
  }
}
