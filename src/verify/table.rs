//! The shingle set of one document, to stream others past.
//!
//! Idea: open addressing over the hashes themselves, at most half full. Each slot carries the
//! number of the document that it belongs to and of the document that visited it last: raising a
//! number empties the table or starts another visit without writing memory, and a shingle that
//! repeats counts once.
//!
//! Cost: some 2 ns a shingle; 16 bytes a slot, two to four slots a different shingle.

/// What streaming one shingle past a table tells.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Visit {
    /// The table holds it and this document had not shown it before.
    First,
    /// This document has shown it before.
    Again,
    /// The table does not hold it.
    Absent,
}

/// A set of shingles by open addressing; emptied by raising a number, not by writing memory.
#[derive(Debug, Default)]
pub(super) struct ShingleTable {
    slots: Vec<Slot>,
    mask: usize,
    /// Number of the document in the table, from 1; slots of other numbers are free.
    epoch: u32,
    /// Number of the document that streams past, from 1.
    visits: u32,
    /// Different shingles inside.
    len: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    hash: u64,
    epoch: u32,
    visit: u32,
}

impl ShingleTable {
    /// Empties the table and makes room for `shingles`, or for as many as most documents have: it
    /// grows for longer ones, which may repeat themselves.
    pub(super) fn clear(&mut self, shingles: usize) {
        let wanted = (2 * shingles).next_power_of_two().clamp(64, 1 << 14);
        if self.slots.len() < wanted || self.epoch == u32::MAX {
            self.slots.clear();
            self.slots.resize(wanted, Slot::default());
            self.epoch = 0;
        }
        // Short documents use the front of a long table: it stays in the cache.
        self.mask = wanted - 1;
        self.epoch += 1;
        self.visits = 0;
        self.len = 0;
    }

    /// The slot of a shingle: where it is, or the free one where it belongs. Half of the slots
    /// are free.
    #[inline]
    fn place(&self, hash: u64) -> usize {
        let mut place = hash as usize & self.mask;
        while self.slots[place].epoch == self.epoch && self.slots[place].hash != hash {
            place = (place + 1) & self.mask;
        }
        place
    }

    #[inline]
    pub(super) fn insert(&mut self, hash: u64) {
        let place = self.place(hash);
        let slot = &mut self.slots[place];
        if slot.epoch != self.epoch {
            *slot = Slot { hash, epoch: self.epoch, visit: 0 };
            self.len += 1;
            if 2 * self.len as usize > self.mask {
                self.grow();
            }
        }
    }

    /// Twice the room, while a document is being put in.
    #[inline(never)]
    fn grow(&mut self) {
        let inside: Vec<u64> = self.slots[..=self.mask]
            .iter()
            .filter(|slot| slot.epoch == self.epoch)
            .map(|slot| slot.hash)
            .collect();
        let wanted = 2 * (self.mask + 1);
        if self.slots.len() < wanted {
            self.slots.resize(wanted, Slot::default());
        }
        self.mask = wanted - 1;
        // Nothing of this document stays where it was; slots further back may be older.
        self.slots[..wanted].fill(Slot::default());
        for hash in inside {
            let place = self.place(hash);
            self.slots[place] = Slot { hash, epoch: self.epoch, visit: 0 };
        }
    }

    #[inline]
    pub(super) fn visit(&mut self, hash: u64) -> Visit {
        let place = self.place(hash);
        let slot = &mut self.slots[place];
        if slot.epoch != self.epoch {
            Visit::Absent
        } else if slot.visit == self.visits {
            Visit::Again
        } else {
            slot.visit = self.visits;
            Visit::First
        }
    }

    /// Begins to stream another document past.
    pub(super) const fn begin_visits(&mut self) {
        self.visits += 1;
    }

    /// Different shingles inside.
    pub(super) const fn len(&self) -> u32 {
        self.len
    }

    pub(super) fn holds(&self, hash: u64) -> bool {
        !self.slots.is_empty() && self.slots[self.place(hash)].epoch == self.epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exhausted_epoch_starts_afresh() {
        let mut table = ShingleTable::default();
        table.clear(10);
        table.insert(5);
        table.epoch = u32::MAX;
        table.clear(10);
        assert!(!table.holds(5));
        table.insert(5);
        assert!(table.holds(5) && table.len == 1);
    }

    #[test]
    fn room_grows_with_different_shingles_only() {
        let mut table = ShingleTable::default();
        table.clear(1_000_000);
        (0..1_000_000u64).for_each(|i| table.insert(i % 1000));
        assert_eq!((table.len(), table.slots.len()), (1000, 1 << 14));
        (0..100_000u64).for_each(|i| table.insert(i));
        assert_eq!((table.len(), table.slots.len()), (100_000, 1 << 18));
        assert!((0..100_000).all(|hash| table.holds(hash)) && !table.holds(100_000));
    }

    #[test]
    fn visits_count_once_each() {
        let mut table = ShingleTable::default();
        table.clear(10);
        table.insert(7);
        for _ in 0..2 {
            table.begin_visits();
            assert!(table.visit(7) == Visit::First);
            assert!(table.visit(7) == Visit::Again);
            assert!(table.visit(8) == Visit::Absent);
        }
    }
}
