#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <pawl/function.hpp>
#include <pawl/result.hpp>

namespace pawl {

/// What a command that was answered survives.
enum class durability : std::uint8_t {
  sync,   ///< a power failure
  async,  ///< the death of the process
  off,    ///< only an orderly stop
};

/// How the store compresses what it writes.
enum class compression : std::uint8_t { zstd, none };

/// The format of log lines.
enum class log_format : std::uint8_t { text, json_lines };

/// The store.
struct storage_settings {
  /// Folder of the store. It is created if it does not exist. Empty: the store is in memory and
  /// lost when the program ends.
  std::filesystem::path data_dir = {};
  /// PostgreSQL database of the store, in place of a folder: `postgres://USER@HOST/DATABASE`, as
  /// libpq reads it. Empty: none.
  std::string url = {};
  /// What a committed command survives: `sync` a power failure, `async` the death of the process,
  /// `off` only an orderly stop.
  pawl::durability durability = pawl::durability::sync;
  /// How values above 1 KiB are compressed: histories, inputs, states, logs, flows.
  pawl::compression compression = pawl::compression::zstd;
  /// File with the keys that values are encrypted with. Empty: they are not encrypted.
  std::filesystem::path keys = {};
  /// A run's whole state is stored again when its checkpoints since the last time are as large as
  /// the state, and at least this large. They store only changes.
  std::uint64_t snapshot_min_bytes = 16u << 10;
  /// Number of journal groups that are kept. A client that watches all runs can reconnect without
  /// a gap if at most this many groups were written meanwhile.
  std::uint32_t journal_groups = 100'000;
  /// Memory of the store's cache of blocks that were read from disk.
  std::uint64_t cache_bytes = 64u << 20;
  /// Memory of what was written and is not in tables on disk yet.
  std::uint64_t memtable_bytes = 64u << 20;
  /// Maximum memory of cached compiled flows, as an estimate.
  std::uint64_t flow_cache_bytes = 64u << 20;

  /// Whether there is a folder or a database, which outlive the process.
  [[nodiscard]] bool is_kept() const noexcept { return !data_dir.empty() || !url.empty(); }
};

/// The ownership of a store that several processes can reach.
struct cluster_settings {
  /// Name of all processes that share the store. A store is refused to those of another cluster.
  std::string name = "pawl";
  /// Name of this process, another one for each. Empty: the name of the host.
  std::string node = {};
  /// Whether an engine that finds its store owned by another process waits and takes it over when
  /// the owner is gone. Otherwise opening it fails as `locked`.
  bool standby = true;
  /// URL at which others reach this process. Empty: unknown to them.
  std::string advertise = {};
  /// Time after its last commit for which a process owns the store. It renews the lease in time;
  /// after the loss of a machine another one takes over when it has ended.
  std::chrono::milliseconds lease_ttl_ms{6'000};
  /// Whether a store is refused unless its commits wait for a synchronous standby of the database.
  bool require_sync_standby = false;
};

/// Limits of flow definitions.
struct flow_settings {
  /// Maximum size of a flow definition.
  std::uint64_t max_bytes = 1u << 20;
  /// Maximum nesting depth of arrays and objects in a flow definition.
  std::uint32_t max_depth = 64;
  /// Maximum number of nodes in a flow.
  std::uint32_t max_nodes = 1'000;
  /// Maximum number of edges in a flow.
  std::uint32_t max_edges = 5'000;
};

/// Limits of a run.
struct run_settings {
  /// Maximum size of a run's data, as compact JSON. A step that would exceed it fails.
  std::uint64_t max_state_bytes = 8u << 20;
  /// Maximum size of a run's metadata, as compact JSON. A start with more is refused.
  std::uint64_t max_metadata_bytes = 64u << 10;
  /// Maximum size of a step's result, as compact JSON. A step with a larger result fails.
  std::uint64_t max_result_bytes = 4u << 20;
  /// Maximum number of concurrent branches in a run.
  std::uint32_t max_tokens = 1'000;
  /// Maximum number of visits to a node by a run, if the node does not set `max_visits`.
  std::uint32_t default_max_visits = 1'000;
  /// Maximum number of signals that a run has received but not processed. Further signals are
  /// refused.
  std::uint32_t max_signals = 1'000;
  /// Maximum size of a signal's payload, as compact JSON.
  std::uint64_t max_signal_bytes = 1u << 20;
  /// Maximum number of items in a map. A map with more items fails.
  std::uint32_t max_map_items = 10'000;
  /// Maximum nesting depth of runs started by `subflow` nodes.
  std::uint32_t max_nesting = 16;
  /// Maximum number of log lines that are kept with a run. The oldest ones are dropped.
  std::uint32_t max_log_lines = 10'000;
  /// Maximum size of the log lines that are kept with a run. The oldest ones are dropped. 0: none
  /// are kept.
  std::uint64_t max_log_bytes = 4u << 20;
};

/// Scheduling, recovery and stop.
struct engine_settings {
  /// Number of threads that run actors. 0: one per core.
  std::uint32_t scheduler_threads = 0;
  /// Number of threads that read runs from the store, compile their flows, and check long inputs
  /// and answers.
  std::uint32_t load_threads = 2;
  /// Maximum memory of the states of waiting runs that are kept, as an estimate, so that a signal
  /// or a timer need not read the store. 0: none is kept.
  std::uint64_t parked_cache_bytes = 32u << 20;
  /// Number of shards of the run directory.
  std::uint32_t shards = 16;
  /// Maximum number of runs in memory. Further starts are refused as `overloaded`.
  std::uint32_t max_active_runs = 100'000;
  /// Maximum number of commands that are accepted but not answered. Further commands are refused
  /// as `overloaded`.
  std::uint32_t max_commands_in_flight = 100'000;
  /// Maximum total size of the commands that are accepted but not answered and of the queries that
  /// wait, as compact JSON. A scope can have at most as much as remains free. Further ones are
  /// refused as `overloaded`. A larger command is accepted if there is no other.
  std::uint64_t max_bytes_in_flight = 256u << 20;
  /// Maximum number of calls that wait for the end of a run. Further ones are refused as
  /// `overloaded`.
  std::uint32_t max_waits = 100'000;
  /// Maximum number of asynchronous queries that are accepted but not answered. Further ones are
  /// refused as `overloaded`.
  std::uint32_t max_queries = 10'000;
  /// Number of unfinished runs that are loaded at a time when the engine starts. 0: none; a run is
  /// loaded when a call waits for it or for its parent.
  std::uint32_t recovery_batch = 256;
  /// Maximum number of restarts of a crashed run actor. After that its run fails as quarantined.
  std::uint32_t restart_limit = 5;
  /// Whether a fatal signal (SIGSEGV, SIGABRT, …) notes the run that its thread worked for. A run
  /// that the process dies of twice is quarantined. Without a data folder nothing is noted.
  bool crash_record = true;
  /// Initial back-off before a crashed run actor is restarted, and before a failed store is
  /// reopened. It doubles with each attempt.
  std::chrono::milliseconds restart_first_delay_ms{100};
  /// Maximum back-off before a restart. At least `engine.restart_first_delay_ms`.
  std::chrono::milliseconds restart_max_delay_ms{30'000};
  /// Maximum time that an orderly stop waits for running steps; `pawl` ends at most 5 s later.
  std::chrono::milliseconds stop_timeout_ms{10'000};

  /// Returns `scheduler_threads`, or the number of cores if it is 0. At least 1.
  [[nodiscard]] std::uint32_t scheduler_thread_count() const noexcept;
};

/// The thread pool for step functions.
struct executor_settings {
  /// Number of threads that run step functions. 0: twice the number of cores, at least 4. While one
  /// scope uses all of them, calls of other scopes get up to a quarter more.
  std::uint32_t threads = 0;
  /// Maximum number of calls that wait for a thread with their arguments. Further calls wait too,
  /// but without arguments and data. Other scopes get up to a quarter more.
  std::uint32_t queue_limit = 10'000;
  /// Maximum number of concurrent calls of `core.http`, which need no thread. While one scope uses
  /// all of them, other scopes get up to a quarter more.
  std::uint32_t max_http_calls = 1'000;
  /// Timeout of a step whose node does not set `timeout`. 0: no limit.
  std::chrono::milliseconds default_timeout_ms{0};
  /// Time that a cancelled or timed-out function has to return. After that it counts as stuck and
  /// its thread is replaced.
  std::chrono::milliseconds stop_grace_ms{5'000};
  /// Maximum number of stuck functions. At this number no further call starts until one returns.
  std::uint32_t max_stuck = 64;

  /// Returns `threads`, or twice the number of cores and at least 4 if it is 0.
  [[nodiscard]] std::uint32_t thread_count() const noexcept;
};

/// Limits of the function `core.exec`.
struct exec_settings {
  /// Programs that `core.exec` may run. `*`: all. Empty: none.
  std::vector<std::string> allow = {};
  /// Environment variables that programs receive from Pawl's own environment.
  std::vector<std::string> env = {"HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ"};
  /// Environment variables that the `env` of a step may set. One that changes what a program
  /// executes, such as `PATH` or `LD_PRELOAD`, undoes `exec.allow`.
  std::vector<std::string> step_env = {"LANG", "LC_ALL", "TMPDIR", "TZ"};
  /// Search path for program names without a slash.
  std::string path = "/usr/local/bin:/usr/bin:/bin";
  /// Maximum size of the output that is kept from each of a program's two output streams.
  std::uint64_t output_limit_bytes = 1u << 20;
  /// Timeout of a program if the node's arguments do not set `timeout_ms`. 0: no limit. After the
  /// timeout the whole process group is killed.
  std::chrono::milliseconds timeout_ms{600'000};
};

/// Limits of the function `core.http`.
struct http_settings {
  /// Hosts that `core.http` may call. `*`: all hosts with a public address. A host that is listed
  /// by name may also have a private address. Empty: none.
  std::vector<std::string> allow_hosts = {"*"};
  /// Maximum size of a response body. A step that receives a larger one fails.
  std::uint64_t max_response_bytes = 4u << 20;
  /// Timeout of a call, including redirects, if the node's arguments do not set `timeout_ms`.
  std::chrono::milliseconds timeout_ms{30'000};
  /// Timeout for connecting to a host (DNS, TCP, TLS).
  std::chrono::milliseconds connect_timeout_ms{10'000};
  /// PEM file with certificate authorities to trust in addition to those of the system.
  std::filesystem::path ca_file = {};
};

/// Where secrets come from: values that flows name (`{"secret": "NAME"}`) and never contain.
struct secret_settings {
  /// JSON file with the secrets of each scope: `{"SCOPE": {"NAME": "secret"}}`. Only its owner may
  /// access it. Empty: none. Read again on SIGHUP.
  std::filesystem::path file = {};
  /// Program, by absolute path, and its arguments; prints such a document. Run at start and on
  /// SIGHUP. Empty: none.
  std::vector<std::string> command = {};
  /// Environment variables that the scope `default` can use as secrets, under the same names.
  std::vector<std::string> env = {};
};

/// Steps that workers outside the process run.
struct worker_settings {
  /// Task queue for functions that are not registered in this process, if the node does not set
  /// `queue`. Empty: such a step fails. `pawl serve` sets it to `default`.
  std::string default_queue = {};
  /// Maximum number of queued tasks. A run that would add another one waits. While one scope uses
  /// all of them, other scopes get up to a quarter more.
  std::uint32_t max_queued_tasks = 1'000'000;
  /// Maximum number of polls that wait for a task. Further polls are refused as `overloaded`.
  std::uint32_t max_polls = 10'000;
  /// Number of lost leases after which a step fails.
  std::uint32_t max_lost_leases = 5;
};

/// What the histories of runs have besides their events.
struct history_settings {
  /// Whether a history has the computed arguments of each call. They are stored a second time
  /// there, beside the data that they were computed from.
  bool arguments = true;
  /// Maximum size of an input or output of a step in a history, as compact JSON. A larger one is
  /// cut and has its size and SHA-256.
  std::uint64_t max_value_bytes = 64u << 10;
};

/// How long ended runs are kept. Running and paused runs are never deleted, and neither are runs
/// that are marked to be kept. Runs that were started as subflows go with their parents.
struct retention_settings {
  /// Time after which completed runs are deleted. 0: never.
  std::chrono::milliseconds completed_for_ms{0};
  /// Time after which failed runs are deleted; they cannot be retried then. 0: never.
  std::chrono::milliseconds failed_for_ms{0};
  /// Time after which cancelled runs are deleted. 0: never.
  std::chrono::milliseconds cancelled_for_ms{0};
  /// Maximum number of ended jobs that are kept in each scope. One more deletes the oldest, with
  /// its results.
  std::uint32_t max_jobs = 100;
  /// Number of checkpoints that the history of each run keeps, unless its flow sets `history`.
  /// Older ones are deleted while the run goes on. 0: all are kept.
  std::uint32_t history = 0;
  /// Time between two searches for runs to delete.
  std::chrono::milliseconds interval_ms{600'000};
};

/// Blobs: large values that the data of runs refer to.
struct blob_settings {
  /// Maximum size of a blob.
  std::uint64_t max_bytes = std::uint64_t{1} << 30;
  /// Maximum number of bytes of all blobs of a scope. 0: no limit.
  std::uint64_t max_scope_bytes = std::uint64_t{64} << 30;
  /// Time that a blob is kept which no run holds, since it was sent, named by a command or released
  /// the last time.
  std::chrono::milliseconds grace_ms{3'600'000};
  /// Time between two searches for blobs to delete.
  std::chrono::milliseconds interval_ms{600'000};
};

/// Backups of the store.
struct backup_settings {
  /// Folder for the backups that a server makes on request. Empty: such requests are refused.
  std::filesystem::path dir = {};
};

/// The HTTP server: addresses, keys and limits.
struct server_settings {
  /// Addresses to listen on: an IP address and a port, where port 0 is any free port; `localhost`
  /// is 127.0.0.1; `unix:` and a path is a socket that only the current user can access.
  std::vector<std::string> listen = {"127.0.0.1:7717"};
  /// Number of threads that read requests and write responses. 0: one per core.
  std::uint32_t threads = 0;
  /// PEM file with the certificate, followed by its chain. Empty: HTTP without TLS. Reloaded on
  /// SIGHUP.
  std::filesystem::path tls_cert = {};
  /// PEM file with the private key of the certificate.
  std::filesystem::path tls_key = {};
  /// Origins of web pages that may use the API. `*`: all. Empty: none.
  std::vector<std::string> cors_origins = {};
  /// Whether the routes of the old engine are available under `/api`.
  bool old_api = false;
  /// Folder for the files of forms that are sent to the old engine's routes, with a folder for each
  /// data folder, scope and run. Empty: `uploads` in the data folder.
  std::filesystem::path upload_dir = {};
  /// Maximum number of files in a form. A form with more is answered with 413.
  std::uint32_t max_upload_files = 20;
  /// Maximum total size of the files of forms. A scope can have at most as much as remains free. A
  /// form that exceeds it is answered with 507.
  std::uint64_t max_upload_bytes = std::uint64_t{1} << 30;
  /// Whether the web console is available under `/ui/`, in a build with it.
  bool console = true;
  /// Maximum number of connections. Further ones are answered with 503 and closed.
  std::uint32_t max_connections = 10'000;
  /// Maximum number of connections per address. Loopback and Unix sockets are exempt. Further ones
  /// are answered with 429 and closed.
  std::uint32_t max_connections_per_peer = 1'000;
  /// Maximum number of event streams and WebSockets. Further ones are answered with 429.
  std::uint32_t max_streams = 5'000;
  /// Maximum number of event streams and WebSockets per API key or, without keys, per address.
  /// Further ones are answered with 429.
  std::uint32_t max_streams_per_key = 1'000;
  /// Maximum number of waiting requests (worker polls and `?wait=`) per API key or, without keys,
  /// per address. Further ones are answered with 429.
  std::uint32_t max_waits_per_key = 1'000;
  /// Maximum number of unanswered requests on a connection. The next one is not read until one is
  /// answered.
  std::uint32_t max_pipelined = 16;
  /// Maximum size of a request target. Longer ones are answered with 414.
  std::uint64_t max_url_bytes = 8u << 10;
  /// Maximum size of the request line and header fields. Larger ones are answered with 431.
  std::uint64_t max_header_bytes = 32u << 10;
  /// Maximum number of header fields in a request. More are answered with 431.
  std::uint32_t max_header_fields = 100;
  /// Maximum size of a request body, before and after decompression. Larger ones are answered with
  /// 413.
  std::uint64_t max_body_bytes = 16u << 20;
  /// Maximum nesting depth of arrays and objects in a request body or a WebSocket message. Deeper
  /// ones are answered with 422.
  std::uint32_t max_json_depth = 128;
  /// Maximum total size of requests that are being read, over all connections. Each address, and
  /// each scope once the API key is known, can have at most as much as remains free. Further ones
  /// are answered with 503.
  std::uint64_t max_pending_bytes = 512u << 20;
  /// Maximum total size of answers that wait to be sent, over all connections. The connections of
  /// an address can have at most as much as remains free. Further answers above 64 KiB are replaced
  /// by 503.
  std::uint64_t max_output_bytes = 256u << 20;
  /// Maximum size of a WebSocket message from a client. A larger one closes the connection.
  std::uint64_t max_message_bytes = 4u << 20;
  /// Maximum size of data that waits to be sent on an event stream or WebSocket. A slower reader
  /// is disconnected.
  std::uint64_t stream_buffer_bytes = 1u << 20;
  /// Time after which a connection without a request is closed.
  std::chrono::milliseconds idle_timeout_ms{60'000};
  /// Timeout for receiving a request head, and for a TLS handshake.
  std::chrono::milliseconds header_timeout_ms{10'000};
  /// Timeout for receiving a request body.
  std::chrono::milliseconds body_timeout_ms{60'000};
  /// Time without progress in sending after which a connection is closed.
  std::chrono::milliseconds write_timeout_ms{30'000};
  /// Time without data from a client after which a WebSocket is sent a ping. After twice this time
  /// it is closed.
  std::chrono::milliseconds ping_interval_ms{20'000};
  /// File with the API keys; `pawl keys` manages it. Empty: `keys.json` in the data folder.
  /// Reloaded when it changes.
  std::filesystem::path keys_file = {};
  /// Maximum number of requests with an invalid key per minute and address. Further ones are
  /// answered with 429.
  std::uint32_t max_failed_logins = 20;
  /// File for the audit log of all commands, one JSON object per line. Empty: the audit log is
  /// part of the log, at level info. Reopened on SIGHUP.
  std::filesystem::path audit_file = {};

  /// Returns `threads`, or the number of cores if it is 0. At least 1.
  [[nodiscard]] std::uint32_t thread_count() const noexcept;
};

struct log_settings {
  /// Minimum level of log messages.
  log_level level = log_level::info;
  /// `text`: lines for people. `json`: one JSON object per line.
  log_format format = log_format::text;
  /// File to append log messages to. Empty: standard error. Reopened on SIGHUP.
  std::filesystem::path file = {};
  /// Whether each run that fails is logged at level warning, at most 10 per second.
  bool failed_runs = true;
};

/// All settings of an engine. Plain values: copy and change freely. docs/configuration.md lists the
/// key, environment variable, default and range of each.
struct settings {
  storage_settings storage;
  cluster_settings cluster;
  flow_settings flow;
  run_settings run;
  engine_settings engine;
  executor_settings executor;
  exec_settings exec;
  http_settings http;
  secret_settings secrets;
  worker_settings worker;
  history_settings history;
  retention_settings retention;
  blob_settings blobs;
  backup_settings backup;
  server_settings server;
  log_settings log;

  /// Returns the defaults; the same as `settings{}`.
  [[nodiscard]] static settings defaults();

  /// Returns the defaults, overridden by the file that `PAWL_CONFIG` names and by the environment
  /// variables `PAWL_*`. Error: `invalid_argument`, which lists every invalid or unknown variable.
  /// Reads the environment: not safe while another thread changes it.
  [[nodiscard]] static result<settings> from_env();

  /// As `from_env`, with the values of a TOML file as the base. Errors: `not_found`, `io_failed`
  /// (the file); `invalid_argument`, which lists every invalid or unknown key with its line.
  [[nodiscard]] static result<settings> from_file(const std::filesystem::path& file);

  /// Checks values that the program has set. Error: `invalid_argument`, which lists every value out
  /// of range.
  [[nodiscard]] result<void> check() const;
};

}  // namespace pawl
