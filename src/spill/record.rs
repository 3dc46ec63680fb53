//! Records of a fixed size: their order and their bytes.

/// A value of a fixed number of bytes that can be sorted.
pub(crate) trait Record: Copy + Ord + Send + Sync + 'static {
    /// Bytes of one record in a file.
    const SIZE: usize;

    /// The start of the order as a number: of two records the lower has no higher key. Records
    /// of one key are never parted between ranges.
    fn key(&self) -> u64;

    /// Writes the record to exactly [`SIZE`](Self::SIZE) bytes.
    fn put(&self, bytes: &mut [u8]);

    /// Reads it again.
    fn get(bytes: &[u8]) -> Self;
}

/// A field of a record.
pub(crate) trait Fields: Sized {
    const SIZE: usize;

    /// Writes it to the front and returns the rest.
    fn put<'b>(&self, bytes: &'b mut [u8]) -> &'b mut [u8];

    /// Reads it from the front and moves on.
    fn get(bytes: &mut &[u8]) -> Self;
}

macro_rules! number_fields {
    ($($number:ty),*) => {$(
        impl Fields for $number {
            const SIZE: usize = size_of::<$number>();

            fn put<'b>(&self, bytes: &'b mut [u8]) -> &'b mut [u8] {
                let (own, rest) = bytes.split_at_mut(Self::SIZE);
                own.copy_from_slice(&self.to_le_bytes());
                rest
            }

            fn get(bytes: &mut &[u8]) -> Self {
                let mut own = [0; Self::SIZE];
                let (front, rest) = bytes.split_at(Self::SIZE);
                own.copy_from_slice(front);
                *bytes = rest;
                Self::from_le_bytes(own)
            }
        }
    )*};
}

number_fields!(u8, u16, u32, u64);

/// Declares a record: its fields in the order that sorts it, and its key.
macro_rules! record {
    (
        $(#[$about:meta])*
        $name:ident { $($(#[$doc:meta])* $field:ident: $kind:ty),* $(,)? }
        key($this:ident) = $key:expr
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name { $($(#[$doc])* pub(crate) $field: $kind),* }

        impl $crate::spill::Record for $name {
            const SIZE: usize = 0 $(+ <$kind as $crate::spill::Fields>::SIZE)*;

            #[inline]
            fn key(&self) -> u64 {
                let $this = self;
                $key
            }

            #[inline]
            fn put(&self, bytes: &mut [u8]) {
                $(let bytes = $crate::spill::Fields::put(&self.$field, bytes);)*
                debug_assert!(bytes.is_empty());
            }

            #[inline]
            fn get(bytes: &[u8]) -> Self {
                let mut bytes = bytes;
                $(let $field = $crate::spill::Fields::get(&mut bytes);)*
                Self { $($field),* }
            }
        }
    };
}

pub(crate) use record;
