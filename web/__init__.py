"""What Stoa shows: the Litestar app, its routes, templates, mail and worker. Reads and writes go through `storage`."""

import storage  # noqa: F401 -- first of all: it puts the safe SQLite in place before anything imports the driver
