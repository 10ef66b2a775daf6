"""Which errors mean that the database is away, and not that we have a bug."""

import django.db
import psycopg
import psycopg_pool

LOST_DATABASE = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg_pool.PoolTimeout,
    psycopg_pool.PoolClosed,
    django.db.OperationalError,
    django.db.InterfaceError,
)
