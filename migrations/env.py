"""Alembic's entry: the app's own engine and models; on SQLite foreign keys rest meanwhile."""

from alembic import context
from flask import current_app

from civicprobe.db import Model

engine = current_app.extensions["migrate"].db.engine


def migrate() -> None:
    """Run the asked-for steps in one transaction, then prove that no row points nowhere."""
    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        driver = connection.connection.dbapi_connection
        if is_sqlite:
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            context.configure(
                connection=connection,
                target_metadata=Model.metadata,
                compare_type=True,
                render_as_batch=is_sqlite,
            )
            with context.begin_transaction():
                context.run_migrations()
                broken = (
                    connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                    if is_sqlite
                    else []
                )
                if broken:
                    raise RuntimeError(f"{len(broken)} rows point nowhere, first in {broken[0][0]}")
        finally:
            if is_sqlite:
                driver.execute("PRAGMA foreign_keys=ON")


migrate()
