"""The demo community: invented people and their talk, so that a fresh checkout shows what the place is for.

`script.py` reads the content, which stands in the TOML files beside it; `stage.py` brings it into a database.
"""

from web.demo.script import list_log_ins
from web.demo.stage import DEMO_PASSWORD, load_demo

__all__ = ["DEMO_PASSWORD", "list_log_ins", "load_demo"]
