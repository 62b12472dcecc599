"""`make bench`: measures the platform on this machine and writes docs/benchmarks.md."""
