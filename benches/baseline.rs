//! What the ratios are measured against.
//!
//! [`ByteTable`] is the plain way to tokenise ASCII: one table look-up a byte for class and lower
//! case, and the same hash of each word that the engine computes. Its tokens equal the engine's
//! but for contractions, which it does not write out (it has less to do).

/// Words as the byte-table loop finds them.
#[derive(Debug, Default)]
pub struct ByteTable {
    /// Where each word starts.
    pub starts: Vec<u32>,
    /// Where each word ends.
    pub ends: Vec<u32>,
    /// Hash of each word.
    pub hashes: Vec<u32>,
}

/// Lower-case letter or digit of a byte of a word, else 0.
static LOWER: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = byte as u8;
        if value.is_ascii_alphanumeric() {
            table[byte] = value.to_ascii_lowercase();
        }
        byte += 1;
    }
    table
};

const KEYS: [u64; 4] =
    [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1];

const fn fold_multiply(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

impl ByteTable {
    /// Replaces the content by the words of an ASCII text.
    pub fn tokenize(&mut self, text: &str) {
        self.starts.clear();
        self.ends.clear();
        self.hashes.clear();
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if LOWER[usize::from(bytes[at])] == 0 {
                at += 1;
                continue;
            }
            let start = at;
            // The word so far: 16 bytes in two registers, blocks before them in `state`.
            let (mut state, mut low, mut high, mut filled) = (0, 0u64, 0u64, 0);
            while let Some(&byte) = bytes.get(at) {
                let mut lower = LOWER[usize::from(byte)];
                if lower == 0 {
                    let inside = byte == b'\''
                        && bytes.get(at + 1).is_some_and(|&next| LOWER[usize::from(next)] != 0);
                    if !inside {
                        break;
                    }
                    lower = byte;
                }
                if filled == 16 {
                    state ^= fold_multiply(low ^ KEYS[0], high ^ KEYS[1]);
                    (low, high, filled) = (0, 0, 0);
                }
                if filled < 8 {
                    low |= u64::from(lower) << (8 * filled);
                } else {
                    high |= u64::from(lower) << (8 * filled - 64);
                }
                filled += 1;
                at += 1;
            }
            // The engine's hash of a token: two widening multiplications for up to 16 bytes.
            let last = fold_multiply(low ^ KEYS[0], high ^ KEYS[1]);
            let hash = fold_multiply(state ^ last ^ KEYS[2], KEYS[3]);
            self.starts.push(start as u32);
            self.ends.push(at as u32);
            self.hashes.push((hash >> 33) as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_engine() {
        let text = "The quick-brown fox's 3 tails; 'quoted' antidisestablishmentarianism";
        let mut words = ByteTable::default();
        words.tokenize(text);
        let tokens = doublet::text::tokenize(text);
        let spans: Vec<(u32, u32)> =
            tokens.iter().map(|token| (token.span.start, token.span.end)).collect();
        let own: Vec<(u32, u32)> =
            words.starts.iter().copied().zip(words.ends.iter().copied()).collect();
        assert_eq!(own, spans);
        assert_eq!(words.hashes.len(), spans.len());
    }
}
