"""What Stoa remembers: tables, queries, commands and migrations, on SQLite and PostgreSQL alike.

Imported before any database driver: the SQLite that comes with Python 3.11 can corrupt a WAL database when two
connections write and checkpoint at the same moment (fixed in 3.51.3), so `pysqlite3`, which carries a newer one, takes
its place in this process. Rows never leave this package: reads return views, writes return ids or a `Refused`.
"""

import sys

import pysqlite3
from pysqlite3 import dbapi2

SAFE_SQLITE = (3, 51, 3)


class AffectedSqlite(RuntimeError):
    """The SQLite in use has the WAL-reset bug."""


def demand_safe_sqlite(version: tuple[int, ...]) -> None:
    """Refuse to run on a SQLite that can corrupt its own database."""
    if version < SAFE_SQLITE:
        found, wanted = ".".join(map(str, version)), ".".join(map(str, SAFE_SQLITE))
        raise AffectedSqlite(f"SQLite {found} can corrupt a WAL database; Stoa needs {wanted} or newer (pysqlite3)")


demand_safe_sqlite(pysqlite3.sqlite_version_info)
sys.modules["sqlite3"] = pysqlite3
sys.modules["sqlite3.dbapi2"] = dbapi2
