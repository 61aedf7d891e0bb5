"""Threads and posts: lists of threads, the pages of a thread, and what its people write."""
