// Which words two versions do not share: the shortest edit script of their words (Myers).

/** Words; in scripts without spaces, characters. */
const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}\p{M}'’])+/gu;
/** Most changes that are looked for; beyond, all between the equal ends differs. */
const MOST_CHANGES = 1200;

function wordsOf(text) {
  return Array.from(text.matchAll(WORD), (found) => ({
    start: found.index,
    end: found.index + found[0].length,
    word: found[0].toLowerCase().replace(/’/gu, "'"),
  }));
}

/** Ranges `[start, end]` of each text whose words the other lacks. */
function differing(a, b) {
  const words = [wordsOf(a), wordsOf(b)];
  const [left, right] = words;
  const equal = [new Uint8Array(left.length), new Uint8Array(right.length)];
  let head = 0;
  let tail = 0;
  const most = Math.min(left.length, right.length);
  while (head < most && left[head].word === right[head].word) head += 1;
  while (tail < most - head && left[left.length - 1 - tail].word === right[right.length - 1 - tail].word) tail += 1;
  for (const marks of equal) {
    marks.fill(1, 0, head);
    if (tail) marks.fill(1, marks.length - tail);
  }
  align(left.slice(head, left.length - tail), right.slice(head, right.length - tail), (i, j) => {
    equal[0][head + i] = 1;
    equal[1][head + j] = 1;
  });
  return equal.map((marks, side) => {
    const ranges = [];
    words[side].forEach((word, i) => {
      if (marks[i]) return;
      if (i > 0 && !marks[i - 1]) ranges[ranges.length - 1][1] = word.end;
      else ranges.push([word.start, word.end]);
    });
    return ranges;
  });
}

/** Calls `same(i, j)` for every pair of words that a shortest edit script keeps. */
function align(left, right, same) {
  const [n, m] = [left.length, right.length];
  if (!n || !m) return;
  const limit = Math.min(n + m, MOST_CHANGES);
  const reach = new Int32Array(2 * limit + 3);
  const at = (k) => k + limit + 1;
  const steps = [];
  for (let d = 0; d <= limit; d += 1) {
    steps.push(reach.slice(at(-d - 1), at(d + 1) + 1));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && reach[at(k - 1)] < reach[at(k + 1)]);
      let x = down ? reach[at(k + 1)] : reach[at(k - 1)] + 1;
      while (x < n && x - k < m && left[x].word === right[x - k].word) x += 1;
      reach[at(k)] = x;
      if (x >= n && x - k >= m) {
        trace(steps, n, m, same);
        return;
      }
    }
  }
}

/** Follows an edit script back from the ends of both texts. */
function trace(steps, n, m, same) {
  let [x, y] = [n, m];
  for (let d = steps.length - 1; d >= 0; d -= 1) {
    const reach = (k) => steps[d][k + d + 1];
    const k = x - y;
    const down = k === -d || (k !== d && reach(k - 1) < reach(k + 1));
    const before = down ? k + 1 : k - 1;
    const start = d === 0 ? 0 : reach(before);
    const stop = d === 0 ? 0 : down ? start : start + 1;
    while (x > stop && x - k > 0) {
      x -= 1;
      same(x, x - k);
    }
    x = start;
    y = start - before;
  }
}
