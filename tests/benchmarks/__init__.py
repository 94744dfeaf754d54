"""Benchmarks: ratios and counts beside other tools; run by hand, never collected as tests."""
