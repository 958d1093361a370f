"""Queues of reports: views, what a caller asks of one, words to look for, pages, counts."""
