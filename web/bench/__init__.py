"""How fast the real server answers, and how fast search finds; `command.py` is `stoa bench`."""
