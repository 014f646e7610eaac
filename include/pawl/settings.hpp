#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <pawl/function.hpp>
#include <pawl/result.hpp>

namespace pawl {

/// How much the answer to a command promises.
enum class durability : std::uint8_t {
  sync,   ///< what was answered survives the loss of power
  async,  ///< what was answered survives the death of the process
  off,    ///< what was answered survives an orderly stop only
};

/// How log lines are written.
enum class log_format : std::uint8_t { text, json_lines };

/// How the store is kept.
struct storage_settings {
  /// The folder of the store; it is made if it is not there. Empty: the store is kept in memory.
  std::filesystem::path data_dir = {};
  pawl::durability durability = pawl::durability::sync;
  /// A full copy of a run's state is stored every so many checkpoints, between them only changes.
  std::uint32_t snapshot_every = 32;
  /// Who watches all runs and was away can go on where it was, as long as no more groups of
  /// transitions than this were written meanwhile.
  std::uint32_t journal_groups = 100'000;
  /// Maximum memory of cached compiled flows, as an estimate.
  std::uint64_t flow_cache_bytes = 64u << 20;
};

/// What a flow definition is held to before it is stored.
struct flow_settings {
  std::uint64_t max_bytes = 1u << 20;
  std::uint32_t max_depth = 64;
  std::uint32_t max_nodes = 1'000;
  std::uint32_t max_edges = 5'000;
};

/// What a single run is held to.
struct run_settings {
  /// State data as compact JSON. A step that would make it larger fails.
  std::uint64_t max_state_bytes = 8u << 20;
  /// What one step returns, as compact JSON.
  std::uint64_t max_result_bytes = 4u << 20;
  /// Branches of one run at the same time.
  std::uint32_t max_tokens = 1'000;
  /// How often a run may come to one node, where the node names no `max_visits` of its own.
  std::uint32_t default_max_visits = 1'000;
  /// Signals that have come to one run and were not taken up yet.
  std::uint32_t max_signals = 1'000;
  /// What one signal carries, as compact JSON.
  std::uint64_t max_signal_bytes = 1u << 20;
  /// Items that one map goes through.
  std::uint32_t max_map_items = 10'000;
  /// Runs inside of each other, by nodes of type `subflow`.
  std::uint32_t max_nesting = 16;
};

/// The engine's own work: scheduling, recovery, stop.
struct engine_settings {
  /// Threads that run actors. 0: one for each core; see `scheduler_thread_count`.
  std::uint32_t scheduler_threads = 0;
  /// Parts of the run directory that work side by side.
  std::uint32_t shards = 16;
  /// Runs in memory at once. One more start is answered `overloaded`.
  std::uint32_t max_active_runs = 100'000;
  /// Commands that were taken and not answered yet. One more is answered `overloaded`.
  std::uint32_t max_commands_in_flight = 100'000;
  /// Unfinished runs that are brought back into memory together when the engine starts. 0: none;
  /// each goes on when it is waited for.
  std::uint32_t recovery_batch = 256;
  /// Times that a crashed run actor is restarted before its run is parked as failed.
  std::uint32_t restart_limit = 5;
  /// The wait before the first restart; it doubles with every further one.
  std::chrono::milliseconds restart_first_delay_ms{100};
  /// The longest wait before a restart.
  std::chrono::milliseconds restart_max_delay_ms{30'000};
  /// How long an orderly stop waits for steps that are under way.
  std::chrono::milliseconds stop_timeout_ms{10'000};

  /// `scheduler_threads`, or the machine's cores where that is 0. At least 1.
  [[nodiscard]] std::uint32_t scheduler_thread_count() const noexcept;
};

/// Where step functions run.
struct executor_settings {
  /// Threads for step functions. 0: twice the cores, at least 4; see `thread_count`.
  std::uint32_t threads = 0;
  /// Calls that wait for a thread. One more is answered `overloaded`.
  std::uint32_t queue_limit = 10'000;
  /// How long a step may take whose node names no `timeout`. 0: as long as it likes.
  std::chrono::milliseconds default_timeout_ms{0};
  /// How long a function that was cancelled or timed out has to return before it counts as stuck
  /// and its thread is replaced.
  std::chrono::milliseconds stop_grace_ms{5'000};
  /// Stuck functions at once. From then on no further call is taken until one returns.
  std::uint32_t max_stuck = 64;

  /// `threads`, or twice the machine's cores and at least 4 where that is 0.
  [[nodiscard]] std::uint32_t thread_count() const noexcept;
};

/// What the function `core.exec` may do.
struct exec_settings {
  /// Programs that may be run: names found in `path`, or absolute paths; "*" for every one. Empty:
  /// none.
  std::vector<std::string> allow = {};
  /// Environment variables that programs may have: from ours, and from a step's `env`.
  std::vector<std::string> env = {"HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ"};
  /// Where programs without a slash are looked for: absolute folders with `:` between them.
  std::string path = "/usr/local/bin:/usr/bin:/bin";
  /// What is kept of each of a program's two output streams.
  std::uint64_t output_limit_bytes = 1u << 20;
  /// How long a program may run where the node's args name no `timeout_ms`. 0: as long as it
  /// likes. What outlives it is killed with its whole process group.
  std::chrono::milliseconds timeout_ms{600'000};
};

/// What the function `core.http` may do.
struct http_settings {
  /// Hosts that may be called: "*" for every one with a public address; a name, an IP address or
  /// "*.example.com", perhaps with ":8080" behind it, whatever addresses these have. Empty: none.
  std::vector<std::string> allow_hosts = {"*"};
  /// The longest body of a response.
  std::uint64_t max_response_bytes = 4u << 20;
  /// How long a call may take, redirects included, where the node's args name no `timeout_ms`.
  std::chrono::milliseconds timeout_ms{30'000};
  /// How long finding and reaching a host (DNS, TCP, TLS) may take.
  std::chrono::milliseconds connect_timeout_ms{10'000};
  /// A PEM file with certificates of authorities that are trusted besides the system's.
  std::filesystem::path ca_file = {};
};

/// Steps that workers outside of the process do.
struct worker_settings {
  /// The queue for calls of functions that the process does not have, of nodes that name no queue.
  /// Empty: such a step fails.
  std::string default_queue = {};
  /// Tasks that wait for a worker. A run that comes to one more waits with it.
  std::uint32_t max_queued_tasks = 1'000'000;
  /// Polls that wait for a task. One more is answered `overloaded`.
  std::uint32_t max_polls = 10'000;
  /// Workers that may be lost over one call before its step fails.
  std::uint32_t max_lost_leases = 5;
};

/// The HTTP server: where it listens, and what it lets one peer, and all of them, take.
struct server_settings {
  /// Addresses: "127.0.0.1:7717", "[::1]:7717", "localhost:7717" (which is 127.0.0.1), or
  /// "unix:/path" for a Unix socket that only this user may use. Port 0: any that is free.
  std::vector<std::string> listen = {"127.0.0.1:7717"};
  /// Threads that read requests and write answers. 0: one for each core; see `thread_count`.
  std::uint32_t threads = 0;
  /// PEM files of the certificate, with what leads to its authority, and of its key. Both, or
  /// neither: then HTTP is spoken without TLS. Not for Unix sockets.
  std::filesystem::path tls_cert = {};
  std::filesystem::path tls_key = {};
  /// Web pages of other origins that may use the API: "https://app.example.com", "*" for every
  /// one. Empty: none.
  std::vector<std::string> cors_origins = {};
  /// Whether the routes of the old engine are there as well, under /api.
  bool old_api = false;
  /// Connections at once. One more is answered 503 and closed.
  std::uint32_t max_connections = 10'000;
  /// Connections of one address, loopback and Unix sockets excepted. One more is answered 429.
  std::uint32_t max_connections_per_peer = 1'000;
  /// Event streams and WebSockets at once, all together. One more is answered 429.
  std::uint32_t max_streams = 5'000;
  /// Those of one caller: of a key, or without keys of an address. One more is answered 429.
  std::uint32_t max_streams_per_key = 1'000;
  /// Requests of one caller that wait: polls of workers, and `?wait=`. One more is answered 429.
  std::uint32_t max_waits_per_key = 1'000;
  /// Requests of one connection that were read and not answered. The next waits unread.
  std::uint32_t max_pipelined = 16;
  /// The longest request target. A longer one is answered 414.
  std::uint64_t max_url_bytes = 8u << 10;
  /// Request line and header fields together. More is answered 431.
  std::uint64_t max_header_bytes = 32u << 10;
  /// Header fields of one request. More are answered 431.
  std::uint32_t max_header_fields = 100;
  /// The body of a request, also after it was decompressed. A longer one is answered 413.
  std::uint64_t max_body_bytes = 16u << 20;
  /// How deep arrays and objects may nest in a body. A deeper one is answered 422.
  std::uint32_t max_json_depth = 128;
  /// Requests that are being read, of all connections together. What is beyond is answered 503.
  std::uint64_t max_pending_bytes = 512u << 20;
  /// One message that comes over a WebSocket. A longer one closes it with 1009.
  std::uint64_t max_message_bytes = 4u << 20;
  /// What may wait for the reader of one event stream or WebSocket. One that falls further behind
  /// is dropped.
  std::uint64_t stream_buffer_bytes = 1u << 20;
  /// How long a connection without a request stays open.
  std::chrono::milliseconds idle_timeout_ms{60'000};
  /// How long the head of a request, or a TLS handshake, may take.
  std::chrono::milliseconds header_timeout_ms{10'000};
  /// How long the body of a request may take.
  std::chrono::milliseconds body_timeout_ms{60'000};
  /// How long a peer may take nothing of what is written to it before its connection is closed.
  std::chrono::milliseconds write_timeout_ms{30'000};
  /// A WebSocket that is silent for so long is sent a ping; twice as long, and it is closed.
  std::chrono::milliseconds ping_interval_ms{20'000};
  /// The keys of callers; see `pawl keys`. Empty: `keys.json` in the data folder.
  std::filesystem::path keys_file = {};
  /// Requests with a wrong key that one address may send in a minute. One more is answered 429.
  std::uint32_t max_failed_logins = 20;
  /// Where every command that somebody gives is noted, a JSON object a line. Empty: in the log.
  std::filesystem::path audit_file = {};

  /// `threads`, or the machine's cores where that is 0. At least 1.
  [[nodiscard]] std::uint32_t thread_count() const noexcept;
};

struct log_settings {
  log_level level = log_level::info;
  log_format format = log_format::text;
  /// Where lines are appended. Empty: standard error.
  std::filesystem::path file = {};
};

/// Everything about an engine that can be set. Plain values: copy and change freely. The text of
/// every setting, its variable and its limits are described in docs/configuration.md.
struct settings {
  storage_settings storage;
  flow_settings flow;
  run_settings run;
  engine_settings engine;
  executor_settings executor;
  exec_settings exec;
  http_settings http;
  worker_settings worker;
  server_settings server;
  log_settings log;

  /// Every value as it is when nobody sets it; the same as `settings{}`.
  [[nodiscard]] static settings defaults();

  /// The defaults, changed by the variables `PAWL_*` of this process, and by the file that
  /// `PAWL_CONFIG` names. Error `invalid_argument`: every wrong or unknown variable at once, with
  /// what is allowed. Reads the environment: not safe while another thread changes it.
  [[nodiscard]] static result<settings> from_env();

  /// As `from_env`, over the values in a TOML file. Errors: `not_found`, `io_failed` for the
  /// file; `invalid_argument` for wrong or unknown keys, which are named with their line.
  [[nodiscard]] static result<settings> from_file(const std::filesystem::path& file);

  /// Checks values that a program has set itself: every one that is out of range is named, as in
  /// `from_env`.
  [[nodiscard]] result<void> check() const;
};

}  // namespace pawl
