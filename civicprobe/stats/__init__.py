"""Statistics: one fact a report, rolled up by week, area and category; kept by a worker, exact.

Reads reports and never writes one. What is told here can be counted again from the reports.
"""
