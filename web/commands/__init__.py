"""The commands of `stoa`, one a module."""
