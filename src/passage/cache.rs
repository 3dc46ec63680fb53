//! What was asked for last, within a bound.
//!
//! Idea: two generations. What is asked for goes into the young one; when that holds half of what
//! the cache may, it becomes the old one, whose content is dropped. What is found in the old one
//! becomes young again. So what goes was not asked for while half a cache of others was. Parts by
//! document keep threads from waiting for one another.
//!
//! Cost: a lock and a look-up, some 30 ns; nothing is moved when room is made.

use std::sync::{Mutex, PoisonError};

use hashbrown::HashMap;

/// Parts with a lock each.
const PARTS: usize = 16;

/// Values whose size is known.
pub(crate) trait Weighed {
    /// About how many bytes of memory it takes.
    fn bytes(&self) -> usize;
}

/// Values by document.
pub(crate) struct Cache<V> {
    parts: Vec<Mutex<Part<V>>>,
    /// Bytes of one generation of one part.
    room: usize,
}

struct Part<V> {
    young: HashMap<u32, V>,
    old: HashMap<u32, V>,
    young_bytes: usize,
}

/// Bytes of an entry besides its value.
const ENTRY: usize = 64;

impl<V: Clone + Weighed> Cache<V> {
    /// One of about so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        let part = || Part { young: HashMap::new(), old: HashMap::new(), young_bytes: 0 };
        let parts = (0..PARTS).map(|_| Mutex::new(part())).collect();
        Self { parts, room: bytes / (2 * PARTS) }
    }

    /// The value of a document, loaded if it is not there.
    pub(crate) fn get(&self, document: u32, load: impl FnOnce() -> V) -> V {
        let part = &self.parts[document as usize % PARTS];
        if let Some(value) =
            part.lock().unwrap_or_else(PoisonError::into_inner).find(document, self.room)
        {
            return value;
        }
        // Without the lock: others need not wait for a file to be read.
        let value = load();
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        part.put(document, value.clone(), self.room);
        value
    }
}

impl<V: Clone + Weighed> Part<V> {
    fn find(&mut self, document: u32, room: usize) -> Option<V> {
        if let Some(value) = self.young.get(&document) {
            return Some(value.clone());
        }
        let value = self.old.remove(&document)?;
        self.put(document, value.clone(), room);
        Some(value)
    }

    fn put(&mut self, document: u32, value: V, room: usize) {
        let bytes = value.bytes() + ENTRY;
        if self.young_bytes + bytes > room {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        // What is larger than the room is not kept.
        if bytes <= room && self.young.insert(document, value).is_none() {
            self.young_bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    impl Weighed for u32 {
        fn bytes(&self) -> usize {
            1000
        }
    }

    #[test]
    fn what_is_asked_for_often_stays_and_the_rest_goes() {
        let cache = Cache::new(2 * PARTS * 4 * (1000 + ENTRY));
        let loaded = Cell::new(0);
        let get = |document: u32| {
            cache.get(document, || {
                loaded.set(loaded.get() + 1);
                document * 7
            })
        };
        let mut asked = 0;
        for round in 0..1000 {
            // One of each part, again and again, among others that do not come back.
            for document in [round % 16, 16 + round] {
                assert_eq!(get(document), document * 7);
                asked += 1;
            }
        }
        assert!(loaded.get() < asked && loaded.get() >= 1000, "{} loaded", loaded.get());
        let held = |part: &Mutex<Part<u32>>| {
            let part = part.lock().expect("nobody panicked");
            part.young.len() + part.old.len()
        };
        assert!(cache.parts.iter().all(|part| held(part) <= 8));
        let none = Cache::new(0);
        assert_eq!((none.get(3, || 5_u32), none.get(3, || 6)), (5, 6));
    }
}
