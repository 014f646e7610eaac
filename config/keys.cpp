#include "config/keys.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <pawl/ids.hpp>
#include <pawl/suggest.hpp>

namespace pawl::config {
namespace {

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;
constexpr std::uint64_t gib = 1024 * mib;
constexpr std::uint64_t hour_ms = 60 * 60 * 1000;
constexpr std::uint64_t day_ms = 24 * hour_ms;

bool is_program(std::string_view text) {
  const bool plain = text.find_first_of("/,") == std::string_view::npos;
  return text.starts_with('/') ? text.size() > 1 : !text.empty() && plain;
}

bool is_variable_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && (text.front() < '0' || text.front() > '9') &&
         std::all_of(text.begin(), text.end(), allowed);
}

bool is_folder_list(std::string_view text) {
  while (true) {
    if (!text.starts_with('/')) return false;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return true;
    text.remove_prefix(colon + 1);
  }
}

bool has_only(std::string_view text, std::string_view marks) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           marks.find(c) != marks.npos;
  });
}

bool is_queue(std::string_view text) {
  return text.empty() || check_name(text, "queue's name").has_value();
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  return code == std::errc{} && end == text.data() + text.size() && port > 0;
}

// "*", "*.example.com", "localhost:8080", "10.1.2.3", "::1", "[::1]:8080".
bool is_host(std::string_view text) {
  if (text == "*") return true;
  const bool is_ipv6 = std::count(text.begin(), text.end(), ':') > 1;
  if (is_ipv6 && !text.starts_with('[')) return has_only(text, ":.");
  if (is_ipv6) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !has_only(text.substr(1, close - 1), ":.")) return false;
    const std::string_view rest = text.substr(close + 1);
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
  }
  if (text.starts_with("*.")) text.remove_prefix(2);
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && !is_port(text.substr(colon + 1))) return false;
  return has_only(text.substr(0, colon), "-._");
}

bool is_host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = text.substr(0, colon), port = text.substr(colon + 1);
  const bool in_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return (port == "0" || is_port(port)) &&
         (in_brackets ? has_only(host.substr(1, host.size() - 2), ":.") : has_only(host, "-._"));
}

// "127.0.0.1:7717", "[::1]:0", "unix:/run/pawl.sock".
bool is_listen_address(std::string_view text) {
  constexpr std::string_view unix_prefix = "unix:";
  if (!text.starts_with(unix_prefix)) return is_host_and_port(text);
  return text.size() > unix_prefix.size() + 1 && text[unix_prefix.size()] == '/';
}

// "*", "https://app.example.com", "http://localhost:3000".
bool is_origin(std::string_view text) {
  if (text == "*") return true;
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return false;
  const std::string_view host = text.substr(scheme + 3);
  return has_only(text.substr(0, scheme), "+-.") && host.find('*') == host.npos && is_host(host);
}

bool is_not_empty(std::string_view text) {
  return !text.empty();
}

bool is_database_url(std::string_view text) {
  return text.empty() || text.starts_with("postgres://") || text.starts_with("postgresql://");
}

bool is_http_url(std::string_view text) {
  return text.empty() || (is_origin(text) && text != "*");
}

// The only definition of each setting's name, member, limits and description. Its variable, its row
// in docs/configuration.md and its line in `pawl config` are derived from it.
constexpr std::array table{
    key{"storage.data_dir", [](settings& s) -> field { return &s.storage.data_dir; },
        "Folder of the store. It is created if it does not exist. Empty: the store is in "
        "memory and lost when the program ends.",
        0, 0, "a path, or empty"},
    key{"storage.url", [](settings& s) -> field { return &s.storage.url; },
        "PostgreSQL database of the store, in place of a folder. Several servers can name the same "
        "one; see [cluster.md](cluster.md). Empty: none.",
        0, 0, "a URL such as `postgres://user@host/database`, or empty", is_database_url, true},
    key{"storage.durability", [](settings& s) -> field { return &s.storage.durability; },
        "What a committed command survives: `sync` a power failure, `async` the death of "
        "the process, `off` only an orderly stop."},
    key{"storage.compression", [](settings& s) -> field { return &s.storage.compression; },
        "How values above 1 KiB are compressed: histories, inputs, states, logs, flows. A value "
        "that "
        "would not be a tenth smaller is stored as it is. Values that are stored already stay as "
        "they are."},
    key{"storage.keys", [](settings& s) -> field { return &s.storage.keys; },
        "File with the keys that values are encrypted with: a line `NAME KEY [SCOPE]` for each. "
        "Only "
        "its owner may access it. Empty: values are not encrypted.",
        0, 0, "a path, or empty"},
    key{"storage.snapshot_min_bytes",
        [](settings& s) -> field { return &s.storage.snapshot_min_bytes; },
        "A run's whole state is stored again when its checkpoints since the last time are as large "
        "as the state, and at least this large. They store only changes.",
        1, 64 * mib},
    key{"storage.journal_groups", [](settings& s) -> field { return &s.storage.journal_groups; },
        "Number of journal groups that are kept. A client that watches all runs can "
        "reconnect without a gap if at most this many groups were written meanwhile.",
        1, 1'000'000'000},
    key{"storage.cache_bytes", [](settings& s) -> field { return &s.storage.cache_bytes; },
        "Memory of the store's cache of blocks that were read from disk.", mib, 64 * gib},
    key{"storage.memtable_bytes", [](settings& s) -> field { return &s.storage.memtable_bytes; },
        "Memory of what was written and is not in tables on disk yet.", 4 * mib, 16 * gib},
    key{"storage.flow_cache_bytes",
        [](settings& s) -> field { return &s.storage.flow_cache_bytes; },
        "Maximum memory of cached compiled flows, as an estimate. Runs keep the flows that they "
        "use.",
        mib, 64 * gib},

    key{"cluster.name", [](settings& s) -> field { return &s.cluster.name; },
        "Name of all servers that share the store. It is recorded in a new store, which is refused "
        "to servers of another cluster.",
        0, 0, "a text", is_not_empty},
    key{"cluster.node", [](settings& s) -> field { return &s.cluster.node; },
        "Name of this process in a cluster, another one for each. Empty: the name of the host.", 0,
        0, "a text"},
    key{"cluster.standby", [](settings& s) -> field { return &s.cluster.standby; },
        "Whether a server that finds the store owned by another one waits and takes it over when "
        "the owner is gone. Otherwise it does not start."},
    key{"cluster.advertise", [](settings& s) -> field { return &s.cluster.advertise; },
        "URL at which clients reach this process, which the others tell them. Empty: none.", 0, 0,
        "a URL such as `https://pawl-1.example.com:7717`, or empty", is_http_url},
    key{"cluster.lease_ttl_ms", [](settings& s) -> field { return &s.cluster.lease_ttl_ms; },
        "Time after its last commit for which a process owns the store in a database. It renews "
        "the lease in time. After the loss of its machine another one takes over when the lease "
        "has ended.",
        2'000, 60'000},
    key{"cluster.require_sync_standby",
        [](settings& s) -> field { return &s.cluster.require_sync_standby; },
        "Whether a server refuses the store unless its commits wait for a synchronous standby of "
        "the database, so that the loss of a machine loses none. Needs `storage.durability = "
        "\"sync\"`."},

    key{"flow.max_bytes", [](settings& s) -> field { return &s.flow.max_bytes; },
        "Maximum size of a flow definition.", kib, 64 * mib},
    key{"flow.max_depth", [](settings& s) -> field { return &s.flow.max_depth; },
        "Maximum nesting depth of arrays and objects in a flow definition.", 4, 256},
    key{"flow.max_nodes", [](settings& s) -> field { return &s.flow.max_nodes; },
        "Maximum number of nodes in a flow.", 1, 100'000},
    key{"flow.max_edges", [](settings& s) -> field { return &s.flow.max_edges; },
        "Maximum number of edges in a flow.", 1, 1'000'000},

    key{"run.max_state_bytes", [](settings& s) -> field { return &s.run.max_state_bytes; },
        "Maximum size of a run's data, as compact JSON. A step that would exceed it "
        "fails.",
        kib, gib},
    key{"run.max_metadata_bytes", [](settings& s) -> field { return &s.run.max_metadata_bytes; },
        "Maximum size of a run's metadata, as compact JSON. A start with more is refused.", kib,
        gib},
    key{"run.max_result_bytes", [](settings& s) -> field { return &s.run.max_result_bytes; },
        "Maximum size of a step's result, as compact JSON. A step with a larger result "
        "fails.",
        kib, gib},
    key{"run.max_tokens", [](settings& s) -> field { return &s.run.max_tokens; },
        "Maximum number of concurrent branches in a run.", 1, 1'000'000},
    key{"run.default_max_visits", [](settings& s) -> field { return &s.run.default_max_visits; },
        "Maximum number of visits to a node by a run, if the node does not set "
        "`max_visits`.",
        1, 1'000'000'000},
    key{"run.max_signals", [](settings& s) -> field { return &s.run.max_signals; },
        "Maximum number of signals that a run has received but not processed. Further "
        "signals are refused.",
        1, 1'000'000},
    key{"run.max_signal_bytes", [](settings& s) -> field { return &s.run.max_signal_bytes; },
        "Maximum size of a signal's payload, as compact JSON.", kib, gib},
    key{"run.max_map_items", [](settings& s) -> field { return &s.run.max_map_items; },
        "Maximum number of items in a map. A map with more items fails.", 1, 1'000'000},
    key{"run.max_nesting", [](settings& s) -> field { return &s.run.max_nesting; },
        "Maximum nesting depth of runs started by `subflow` nodes.", 1, 1'000},
    key{"run.max_log_lines", [](settings& s) -> field { return &s.run.max_log_lines; },
        "Maximum number of log lines that are kept with a run. The oldest ones are dropped.", 1,
        10'000'000},
    key{"run.max_log_bytes", [](settings& s) -> field { return &s.run.max_log_bytes; },
        "Maximum size of the log lines that are kept with a run. The oldest ones are dropped. 0: "
        "none are kept.",
        0, gib},

    key{"engine.scheduler_threads",
        [](settings& s) -> field { return &s.engine.scheduler_threads; },
        "Number of threads that run actors. 0: one per core.", 0, 1'024},
    key{"engine.load_threads", [](settings& s) -> field { return &s.engine.load_threads; },
        "Number of threads that read runs from the store, compile their flows, and check long "
        "inputs and answers.",
        1, 1'024},
    key{"engine.parked_cache_bytes",
        [](settings& s) -> field { return &s.engine.parked_cache_bytes; },
        "Maximum memory of the states of waiting runs that are kept, as an estimate, so that a "
        "signal or a timer need not read the store. 0: none is kept.",
        0, 64 * gib},
    key{"engine.shards", [](settings& s) -> field { return &s.engine.shards; },
        "Number of shards of the run directory.", 1, 1'024},
    key{"engine.max_active_runs", [](settings& s) -> field { return &s.engine.max_active_runs; },
        "Maximum number of runs in memory. Further starts are refused as `overloaded`.", 1,
        100'000'000},
    key{"engine.max_commands_in_flight",
        [](settings& s) -> field { return &s.engine.max_commands_in_flight; },
        "Maximum number of commands that are accepted but not answered. Further commands "
        "are refused as `overloaded`.",
        1, 100'000'000},
    key{"engine.max_bytes_in_flight",
        [](settings& s) -> field { return &s.engine.max_bytes_in_flight; },
        "Maximum total size of the commands that are accepted but not answered and of the queries "
        "that wait, as compact JSON. A scope can have at most as much as remains free. Further "
        "ones are refused as `overloaded`. A larger command is accepted when it is the only one.",
        kib, 1'024 * gib},
    key{"engine.max_waits", [](settings& s) -> field { return &s.engine.max_waits; },
        "Maximum number of calls that wait for the end of a run. Further ones are refused as "
        "`overloaded`.",
        1, 100'000'000},
    key{"engine.max_queries", [](settings& s) -> field { return &s.engine.max_queries; },
        "Maximum number of asynchronous queries that are accepted but not answered. Further ones "
        "are refused as `overloaded`.",
        1, 100'000'000},
    key{"engine.recovery_batch", [](settings& s) -> field { return &s.engine.recovery_batch; },
        "Number of unfinished runs that are loaded at a time when the engine starts. 0: "
        "none; a run is loaded when a call waits for it or for its parent.",
        0, 1'000'000},
    key{"engine.restart_limit", [](settings& s) -> field { return &s.engine.restart_limit; },
        "Maximum number of restarts of a crashed run actor. After that its run fails as "
        "quarantined.",
        0, 1'000},
    key{"engine.crash_record", [](settings& s) -> field { return &s.engine.crash_record; },
        "Whether it is noted which run the process may die of: after a fatal signal (SIGSEGV, "
        "SIGABRT, …) the run that its thread worked for, after SIGKILL the runs that were being "
        "loaded. A run that the process dies of twice is quarantined. Without a data folder "
        "nothing "
        "is noted."},
    key{"engine.restart_first_delay_ms",
        [](settings& s) -> field { return &s.engine.restart_first_delay_ms; },
        "Initial back-off before a crashed run actor is restarted, and before a failed "
        "store is reopened. It doubles with each attempt.",
        1, hour_ms},
    key{"engine.restart_max_delay_ms",
        [](settings& s) -> field { return &s.engine.restart_max_delay_ms; },
        "Maximum back-off before a restart. At least `engine.restart_first_delay_ms`.", 1, day_ms},
    key{"engine.stop_timeout_ms", [](settings& s) -> field { return &s.engine.stop_timeout_ms; },
        "Maximum time that an orderly stop waits for running steps. The process ends at the latest "
        "5 s after it.",
        0, day_ms},

    key{"executor.threads", [](settings& s) -> field { return &s.executor.threads; },
        "Number of threads that run step functions. 0: twice the number of cores, at "
        "least 4. While one scope uses all of them, calls of other scopes get up to a quarter "
        "more.",
        0, 4'096},
    key{"executor.queue_limit", [](settings& s) -> field { return &s.executor.queue_limit; },
        "Maximum number of calls that wait for a thread with their arguments. Further calls wait "
        "too, but without arguments and data. Other scopes get up to a quarter more.",
        1, 10'000'000},
    key{"executor.max_http_calls", [](settings& s) -> field { return &s.executor.max_http_calls; },
        "Maximum number of concurrent calls of `core.http`, which need no thread. Further calls "
        "wait. A server has at most as many as a quarter of its limit of open files. While one "
        "scope "
        "uses all of them, other scopes get up to a quarter more.",
        1, 100'000},
    key{"executor.default_timeout_ms",
        [](settings& s) -> field { return &s.executor.default_timeout_ms; },
        "Timeout of a step whose node does not set `timeout`. 0: no limit.", 0, 30 * day_ms},
    key{"executor.stop_grace_ms", [](settings& s) -> field { return &s.executor.stop_grace_ms; },
        "Time that a cancelled or timed-out function has to return. After that it counts "
        "as stuck and its thread is replaced. At most 3 s when the engine stops.",
        0, hour_ms},
    key{"executor.max_stuck", [](settings& s) -> field { return &s.executor.max_stuck; },
        "Maximum number of stuck functions. At this number no further call starts until "
        "one returns.",
        1, 10'000},

    key{"exec.allow", [](settings& s) -> field { return &s.exec.allow; },
        "Programs that `core.exec` may run. `*`: all. Empty: none.", 0, 0,
        "a list of program names such as `tar`, or absolute paths", is_program},
    key{"exec.env", [](settings& s) -> field { return &s.exec.env; },
        "Environment variables that programs receive from Pawl's own environment.", 0, 0,
        "a list of variable names", is_variable_name},
    key{"exec.step_env", [](settings& s) -> field { return &s.exec.step_env; },
        "Environment variables that the `env` of a step may set. One that changes what a program "
        "executes, such as `PATH` or `LD_PRELOAD`, undoes `exec.allow`.",
        0, 0, "a list of variable names", is_variable_name},
    key{"exec.path", [](settings& s) -> field { return &s.exec.path; },
        "Search path for program names without a slash.", 0, 0, "absolute folders separated by `:`",
        is_folder_list},
    key{"exec.output_limit_bytes", [](settings& s) -> field { return &s.exec.output_limit_bytes; },
        "Maximum size of the output that is kept from each of a program's two output "
        "streams.",
        kib, gib},
    key{"exec.timeout_ms", [](settings& s) -> field { return &s.exec.timeout_ms; },
        "Timeout of a program if the node's arguments do not set `timeout_ms`. 0: no "
        "limit. After the timeout the whole process group is killed.",
        0, 30 * day_ms},

    key{"http.allow_hosts", [](settings& s) -> field { return &s.http.allow_hosts; },
        "Hosts that `core.http` may call. `*`: all hosts with a public address. A host "
        "that is listed by name may also have a private address. Empty: none.",
        0, 0,
        "a list of hosts such as `api.example.com`, `*.example.com`, `localhost:8080`, or `*`",
        is_host},
    key{"http.max_response_bytes", [](settings& s) -> field { return &s.http.max_response_bytes; },
        "Maximum size of a response body. A step that receives a larger one fails.", kib, gib},
    key{"http.timeout_ms", [](settings& s) -> field { return &s.http.timeout_ms; },
        "Timeout of a call, including redirects, if the node's arguments do not set "
        "`timeout_ms`.",
        1, day_ms},
    key{"http.connect_timeout_ms", [](settings& s) -> field { return &s.http.connect_timeout_ms; },
        "Timeout for connecting to a host (DNS, TCP, TLS).", 1, hour_ms},
    key{"http.ca_file", [](settings& s) -> field { return &s.http.ca_file; },
        "PEM file with certificate authorities to trust in addition to those of the "
        "system.",
        0, 0, "a path, or empty"},

    key{"secrets.file", [](settings& s) -> field { return &s.secrets.file; },
        "JSON file with the secrets of each scope: `{\"SCOPE\": {\"NAME\": \"secret\"}}`. Only its "
        "owner may access it. Empty: none. Read again on SIGHUP.",
        0, 0, "a path, or empty"},
    key{"secrets.command", [](settings& s) -> field { return &s.secrets.command; },
        "Program, by absolute path, and its arguments; prints such a document. Run at start and on "
        "SIGHUP. Empty: none.",
        0, 0, "a list of texts, the first an absolute path"},
    key{"secrets.env", [](settings& s) -> field { return &s.secrets.env; },
        "Environment variables that the scope `default` can use as secrets, under the same names.",
        0, 0, "a list of variable names", is_variable_name},

    key{"worker.default_queue", [](settings& s) -> field { return &s.worker.default_queue; },
        "Task queue for functions that are not registered in this process, if the node "
        "does not set `queue`. Empty: such a step fails. `pawl serve` sets it to "
        "`default`.",
        0, 0, "a name of `[A-Za-z0-9._:-]`, or empty", is_queue},
    key{"worker.max_queued_tasks", [](settings& s) -> field { return &s.worker.max_queued_tasks; },
        "Maximum number of queued tasks. A run that would add another one waits. While one scope "
        "uses all of them, other scopes get up to a quarter more.",
        1, 1'000'000'000},
    key{"worker.max_polls", [](settings& s) -> field { return &s.worker.max_polls; },
        "Maximum number of polls that wait for a task. Further polls are refused as "
        "`overloaded`.",
        1, 1'000'000},
    key{"worker.max_lost_leases", [](settings& s) -> field { return &s.worker.max_lost_leases; },
        "Number of lost leases after which a step fails.", 1, 1'000'000},

    key{"history.arguments", [](settings& s) -> field { return &s.history.arguments; },
        "Whether the history of a run has the computed arguments of each call. They are stored a "
        "second time there, beside the data that they were computed from."},
    key{"history.max_value_bytes", [](settings& s) -> field { return &s.history.max_value_bytes; },
        "Maximum size of an input or output of a step in a history, as compact JSON. A larger one "
        "is cut and has its size and SHA-256.",
        64, gib},

    key{"retention.completed_for_ms",
        [](settings& s) -> field { return &s.retention.completed_for_ms; },
        "Time after which completed runs are deleted. 0: never.", 0, 36'500 * day_ms},
    key{"retention.failed_for_ms", [](settings& s) -> field { return &s.retention.failed_for_ms; },
        "Time after which failed runs are deleted; they cannot be retried then. 0: never.", 0,
        36'500 * day_ms},
    key{"retention.cancelled_for_ms",
        [](settings& s) -> field { return &s.retention.cancelled_for_ms; },
        "Time after which cancelled runs are deleted. 0: never.", 0, 36'500 * day_ms},
    key{"retention.max_jobs", [](settings& s) -> field { return &s.retention.max_jobs; },
        "Maximum number of ended jobs (`pawl jobs`) that are kept in each scope. One more deletes "
        "the oldest, with its results.",
        1, 1'000},
    key{"retention.history", [](settings& s) -> field { return &s.retention.history; },
        "Number of checkpoints that the history of each run keeps, unless its flow sets `history`. "
        "Older ones are deleted while the run goes on. 0: all are kept.",
        0, 1'000'000'000},
    key{"retention.interval_ms", [](settings& s) -> field { return &s.retention.interval_ms; },
        "Time between two searches for runs to delete.", 10, 30 * day_ms},

    key{"blobs.max_bytes", [](settings& s) -> field { return &s.blobs.max_bytes; },
        "Maximum size of a blob.", 1, 1024 * gib},
    key{"blobs.max_scope_bytes", [](settings& s) -> field { return &s.blobs.max_scope_bytes; },
        "Maximum number of bytes of all blobs of a scope. 0: no limit.", 0, 1024 * 1024 * gib},
    key{"blobs.grace_ms", [](settings& s) -> field { return &s.blobs.grace_ms; },
        "Time that a blob is kept which no run holds, since it was sent, named by a command or "
        "released the last time.",
        1'000, 365 * day_ms},
    key{"blobs.interval_ms", [](settings& s) -> field { return &s.blobs.interval_ms; },
        "Time between two searches for blobs to delete.", 10, 30 * day_ms},

    key{"backup.dir", [](settings& s) -> field { return &s.backup.dir; },
        "Folder for the backups that a server makes on request (`pawl backup create --server`). "
        "Empty: such requests are refused.",
        0, 0, "a path, or empty"},

    key{"server.listen", [](settings& s) -> field { return &s.server.listen; },
        "Addresses to listen on: an IP address and a port, where port 0 is any free "
        "port; `localhost` is 127.0.0.1; `unix:` and a path is a socket that only the "
        "current user can access.",
        0, 0, "a list of addresses such as `127.0.0.1:7717`, `[::1]:7717`, `unix:/path`",
        is_listen_address},
    key{"server.threads", [](settings& s) -> field { return &s.server.threads; },
        "Number of threads that read requests and write responses. 0: one per core.", 0, 1'024},
    key{"server.tls_cert", [](settings& s) -> field { return &s.server.tls_cert; },
        "PEM file with the certificate, followed by its chain. Empty: HTTP without TLS. "
        "Reloaded on SIGHUP.",
        0, 0, "a path, or empty"},
    key{"server.tls_key", [](settings& s) -> field { return &s.server.tls_key; },
        "PEM file with the private key of the certificate.", 0, 0, "a path, or empty"},
    key{"server.cors_origins", [](settings& s) -> field { return &s.server.cors_origins; },
        "Origins of web pages that may use the API. `*`: all. Empty: none.", 0, 0,
        "a list of origins such as `https://app.example.com`, or `*`", is_origin},
    key{"server.old_api", [](settings& s) -> field { return &s.server.old_api; },
        "Whether the routes of the old engine are available under `/api`."},
    key{"server.upload_dir", [](settings& s) -> field { return &s.server.upload_dir; },
        "Folder for the files of forms that are sent to the old engine's routes, with a folder for "
        "each data folder, scope and run. Empty: `uploads` in the data folder.",
        0, 0, "a path, or empty"},
    key{"server.max_upload_files", [](settings& s) -> field { return &s.server.max_upload_files; },
        "Maximum number of files in a form. A form with more is answered with 413.", 1, 1'000},
    key{"server.max_upload_bytes", [](settings& s) -> field { return &s.server.max_upload_bytes; },
        "Maximum total size of the files of forms. A scope can have at most as much as remains "
        "free. A form that exceeds it is answered with 507.",
        kib, 1024 * gib},
    key{"server.console", [](settings& s) -> field { return &s.server.console; },
        "Whether the web console is available under `/ui/`, in a build with it."},
    key{"server.max_connections", [](settings& s) -> field { return &s.server.max_connections; },
        "Maximum number of connections. Further ones are answered with 503 and closed.", 1,
        1'000'000},
    key{"server.max_connections_per_peer",
        [](settings& s) -> field { return &s.server.max_connections_per_peer; },
        "Maximum number of connections per address. Loopback and Unix sockets are "
        "exempt. Further ones are answered with 429 and closed.",
        1, 1'000'000},
    key{"server.max_streams", [](settings& s) -> field { return &s.server.max_streams; },
        "Maximum number of event streams and WebSockets. Further ones are answered with "
        "429.",
        1, 1'000'000},
    key{"server.max_streams_per_key",
        [](settings& s) -> field { return &s.server.max_streams_per_key; },
        "Maximum number of event streams and WebSockets per API key or, without keys, "
        "per address. Further ones are answered with 429.",
        1, 1'000'000},
    key{"server.max_waits_per_key",
        [](settings& s) -> field { return &s.server.max_waits_per_key; },
        "Maximum number of waiting requests (worker polls and `?wait=`) per API key or, "
        "without keys, per address. Further ones are answered with 429.",
        1, 1'000'000},
    key{"server.max_pipelined", [](settings& s) -> field { return &s.server.max_pipelined; },
        "Maximum number of unanswered requests on a connection. The next one is not read "
        "until one is answered.",
        1, 1'000},
    key{"server.max_url_bytes", [](settings& s) -> field { return &s.server.max_url_bytes; },
        "Maximum size of a request target. Longer ones are answered with 414.", 256, mib},
    key{"server.max_header_bytes", [](settings& s) -> field { return &s.server.max_header_bytes; },
        "Maximum size of the request line and header fields. Larger ones are answered "
        "with 431.",
        kib, mib},
    key{"server.max_header_fields",
        [](settings& s) -> field { return &s.server.max_header_fields; },
        "Maximum number of header fields in a request. More are answered with 431.", 8, 10'000},
    key{"server.max_body_bytes", [](settings& s) -> field { return &s.server.max_body_bytes; },
        "Maximum size of a request body, before and after decompression. Larger ones are "
        "answered with 413.",
        kib, gib},
    key{"server.max_json_depth", [](settings& s) -> field { return &s.server.max_json_depth; },
        "Maximum nesting depth of arrays and objects in a request body or a WebSocket "
        "message. Deeper ones are answered with 422.",
        8, 1000},
    key{"server.max_pending_bytes",
        [](settings& s) -> field { return &s.server.max_pending_bytes; },
        "Maximum total size of requests that are being read, over all connections. Each address, "
        "and each scope once the API key is known, can have at most as much as remains free. "
        "Further ones are answered with 503.",
        kib, 1'024 * gib},
    key{"server.max_output_bytes", [](settings& s) -> field { return &s.server.max_output_bytes; },
        "Maximum total size of answers that wait to be sent, over all connections. The connections "
        "of an address can have at most as much as remains free. Further answers above 64 KiB are "
        "replaced by 503.",
        mib, 1'024 * gib},
    key{"server.max_message_bytes",
        [](settings& s) -> field { return &s.server.max_message_bytes; },
        "Maximum size of a WebSocket message from a client. A larger one closes the "
        "connection.",
        kib, gib},
    key{"server.stream_buffer_bytes",
        [](settings& s) -> field { return &s.server.stream_buffer_bytes; },
        "Maximum size of data that waits to be sent on an event stream or WebSocket. A "
        "slower reader is disconnected.",
        kib, gib},
    key{"server.idle_timeout_ms", [](settings& s) -> field { return &s.server.idle_timeout_ms; },
        "Time after which a connection without a request is closed.", 1, day_ms},
    key{"server.header_timeout_ms",
        [](settings& s) -> field { return &s.server.header_timeout_ms; },
        "Timeout for receiving a request head, and for a TLS handshake.", 1, hour_ms},
    key{"server.body_timeout_ms", [](settings& s) -> field { return &s.server.body_timeout_ms; },
        "Timeout for receiving a request body.", 1, day_ms},
    key{"server.write_timeout_ms", [](settings& s) -> field { return &s.server.write_timeout_ms; },
        "Time without progress in sending after which a connection is closed.", 1, day_ms},
    key{"server.ping_interval_ms", [](settings& s) -> field { return &s.server.ping_interval_ms; },
        "Time without data from a client after which a WebSocket is sent a ping. After "
        "twice this time it is closed.",
        1, hour_ms},
    key{"server.keys_file", [](settings& s) -> field { return &s.server.keys_file; },
        "File with the API keys; `pawl keys` manages it. Empty: `keys.json` in the data "
        "folder. Reloaded when it changes.",
        0, 0, "a path, or empty"},
    key{"server.max_failed_logins",
        [](settings& s) -> field { return &s.server.max_failed_logins; },
        "Maximum number of requests with an invalid key per minute and address. Further "
        "ones are answered with 429.",
        1, 1'000'000},
    key{"server.audit_file", [](settings& s) -> field { return &s.server.audit_file; },
        "File for the audit log of all commands, one JSON object per line. Empty: the "
        "audit log is part of the log, whatever its level. Reopened on SIGHUP.",
        0, 0, "a path, or empty"},

    key{"log.level", [](settings& s) -> field { return &s.log.level; },
        "Minimum level of log messages."},
    key{"log.format", [](settings& s) -> field { return &s.log.format; },
        "`text`: lines for people. `json`: one JSON object per line."},
    key{"log.file", [](settings& s) -> field { return &s.log.file; },
        "File to append log messages to. Empty: standard error. Reopened on SIGHUP.", 0, 0,
        "a path, or empty"},
    key{"log.failed_runs", [](settings& s) -> field { return &s.log.failed_runs; },
        "Whether each run that fails is logged at level warning, at most 10 per second."},
};

std::string_view last_part(std::string_view name) noexcept {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

std::span<const key> keys() noexcept {
  return table;
}

const key* find_key(std::string_view name) noexcept {
  const auto* const found =
      std::find_if(table.begin(), table.end(), [&](const key& k) { return k.name == name; });
  return found == table.end() ? nullptr : found;
}

std::string variable_of(std::string_view key_name) {
  std::string variable = "PAWL_";
  for (const char c : key_name) {
    variable += c == '.' ? '_' : (c >= 'a' && c <= 'z') ? static_cast<char>(c - 32) : c;
  }
  return variable;
}

std::optional<std::string_view> suggest_key(std::string_view name) {
  std::array<std::string_view, table.size()> names;
  std::array<std::string_view, table.size()> last_parts;
  for (std::size_t i = 0; i < table.size(); ++i) {
    names[i] = table[i].name;
    last_parts[i] = last_part(table[i].name);
  }
  if (const auto near = nearest(name, names)) return near;
  const auto near = nearest(last_part(name), last_parts);
  if (!near) return std::nullopt;
  return names[static_cast<std::size_t>(std::find(last_parts.begin(), last_parts.end(), *near) -
                                        last_parts.begin())];
}

}  // namespace pawl::config
