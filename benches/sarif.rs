//! How long a SARIF log of 25,000 results takes.

use std::hint::black_box;
use std::io::{self, Write};

use criterion::{Criterion, criterion_group, criterion_main};
use holdfast::output::{self, Format, OutputOptions, Profile};

#[path = "../tests/support/reports.rs"]
mod reports;

/// Counts what is written and keeps nothing.
struct Sink(usize);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn sarif(criterion: &mut Criterion) {
    let report = reports::many(25_000);
    let format = Format::parse("sarif").expect("SARIF is a format");
    let mut group = criterion.benchmark_group("sarif");
    group.sample_size(10);
    for (name, profile) in [("25000 results, full", Profile::Full), ("25000 results, github", Profile::Github)] {
        let options = OutputOptions { profile, ..OutputOptions::default() };
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut sink = Sink(0);
                output::write(black_box(&report), format, &options, &mut sink).expect("a sink can be written to");
                sink.0
            });
        });
    }
    group.finish();
}

criterion_group!(benches, sarif);
criterion_main!(benches);
