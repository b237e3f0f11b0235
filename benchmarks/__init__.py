"""Benchmarks: `python -m benchmarks` runs every problem, `python -m benchmarks P5 P8a` some of them."""
