"""Creates and upgrades the schema, and says whether a database fits this version of OrderScope."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert, inspect, select

from data_access.database import writing
from data_access.errors import DatabaseUnfit
from data_access.tables import data_version, properties

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade_schema(engine: Engine, *, time_zone: str = "Asia/Shanghai") -> None:
    """Brings the schema to the newest version, from nothing or from any earlier one. A new
    database is given its identity and keeps `time_zone` for its business days."""
    config = _config()
    with engine.begin() as connection:
        if _revision_is_unknown(MigrationContext.configure(connection), config):
            raise DatabaseUnfit("newer_schema")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    with writing(engine) as connection:
        if connection.scalar(select(properties.c.value).limit(1)) is None:
            facts = {"database_id": uuid4().hex, "time_zone": time_zone}
            connection.execute(
                insert(properties),
                [{"name": name, "value": value} for name, value in facts.items()],
            )


def schema_is_current(engine: Engine) -> bool:
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current == ScriptDirectory.from_config(_config()).get_current_head()


def has_schema(engine: Engine) -> bool:
    return inspect(engine).has_table("data_version")


def need_schema(engine: Engine) -> None:
    """DatabaseUnfit unless the schema is there as this version knows it; changes nothing."""
    if not has_schema(engine):
        raise DatabaseUnfit("no_schema")
    if not schema_is_current(engine):
        raise DatabaseUnfit("older_schema")


def read_properties(engine: Engine) -> dict[str, str]:
    """The database's facts: database_id, time_zone, and for a demo database demo_as_of."""
    with engine.connect() as connection:
        rows = connection.execute(select(properties.c.name, properties.c.value))
        return {row.name: row.value for row in rows}


def read_data_version(engine: Engine) -> int:
    """The number of the last change: the same number means the same data."""
    with engine.connect() as connection:
        return int(connection.scalar(select(data_version.c.version)) or 0)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _revision_is_unknown(context: MigrationContext, config: Config) -> bool:
    revision = context.get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    return revision is not None and revision not in known
