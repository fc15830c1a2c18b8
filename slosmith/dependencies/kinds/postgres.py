"""PostgreSQL 13 and later, with the series of postgres_exporter's default collectors."""

from __future__ import annotations

from slosmith.dependencies import series, shell
from slosmith.dependencies.interface import Check, Exporter, Graph, Kind, Line, Suggestion
from slosmith.model_dependencies import Dependency

_SHORT = "left(regexp_replace(query, '\\s+', ' ', 'g'), 90)"

_CONNECTIONS = """
SELECT CASE WHEN grouping(state) = 1 THEN 'all' ELSE coalesce(state, 'unknown') END AS state,
       count(*) AS connections,
       current_setting('max_connections') AS max_connections,
       round(100.0 * count(*) / current_setting('max_connections')::int, 1) AS percent
FROM pg_stat_activity
WHERE backend_type = 'client backend'
GROUP BY ROLLUP (state)
ORDER BY connections DESC;
"""
_LONGEST = f"""
SELECT pid, usename, application_name, state, wait_event_type AS waits_for,
       date_trunc('second', now() - xact_start) AS transaction_age,
       date_trunc('second', now() - query_start) AS statement_age,
       {_SHORT} AS statement
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()
ORDER BY xact_start NULLS LAST
LIMIT 20;
"""
_SLOW = f"""
SELECT calls,
       round(mean_exec_time::numeric, 1) AS mean_ms,
       round(total_exec_time::numeric / 1000, 1) AS total_s,
       round((100 * total_exec_time / sum(total_exec_time) OVER ())::numeric, 1) AS percent,
       rows, shared_blks_read,
       {_SHORT} AS statement
FROM pg_stat_statements
ORDER BY total_exec_time DESC
LIMIT 15;
"""
# Each session once: a queue for one row has more ways through it than there are to list.
_BLOCKING = f"""
WITH RECURSIVE waits AS MATERIALIZED (
  SELECT DISTINCT waiter.pid AS waiter, blocker.pid AS blocker
  FROM pg_stat_activity AS waiter
  CROSS JOIN LATERAL unnest(pg_blocking_pids(waiter.pid)) AS blocker (pid)
  WHERE waiter.wait_event_type = 'Lock'
), behind AS (
  SELECT blocker AS head, waiter AS pid
  FROM waits
  WHERE blocker NOT IN (SELECT waiter FROM waits)
  UNION
  SELECT behind.head, waits.waiter
  FROM behind
  JOIN waits ON waits.blocker = behind.pid
), sessions AS (
  SELECT head AS pid, count(*) AS holds_up, NULL AS waits_for, NULL AS heads
  FROM behind
  GROUP BY head
  UNION ALL
  SELECT pid, NULL,
         (SELECT string_agg(blocker::text, ' ' ORDER BY blocker) FROM waits WHERE waiter = pid),
         string_agg(head::text, ' ' ORDER BY head)
  FROM behind
  GROUP BY pid
)
SELECT pid, holds_up, waits_for, heads, state, usename,
       date_trunc('second', now() - xact_start) AS transaction_age,
       date_trunc('second', now() - query_start) AS statement_age,
       {_SHORT} AS statement
FROM sessions
LEFT JOIN pg_stat_activity USING (pid)
ORDER BY holds_up DESC NULLS LAST, query_start
LIMIT 50;
"""
_SCANS = """
SELECT schemaname || '.' || relname AS relation, n_live_tup AS live_rows, n_dead_tup AS dead_rows,
       seq_scan, seq_tup_read / greatest(seq_scan, 1) AS rows_per_seq_scan, idx_scan,
       date_trunc('second', greatest(last_autovacuum, last_vacuum)) AS last_vacuum
FROM pg_stat_user_tables
ORDER BY seq_tup_read DESC
LIMIT 15;
"""


def _checks(dependency: Dependency) -> tuple[Check, ...]:
    graphs = _queries(dependency) if dependency.metrics is not None else {}
    return (
        Check(
            "Connections by state, against the limit",
            shell.psql(dependency, _CONNECTIONS),
            "`all` near 100 percent: new connections are refused (`too many clients already`), and "
            "adding application pods makes it worse. Many `active`: the server is the bottleneck, "
            "go on. Many `idle in transaction`: the application holds transactions open. Many "
            "`idle`: pools are larger than they need to be. If you are refused as well, use a role "
            "that may take a reserved connection: `superuser_reserved_connections` are kept free.",
            graphs.get("connections", ""),
        ),
        Check(
            "Longest-running statements, and transactions left open",
            shell.psql(dependency, _LONGEST),
            "The oldest `transaction_age` comes first. `idle in transaction` for minutes holds "
            "locks and keeps vacuum from cleaning up; `waits_for` is `Lock` where it waits for "
            "another session. `SELECT pg_cancel_backend(PID);` ends a statement, `SELECT "
            "pg_terminate_backend(PID);` the session, whose transaction is rolled back. Ask whose "
            "it is first: a migration or a backup may look like this.",
            graphs.get("transactions", ""),
        ),
        Check(
            "Who blocks whom",
            shell.psql(dependency, _BLOCKING),
            "The sessions at the heads of chains come first, with the number of those that they "
            "hold up; then those that wait, each with whom it waits for and the heads of its "
            "chain. Only a head needs to go. A pid of 0 is a prepared transaction "
            "(`pg_prepared_xacts`). No rows: nobody waits for a lock.",
            graphs.get("deadlocks", ""),
        ),
        Check(
            "Slowest statements",
            shell.psql(dependency, _SLOW),
            "Ordered by all time spent, in which a fast statement that is called too often counts "
            "as much as a slow one; `mean_ms` tells them apart. The numbers run since the last "
            "`SELECT pg_stat_statements_reset();`, so compare two runs. An error that "
            "`pg_stat_statements` does not exist: it needs `shared_preload_libraries = "
            "'pg_stat_statements'`, a restart, and `CREATE EXTENSION pg_stat_statements;` in this "
            "database. Up to PostgreSQL 12 the columns were `mean_time` and `total_time`.",
        ),
        Check(
            "Tables read from end to end, and dead rows",
            shell.psql(dependency, _SCANS),
            "A large table with a high `rows_per_seq_scan` whose `seq_scan` grows while you look "
            "lacks an index for a common statement. Many `dead_rows` and an old `last_vacuum`: "
            "vacuum does not keep up, often because of a transaction that was left open.",
            graphs.get("hits", ""),
        ),
    )


def _queries(dependency: Dependency) -> dict[str, str]:
    """What the checks and the dashboard have in common, by topic."""
    of = series.of(dependency)
    hit, read = (
        f"sum(rate({of(f'pg_stat_database_blks_{name}')}[5m]))" for name in ("hit", "read")
    )
    return {
        "connections": f"sum by (state) ({of('pg_stat_activity_count')})",
        "limit": f"sum({of('pg_settings_max_connections')})",
        "transactions": f"max by (state) ({of('pg_stat_activity_max_tx_duration')})",
        "hits": f"{hit} / ({hit} + {read})",
        "deadlocks": f"sum(rate({of('pg_stat_database_deadlocks')}[5m]))",
        "commits": f"sum(rate({of('pg_stat_database_xact_commit')}[5m]))",
        "rollbacks": f"sum(rate({of('pg_stat_database_xact_rollback')}[5m]))",
    }


def _graphs(dependency: Dependency) -> tuple[Graph, ...]:
    query = _queries(dependency)
    return (
        Graph(
            "connections",
            "Connections by state, and how many the servers allow. Near the limit new ones are "
            "refused.",
            "short",
            (Line(query["connections"], "{{state}}"), Line(query["limit"], "limit")),
        ),
        Graph(
            "oldest transaction",
            "How long the oldest transaction of each state has been open. Idle ones hold locks and "
            "keep vacuum from cleaning up.",
            "s",
            (Line(query["transactions"], "{{state}}"),),
        ),
        Graph(
            "transactions",
            "Transactions per second that were committed and rolled back, and deadlocks.",
            "short",
            (
                Line(query["commits"], "commits"),
                Line(query["rollbacks"], "rollbacks"),
                Line(query["deadlocks"], "deadlocks"),
            ),
        ),
        Graph(
            "reads from memory",
            "The share of blocks that were found in shared buffers. A fall: the working set no "
            "longer fits, or a statement reads whole tables.",
            "percentunit",
            (Line(query["hits"], "hit ratio"),),
            maximum=1,
        ),
    )


def _suggestions(dependency: Dependency) -> tuple[Suggestion, ...]:
    of = series.of(dependency)
    used = f"sum by (instance) ({of('pg_stat_database_numbackends')})"
    limit = f"max by (instance) ({of('pg_settings_max_connections')})"
    return (
        Suggestion(
            {
                "name": series.slo_name(dependency, "connections"),
                "description": f"Time in which {dependency.name} has room for connections.",
                "objective": 99,
                "indicator": {"threshold": {"query": f"max({used} / {limit})", "below": 0.8}},
            },
            "Clients are refused at the limit; at 80% there is still time to act.",
        ),
        Suggestion(
            {
                "name": series.slo_name(dependency, "up"),
                "description": f"Time in which {dependency.name} answers its exporter.",
                "objective": 99.9,
                "indicator": {"uptime": {"series": of("pg_up")}},
            },
            "The exporter is up while the database is not, so `up` alone does not tell.",
        ),
        Suggestion(
            {
                "name": series.slo_name(dependency, "transactions"),
                "description": f"Time in which {dependency.name} has no transaction of 5 minutes.",
                "objective": 99,
                "indicator": {
                    "threshold": {
                        "query": f"max({of('pg_stat_activity_max_tx_duration')})",
                        "below": 300,
                    }
                },
            },
            "A transaction that stays open holds locks and keeps vacuum from cleaning up.",
        ),
    )


KIND = Kind(
    name="postgres",
    title="PostgreSQL",
    exporter=Exporter(
        "postgres_exporter", "https://github.com/prometheus-community/postgres_exporter"
    ),
    introduction="For PostgreSQL 13 and later. The role needs `pg_monitor` to see other sessions' "
    "statements; a password is taken from `PGPASSWORD` or `~/.pgpass`.",
    checks=_checks,
    graphs=_graphs,
    suggestions=_suggestions,
    port=5432,
    options={"database": "postgres", "user": "postgres"},
)
