"""Benchmarks: ratios against a reference run beside them, never a wall-clock limit."""
