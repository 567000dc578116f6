//! The report: parsed, checked and printed.
