//! Spans: half-open ranges that know their coordinates.
//!
//! A [`Span`] counts bytes of a document's text, a [`TokenRange`] counts tokens; the types keep
//! the two apart. [`LineIndex`] turns byte offsets into line and column, [`code_points`] into
//! positions of code points (the indices of a Python string).
//!
//! Cost: a span is 8 bytes; a `LineIndex` is one pass over the text and 4 bytes a line.

use std::ops::Range;

use serde::{Deserialize, Serialize};

macro_rules! range_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        pub struct $name {
            /// First position inside.
            pub start: u32,
            /// First position after; never below `start`.
            pub end: u32,
        }

        impl $name {
            /// The range `start..end`.
            ///
            /// # Panics
            /// In debug builds, if `end < start`.
            #[must_use]
            pub const fn new(start: u32, end: u32) -> Self {
                debug_assert!(start <= end);
                Self { start, end }
            }

            /// Number of positions inside.
            #[must_use]
            pub const fn len(self) -> u32 {
                self.end - self.start
            }

            /// Whether nothing lies inside.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.end == self.start
            }

            /// The same range with the index type of slices.
            #[must_use]
            pub const fn range(self) -> Range<usize> {
                self.start as usize..self.end as usize
            }

            /// Number of positions that lie in both ranges.
            #[must_use]
            pub fn overlap(self, other: Self) -> u32 {
                self.end.min(other.end).saturating_sub(self.start.max(other.start))
            }

            /// Whether all of `other` lies inside.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.start <= other.start && other.end <= self.end
            }

            /// The smallest range that holds both.
            #[must_use]
            pub fn hull(self, other: Self) -> Self {
                Self::new(self.start.min(other.start), self.end.max(other.end))
            }
        }
    };
}

range_type! {
    /// Half-open range of **bytes** in a document's text; both ends lie on character boundaries.
    ///
    /// ```
    /// use doublet::Span;
    /// let span = Span::new(6, 10);
    /// assert_eq!(&"naïve café"[span.range()], " caf");
    /// assert_eq!(span.len(), 4);
    /// ```
    Span
}

range_type! {
    /// Half-open range of **token positions** in a document.
    TokenRange
}
