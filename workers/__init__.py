"""Processes that do the follow-up work: ids in, one service call, nothing else."""
