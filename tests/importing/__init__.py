"""Importing real archives: slow, and with the data beside the repository."""
