//! A sync message with the checksums inside put right, from a session that may write.

#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::quiet(), |bytes: &[u8]| fuzz::run(hostile::siege::sync_message, bytes));
