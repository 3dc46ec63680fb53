// Two members of a passage against one another, through the canonical passage that the report
// aligned both with: what one changed and the other did not, and what both changed differently.

/** Kinds of operations, as the data numbers them. */
const [EQUAL, , , WORDING, INSERTED, DELETED] = [0, 1, 2, 3, 4, 5];

/** A row of the data as operations: kind, stretches of the canonical passage, place in the text. */
function operations(row, start) {
  let at = start;
  let stretch = 0;
  return row.map(([kind, stretches, lead, length]) => {
    const from = at + lead;
    at = from + length;
    stretch += stretches;
    return { kind, first: stretch - stretches, end: stretch, from, to: at };
  });
}

/** The next operations of both that cover the same stretches. */
function nextGroup(rows, at) {
  const group = [[], []];
  const next = (side) => rows[side][at[side]];
  const take = (side) => group[side].push(rows[side][at[side]++]);
  const inserts = (side) => next(side) && next(side).first === next(side).end;
  // What is inserted at this place, by one or by both.
  if (inserts(0) || inserts(1)) {
    for (const side of [0, 1]) while (inserts(side)) take(side);
    return group;
  }
  if (!next(0) || !next(1)) {
    for (const side of [0, 1]) while (next(side)) take(side);
    return group;
  }
  take(0);
  take(1);
  const end = (side) => group[side].at(-1).end;
  while (end(0) !== end(1)) {
    const behind = end(0) < end(1) ? 0 : 1;
    if (!next(behind)) break;
    take(behind);
  }
  return group;
}

/** Where the words of a side's operations stand, without those that it lacks; null if nowhere. */
function placeOf(list) {
  const present = list.filter((one) => one.to > one.from);
  return present.length ? [Math.min(...present.map((one) => one.from)), Math.max(...present.map((one) => one.to))] : null;
}

/**
 * The words that two members do not share, as `[start, end, kind]` in the text of each. `members`
 * are `{ row, place }`; without rows (the report's alignments do not fit the texts) the words are
 * compared themselves.
 */
function compare(members, texts) {
  const found = [[], []];
  const add = (places, kind) => places.forEach((place, side) => place && found[side].push([...place, kind]));
  const byWords = (places) => {
    const ranges = differing(...places.map((place, side) => texts[side].slice(...place)));
    ranges.forEach((list, side) => {
      for (const [start, end] of list) found[side].push([places[side][0] + start, places[side][0] + end, WORDING]);
    });
  };
  if (members.some((member) => !member.row)) {
    byWords(members.map((member) => member.place));
    return found;
  }
  const rows = members.map((member) => operations(member.row, member.place[0]));
  const at = [0, 0];
  while (at[0] < rows[0].length || at[1] < rows[1].length) {
    const group = nextGroup(rows, at);
    const unchanged = group.map((list) => list.every((one) => one.kind === EQUAL));
    if (unchanged[0] && unchanged[1]) continue;
    const places = group.map(placeOf);
    if (places[0] && places[1] && !unchanged[0] && !unchanged[1]) {
      // Both changed it: perhaps in the same way.
      byWords(places);
      continue;
    }
    const changed = group[unchanged[0] || !group[0].length ? 1 : 0];
    const kind = changed.length === 1 ? changed[0].kind : WORDING;
    add(places, kind === DELETED ? INSERTED : kind);
  }
  return found;
}
