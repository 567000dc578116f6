//! A frame of CBOR, to a session before and after it has joined.

#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::quiet(), |bytes: &[u8]| fuzz::run(hostile::siege::frame, bytes));
