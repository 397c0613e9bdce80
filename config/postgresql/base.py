"""The connection to PostgreSQL, as Django finds it by the name of its package.

The pool's own check waits a second, then two, then four for each dead connection that it meets: after
a restart of the server the first requests would run into their time limit, one for every handful.
"""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but a dead connection of the pool takes those beside it along."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection that works.

        Raises OperationalError when the server is away, or the pool empty for as long as it may be.
        """
        connection = super().get_new_connection(conn_params)
        if self.pool is None:
            return connection
        try:
            ConnectionPool.check_connection(connection)
        except OperationalError:
            self.pool.putconn(connection)
            self.pool.drain()
            return super().get_new_connection(conn_params)
        return connection
