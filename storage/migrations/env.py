"""How Alembic runs here: always on a connection that it is given, in that connection's transaction."""

from alembic import context
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 -- fills the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
