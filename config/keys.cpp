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

// The single source of every setting's name, place, limits and description. Its variable, its row
// in docs/configuration.md and its line in `pawl config` follow from it.
constexpr std::array table{
    key{"storage.data_dir", [](settings& s) -> field { return &s.storage.data_dir; },
        "The folder of the store; it is made if it is not there. Empty: the store is kept in "
        "memory and gone when the program ends.",
        0, 0, "a path, or nothing"},
    key{"storage.durability", [](settings& s) -> field { return &s.storage.durability; },
        "What the answer to a command promises: `sync` that it survives the loss of power, `async` "
        "the death of the process, `off` an orderly stop only."},
    key{"storage.snapshot_every", [](settings& s) -> field { return &s.storage.snapshot_every; },
        "A full copy of a run's state is stored every so many checkpoints, between them only "
        "changes.",
        1, 100'000},

    key{"storage.journal_groups", [](settings& s) -> field { return &s.storage.journal_groups; },
        "Who watches all runs and was away can go on where it was, as long as no more groups of "
        "transitions than this were written meanwhile.",
        1, 1'000'000'000},

    key{"flow.max_bytes", [](settings& s) -> field { return &s.flow.max_bytes; },
        "The longest text of a flow definition.", kib, 64 * mib},
    key{"flow.max_depth", [](settings& s) -> field { return &s.flow.max_depth; },
        "How deep arrays and objects may nest in a flow definition.", 4, 256},
    key{"flow.max_nodes", [](settings& s) -> field { return &s.flow.max_nodes; },
        "Nodes of one flow.", 1, 100'000},
    key{"flow.max_edges", [](settings& s) -> field { return &s.flow.max_edges; },
        "Edges of one flow.", 1, 1'000'000},

    key{"run.max_state_bytes", [](settings& s) -> field { return &s.run.max_state_bytes; },
        "State data of one run, as compact JSON. A step that would make it larger fails.", kib,
        gib},
    key{"run.max_result_bytes", [](settings& s) -> field { return &s.run.max_result_bytes; },
        "What one step returns, as compact JSON. A step that returns more fails.", kib, gib},
    key{"run.max_tokens", [](settings& s) -> field { return &s.run.max_tokens; },
        "Branches of one run at the same time.", 1, 1'000'000},
    key{"run.default_max_visits", [](settings& s) -> field { return &s.run.default_max_visits; },
        "How often a run may come to one node, where the node names no `max_visits` of its own.", 1,
        1'000'000'000},
    key{"run.max_signals", [](settings& s) -> field { return &s.run.max_signals; },
        "Signals that have come to one run and were not taken up yet. One more is refused.", 1,
        1'000'000},
    key{"run.max_signal_bytes", [](settings& s) -> field { return &s.run.max_signal_bytes; },
        "What one signal carries, as compact JSON.", kib, gib},
    key{"run.max_map_items", [](settings& s) -> field { return &s.run.max_map_items; },
        "Items that one map goes through. A map over more fails.", 1, 1'000'000},
    key{"run.max_nesting", [](settings& s) -> field { return &s.run.max_nesting; },
        "Runs inside of each other, by nodes of type `subflow`.", 1, 1'000},

    key{"engine.scheduler_threads",
        [](settings& s) -> field { return &s.engine.scheduler_threads; },
        "Threads that run actors. 0: one for each core.", 0, 1'024},
    key{"engine.shards", [](settings& s) -> field { return &s.engine.shards; },
        "Parts of the run directory that work side by side.", 1, 1'024},
    key{"engine.max_active_runs", [](settings& s) -> field { return &s.engine.max_active_runs; },
        "Runs in memory at once. One more start is answered `overloaded`.", 1, 100'000'000},
    key{"engine.max_commands_in_flight",
        [](settings& s) -> field { return &s.engine.max_commands_in_flight; },
        "Commands that were taken and not answered yet. One more is answered `overloaded`.", 1,
        100'000'000},
    key{"engine.recovery_batch", [](settings& s) -> field { return &s.engine.recovery_batch; },
        "Unfinished runs that are brought back into memory together when the engine starts. 0: "
        "none; each goes on when it is waited for.",
        0, 1'000'000},
    key{"engine.restart_limit", [](settings& s) -> field { return &s.engine.restart_limit; },
        "Times that a crashed run actor is restarted before its run is parked as failed.", 0,
        1'000},
    key{"engine.restart_first_delay_ms",
        [](settings& s) -> field { return &s.engine.restart_first_delay_ms; },
        "The wait before a crashed run actor is first restarted, and between attempts to open a "
        "failed store again; it doubles with every further one.",
        1, hour_ms},
    key{"engine.restart_max_delay_ms",
        [](settings& s) -> field { return &s.engine.restart_max_delay_ms; },
        "The longest wait before a restart; not less than `engine.restart_first_delay_ms`.", 1,
        day_ms},
    key{"engine.stop_timeout_ms", [](settings& s) -> field { return &s.engine.stop_timeout_ms; },
        "How long an orderly stop waits for steps that are under way.", 0, day_ms},

    key{"executor.threads", [](settings& s) -> field { return &s.executor.threads; },
        "Threads that run step functions. 0: twice the cores, at least 4.", 0, 4'096},
    key{"executor.queue_limit", [](settings& s) -> field { return &s.executor.queue_limit; },
        "Calls of step functions that wait for a thread. One more is answered `overloaded`.", 1,
        10'000'000},
    key{"executor.default_timeout_ms",
        [](settings& s) -> field { return &s.executor.default_timeout_ms; },
        "How long a step may take whose node names no `timeout`. 0: as long as it likes.", 0,
        30 * day_ms},
    key{"executor.stop_grace_ms", [](settings& s) -> field { return &s.executor.stop_grace_ms; },
        "How long a function that was cancelled or timed out has to return before it counts as "
        "stuck and its thread is replaced.",
        0, hour_ms},
    key{"executor.max_stuck", [](settings& s) -> field { return &s.executor.max_stuck; },
        "Stuck functions at once. From then on no further call is taken until one returns.", 1,
        10'000},

    key{"exec.allow", [](settings& s) -> field { return &s.exec.allow; },
        "Programs that `core.exec` may run; `*` for every one. Empty: none.", 0, 0,
        "a list of program names such as `tar`, or absolute paths", is_program},
    key{"exec.env", [](settings& s) -> field { return &s.exec.env; },
        "Environment variables that programs may have: from ours, and from a step's `env`.", 0, 0,
        "a list of names of variables", is_variable_name},
    key{"exec.path", [](settings& s) -> field { return &s.exec.path; },
        "Where programs that are named without a slash are looked for.", 0, 0,
        "absolute folders with `:` between them", is_folder_list},
    key{"exec.output_limit_bytes", [](settings& s) -> field { return &s.exec.output_limit_bytes; },
        "What is kept of each of a program's two output streams.", kib, gib},
    key{"exec.timeout_ms", [](settings& s) -> field { return &s.exec.timeout_ms; },
        "How long a program may run where the node's args name no `timeout_ms`. 0: as long as it "
        "likes. What outlives it is killed with its whole process group.",
        0, 30 * day_ms},

    key{"http.allow_hosts", [](settings& s) -> field { return &s.http.allow_hosts; },
        "Hosts that `core.http` may call. `*`: every one with a public address. A host that is "
        "named may have a private one, too. Empty: none.",
        0, 0,
        "a list of hosts such as `api.example.com`, `*.example.com`, `localhost:8080`, or `*`",
        is_host},
    key{"http.max_response_bytes", [](settings& s) -> field { return &s.http.max_response_bytes; },
        "The longest body of a response. A step that is sent more fails.", kib, gib},
    key{"http.timeout_ms", [](settings& s) -> field { return &s.http.timeout_ms; },
        "How long a call may take, redirects included, where the node's args name no "
        "`timeout_ms`.",
        1, day_ms},
    key{"http.connect_timeout_ms", [](settings& s) -> field { return &s.http.connect_timeout_ms; },
        "How long finding and reaching a host (DNS, TCP, TLS) may take.", 1, hour_ms},
    key{"http.ca_file", [](settings& s) -> field { return &s.http.ca_file; },
        "A PEM file with certificates of authorities that are trusted besides the system's.", 0, 0,
        "a path, or nothing"},

    key{"worker.default_queue", [](settings& s) -> field { return &s.worker.default_queue; },
        "The queue for calls of functions that the process does not have, where the node names no "
        "`queue`. Empty: such a step fails. `pawl serve` sets it to `default`.",
        0, 0, "a name of `[A-Za-z0-9._:-]`, or nothing", is_queue},
    key{"worker.max_queued_tasks", [](settings& s) -> field { return &s.worker.max_queued_tasks; },
        "Tasks that wait for a worker. A run that comes to one more waits with it.", 1,
        1'000'000'000},
    key{"worker.max_polls", [](settings& s) -> field { return &s.worker.max_polls; },
        "Polls that wait for a task. One more is answered `overloaded`.", 1, 1'000'000},
    key{"worker.max_lost_leases", [](settings& s) -> field { return &s.worker.max_lost_leases; },
        "Workers that may be lost over one call before its step fails.", 1, 1'000'000},

    key{"server.listen", [](settings& s) -> field { return &s.server.listen; },
        "Where it listens: an IP address with a port, 0 for any free one; `localhost` is "
        "127.0.0.1; `unix:` before a path for a socket that only this user may use.",
        0, 0, "a list of addresses such as `127.0.0.1:7717`, `[::1]:7717`, `unix:/path`",
        is_listen_address},
    key{"server.threads", [](settings& s) -> field { return &s.server.threads; },
        "Threads that read requests and write answers. 0: one for each core.", 0, 1'024},
    key{"server.tls_cert", [](settings& s) -> field { return &s.server.tls_cert; },
        "PEM file of the certificate, with those that lead to its authority behind it. Empty: HTTP "
        "without TLS. Read again on SIGHUP.",
        0, 0, "a path, or nothing"},
    key{"server.tls_key", [](settings& s) -> field { return &s.server.tls_key; },
        "PEM file of the certificate's key.", 0, 0, "a path, or nothing"},
    key{"server.cors_origins", [](settings& s) -> field { return &s.server.cors_origins; },
        "Web pages of other origins that may use the API; `*` for every one. Empty: none.", 0, 0,
        "a list of origins such as `https://app.example.com`, or `*`", is_origin},
    key{"server.old_api", [](settings& s) -> field { return &s.server.old_api; },
        "Whether the routes of the old engine are there as well, under `/api`."},
    key{"server.max_connections", [](settings& s) -> field { return &s.server.max_connections; },
        "Connections at once. One more is answered 503 and closed.", 1, 1'000'000},
    key{"server.max_connections_per_peer",
        [](settings& s) -> field { return &s.server.max_connections_per_peer; },
        "Connections of one address at once; loopback and Unix sockets have no limit of their own. "
        "One more is answered 429 and closed.",
        1, 1'000'000},
    key{"server.max_streams", [](settings& s) -> field { return &s.server.max_streams; },
        "Event streams and WebSockets at once, together. One more is answered 429.", 1, 1'000'000},
    key{"server.max_streams_per_key",
        [](settings& s) -> field { return &s.server.max_streams_per_key; },
        "Event streams and WebSockets of one caller at once: of a key or, without keys, of an "
        "address. One more is answered 429.",
        1, 1'000'000},
    key{"server.max_waits_per_key",
        [](settings& s) -> field { return &s.server.max_waits_per_key; },
        "Requests of one caller that wait at once: polls of workers and `?wait=`. One more is "
        "answered 429.",
        1, 1'000'000},
    key{"server.max_pipelined", [](settings& s) -> field { return &s.server.max_pipelined; },
        "Requests of one connection that were read and are not answered. The next one waits "
        "unread.",
        1, 1'000},
    key{"server.max_url_bytes", [](settings& s) -> field { return &s.server.max_url_bytes; },
        "The longest request target. A longer one is answered 414.", 256, mib},
    key{"server.max_header_bytes", [](settings& s) -> field { return &s.server.max_header_bytes; },
        "Request line and header fields together. More is answered 431.", kib, mib},
    key{"server.max_header_fields",
        [](settings& s) -> field { return &s.server.max_header_fields; },
        "Header fields of one request. More are answered 431.", 8, 10'000},
    key{"server.max_body_bytes", [](settings& s) -> field { return &s.server.max_body_bytes; },
        "The body of a request, also after it was decompressed. A longer one is answered 413.", kib,
        gib},
    key{"server.max_json_depth", [](settings& s) -> field { return &s.server.max_json_depth; },
        "How deep arrays and objects may nest in the body of a request, or in a message over a "
        "WebSocket. A deeper one is answered 422.",
        8, 1000},
    key{"server.max_pending_bytes",
        [](settings& s) -> field { return &s.server.max_pending_bytes; },
        "Requests that are being read, of all connections together. What is beyond is answered "
        "503.",
        kib, 1'024 * gib},
    key{"server.max_message_bytes",
        [](settings& s) -> field { return &s.server.max_message_bytes; },
        "One message that comes over a WebSocket. A longer one closes it.", kib, gib},
    key{"server.stream_buffer_bytes",
        [](settings& s) -> field { return &s.server.stream_buffer_bytes; },
        "What may wait for the reader of one event stream or WebSocket. A reader that falls "
        "further behind is dropped.",
        kib, gib},
    key{"server.idle_timeout_ms", [](settings& s) -> field { return &s.server.idle_timeout_ms; },
        "How long a connection without a request stays open.", 1, day_ms},
    key{"server.header_timeout_ms",
        [](settings& s) -> field { return &s.server.header_timeout_ms; },
        "How long the head of a request, or a TLS handshake, may take.", 1, hour_ms},
    key{"server.body_timeout_ms", [](settings& s) -> field { return &s.server.body_timeout_ms; },
        "How long the body of a request may take.", 1, day_ms},
    key{"server.write_timeout_ms", [](settings& s) -> field { return &s.server.write_timeout_ms; },
        "How long a peer may take nothing of what is written to it before its connection is "
        "closed.",
        1, day_ms},
    key{"server.ping_interval_ms", [](settings& s) -> field { return &s.server.ping_interval_ms; },
        "A WebSocket that is silent for so long is sent a ping; twice as long, and it is closed.",
        1, hour_ms},
    key{"server.keys_file", [](settings& s) -> field { return &s.server.keys_file; },
        "The keys of callers, which `pawl keys` makes. Empty: `keys.json` in the data folder. Read "
        "again when it changes.",
        0, 0, "a path, or nothing"},
    key{"server.max_failed_logins",
        [](settings& s) -> field { return &s.server.max_failed_logins; },
        "Requests with a wrong key that one address may send in a minute. One more is answered "
        "429.",
        1, 1'000'000},
    key{"server.audit_file", [](settings& s) -> field { return &s.server.audit_file; },
        "Where every command that somebody gives is noted, one JSON object per line. Empty: in the "
        "log, at the level info. Opened again on SIGHUP.",
        0, 0, "a path, or nothing"},

    key{"log.level", [](settings& s) -> field { return &s.log.level; },
        "The least important lines that are written."},
    key{"log.format", [](settings& s) -> field { return &s.log.format; },
        "Lines for people, or one JSON object per line."},
    key{"log.file", [](settings& s) -> field { return &s.log.file; },
        "Where lines are appended. Empty: standard error.", 0, 0, "a path, or nothing"},
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
