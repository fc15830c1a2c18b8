"""Redis and what speaks its protocol, with the series of redis_exporter."""

from __future__ import annotations

from slosmith.dependencies import series, shell
from slosmith.dependencies.interface import Check, Exporter, Graph, Kind, Line, Suggestion
from slosmith.model_dependencies import Dependency

# Seconds between two readings of counters that run since the server started.
_BETWEEN = 5
_HITS = r"""tr -d '\r' | awk -F: '
  $1 == "keyspace_hits" { hits[n++] = $2 }
  $1 == "keyspace_misses" { misses[m++] = $2 }
  END {
    all = hits[n-1] + misses[m-1]; lately = all - hits[0] - misses[0]
    if (all) printf "since the start: %.1f%% of %d reads hit\n", 100 * hits[n-1] / all, all
    found = hits[n-1] - hits[0]
    if (lately) printf "just now: %.1f%% of %d reads hit\n", 100 * found / lately, lately
    else print "just now: no reads"
  }'"""
_MEMORY = (
    "grep -E '^(used_memory_human|used_memory_peak_human|maxmemory_human|maxmemory_policy|"
    "mem_fragmentation_ratio|evicted_keys|expired_keys|rejected_connections|"
    "connected_clients|blocked_clients):'"
)
_COMMANDS = r"""tr -d '\r' | awk -F'[:,=]' '
  /^cmdstat_/ { printf "%10.1f s  %10d calls  %8.1f us each  %s\n", $5 / 1e6, $3, $7, $1 }
  ' | sort -rn | head -n 10"""


def _checks(dependency: Dependency) -> tuple[Check, ...]:
    graphs = _queries(dependency) if dependency.metrics is not None else {}
    twice = shell.redis_cli(dependency, f"-r 2 -i {_BETWEEN} INFO stats")
    return (
        Check(
            "Hit ratio",
            f"{twice} | {_HITS}",
            f"Takes {2 * _BETWEEN} s. `just now` is what counts: the other number runs since the "
            "server started and hides a collapse for days. Low: keys expire too soon, were evicted "
            "or flushed, the server restarted empty, or a release changed the names of keys. `no "
            "reads`: clients do not reach it, and everything falls on the database.",
            graphs.get("hits", ""),
        ),
        Check(
            "Memory, evictions and clients",
            f"{shell.redis_cli(dependency, 'INFO')} | {_MEMORY}",
            "`used_memory_human` at `maxmemory_human` with `evicted_keys` that grow: the cache is "
            "too small for its keys. `maxmemory_policy:noeviction`: writes fail once it is full. A "
            "`maxmemory_human` of 0B is no limit but the pod's, beyond which the kernel kills it. "
            "`rejected_connections` that grow: `maxclients` is reached.",
            graphs.get("memory", ""),
        ),
        Check(
            "Slow log",
            shell.redis_cli(dependency, "SLOWLOG GET 10"),
            "Each entry: number, Unix time, microseconds, command, client. Commands run one at a "
            "time, so one slow command delays all others: `KEYS`, `SMEMBERS`, `HGETALL`, `LRANGE` "
            "of large keys, long scripts. Only what took longer than `slowlog-log-slower-than` "
            "(10 ms by default) is here, without the time spent waiting.",
            graphs.get("slowlog", ""),
        ),
        Check(
            "Where the time goes, by command",
            f"{shell.redis_cli(dependency, 'INFO commandstats')} | {_COMMANDS}",
            "All time spent, calls, and time for each call, since the start or the last `CONFIG "
            "RESETSTAT`. A command that should be rare and is on top is the one to look for in the "
            "application.",
            graphs.get("commands", ""),
        ),
        Check(
            "Big keys",
            shell.redis_cli(dependency, "--bigkeys -i 0.01"),
            "The largest key of each type; it walks all keys by `SCAN` with pauses, so it is safe "
            "and may take minutes (`Ctrl-C` ends it). `--memkeys` measures bytes in place of "
            "elements.\n\n**Do not run `MONITOR` here**, nor `KEYS '*'`: `MONITOR` sends every "
            "command to you, which can halve the throughput of a server that is in trouble "
            "already, and shows the users' data. The slow log and `INFO commandstats` answer the "
            "same questions.",
        ),
    )


def _queries(dependency: Dependency) -> dict[str, str]:
    """What the checks and the dashboard have in common, by topic."""
    of = series.of(dependency)
    hits, misses = (f"sum(rate({of(f'redis_keyspace_{x}_total')}[5m]))" for x in ("hits", "misses"))
    spent = of("redis_commands_duration_seconds_total")
    return {
        "hits": f"{hits} / ({hits} + {misses})",
        "memory": f"sum({of('redis_memory_used_bytes')})",
        "limit": f"sum({of('redis_memory_max_bytes')}) > 0",
        "evictions": f"sum(rate({of('redis_evicted_keys_total')}[5m]))",
        "expired": f"sum(rate({of('redis_expired_keys_total')}[5m]))",
        "rejected": f"sum(rate({of('redis_rejected_connections_total')}[5m]))",
        "slowlog": f"max({of('redis_slowlog_length')})",
        "commands": f"topk(5, sum by (cmd) (rate({spent}[5m])))",
    }


def _graphs(dependency: Dependency) -> tuple[Graph, ...]:
    query = _queries(dependency)
    return (
        Graph(
            "hit ratio",
            "The share of reads that found their key. What misses falls on the database.",
            "percentunit",
            (Line(query["hits"], "hit ratio"),),
            maximum=1,
        ),
        Graph(
            "memory",
            "Memory in use, and the limit where one is set. At the limit keys are evicted, or "
            "writes fail.",
            "bytes",
            (Line(query["memory"], "used"), Line(query["limit"], "limit")),
        ),
        Graph(
            "evictions",
            "Keys per second that were evicted for want of memory, and that expired; connections "
            "per second that were rejected.",
            "short",
            (
                Line(query["evictions"], "evicted"),
                Line(query["expired"], "expired"),
                Line(query["rejected"], "rejected connections"),
            ),
        ),
        Graph(
            "time by command",
            "Seconds spent per second on the five most expensive commands. Commands run one at a "
            "time: 1 is all there is.",
            "s",
            (Line(query["commands"], "{{cmd}}"),),
        ),
    )


def _suggestions(dependency: Dependency) -> tuple[Suggestion, ...]:
    of = series.of(dependency)
    hits, misses = (f"redis_keyspace_{name}_total" for name in ("hits", "misses"))
    return (
        Suggestion(
            {
                "name": series.slo_name(dependency, "hits"),
                "description": f"Reads that {dependency.name} answers.",
                "objective": 90,
                "indicator": {
                    "ratio": {
                        "good": of(hits),
                        "total": f"sum(rate({of(hits)}[$window])) + "
                        f"sum(rate({of(misses)}[$window]))",
                    }
                },
            },
            "What misses falls on the database. Where the application counts its own reads, those "
            "are better: they count what it asked for while the cache was gone, too.",
        ),
        Suggestion(
            {
                "name": series.slo_name(dependency, "up"),
                "description": f"Time in which {dependency.name} answers its exporter.",
                "objective": 99.9,
                "indicator": {"uptime": {"series": of("redis_up")}},
            },
            "The exporter is up while Redis is not, so `up` alone does not tell.",
        ),
        Suggestion(
            {
                "name": series.slo_name(dependency, "memory"),
                "description": f"Time in which {dependency.name} has memory left.",
                "objective": 99,
                "indicator": {
                    "threshold": {
                        "query": f"max({of('redis_memory_used_bytes')} / "
                        f"clamp_min({of('redis_memory_max_bytes')}, 1))",
                        "below": 0.9,
                    }
                },
            },
            "For a store that must not lose keys, with `maxmemory` set; a cache may be full.",
        ),
    )


KIND = Kind(
    name="redis",
    title="Redis",
    exporter=Exporter("redis_exporter", "https://github.com/oliver006/redis_exporter"),
    introduction="Also for Valkey and other servers with its protocol. A password is taken from "
    "`REDISCLI_AUTH`. In a cluster, run each check on every primary.",
    checks=_checks,
    graphs=_graphs,
    suggestions=_suggestions,
    port=6379,
)
