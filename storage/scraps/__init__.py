"""Scraps: written, read, let stand, hidden, taken back; their keys follow those of their board."""
