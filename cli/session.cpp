#include "cli/session.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <system_error>

#include "cli/read.hpp"
#include "cli/target/local.hpp"
#include "cli/target/open_store.hpp"
#include "cli/target/remote.hpp"
#include "cli/text.hpp"
#include "config/keys.hpp"
#include "functions/secrets/private_file.hpp"
#include "runtime/components.hpp"
#include "runtime/core.hpp"
#include "runtime/logging.hpp"

namespace pawl::cli {
namespace {

/// Variables that select a target. They are not settings.
constexpr const char* server_variable = "PAWL_SERVER";
constexpr const char* token_variable = "PAWL_TOKEN";
constexpr const char* scope_variable = "PAWL_SCOPE";
constexpr std::array client_variables = {server_variable, token_variable, scope_variable};

constexpr std::size_t max_token_file_bytes = 64 * 1024;

std::vector<config::variable> settings_variables() {
  auto all = config::process_environment();
  std::erase_if(all, [](const auto& variable) {
    return std::find(client_variables.begin(), client_variables.end(), variable.first) !=
           client_variables.end();
  });
  return all;
}

/// The value of an option, else of its environment variable; nullopt if both are missing or empty.
std::optional<std::string> option_or_variable(const std::optional<std::string>& given,
                                              const char* name) {
  if (given) return given;
  const char* const value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string{value};
}

/// Joins the lists of a repeated option: {"tar,gzip", "rm"} gives "tar,gzip,rm".
std::string joined(const std::vector<std::string>& lists) {
  std::string all;
  for (const auto& list : lists) all += (all.empty() ? "" : ",") + list;
  return all;
}

result<config::flag_value> parse_set(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals == 0) {
    return error{errc::invalid_argument,
                 "invalid --set " + printable(text) +
                     ": must be KEY=VALUE, such as run.max_state_bytes=2MiB"};
  }
  return config::flag_value{text.substr(0, equals), text.substr(equals + 1), "--set"};
}

/// An engine without actors: it changes no run, whatever is due. Its opening sets whether another
/// process has the store open. Errors: as `make_logger`.
result<std::unique_ptr<engine>> make_reader(const settings& s, bool& is_beside_writer) {
  auto log = make_logger(s.log);
  if (!log) return std::move(log).error();
  engine_components given;
  given.only_reads = true;
  given.log = *log;
  given.open_store = [&is_beside_writer, s,
                      log = given.log]() -> result<std::unique_ptr<persistence::store>> {
    auto opened = open_store(s, log);
    // A database is read by its owner alone.
    is_beside_writer =
        !opened && opened.error().code == errc::locked && !s.storage.data_dir.empty();
    if (is_beside_writer) return open_store_to_read(s.storage);
    return opened;
  };
  return std::make_unique<engine>(engine_access::make(s, std::move(given)));
}

}  // namespace

session::session(settings_options options, interrupts& stop_signals)
    : options_(std::move(options)),
      stop_signals_(stop_signals),
      screen_(detect_terminal(STDOUT_FILENO)),
      out_(STDOUT_FILENO) {}

void session::print_message(std::string_view sentence) {
  out_.flush();
  write_error("pawl: " + printable_lines(sentence));
}

exit_code session::fail(exit_code code, std::string_view sentence) {
  print_message(sentence);
  return code;
}

exit_code session::fail(const error& why) {
  return fail(exit_code_of(why.code), why.message);
}

result<config::effective_settings> session::load_settings() const {
  config::sources from;
  if (options_.config_file) from.file = *options_.config_file;
  from.environment = settings_variables();
  for (const auto& text : options_.set) {
    auto flag = parse_set(text);
    if (!flag) return std::move(flag).error();
    from.flags.push_back(*std::move(flag));
  }
  const auto add = [&](const char* key, const std::optional<std::string>& text, const char* flag) {
    if (text) from.flags.push_back({key, *text, flag});
  };
  add("storage.data_dir", options_.data_dir, "--data-dir");
  add("storage.durability", options_.durability, "--durability");
  add("log.level", options_.log_level, "--log-level");
  if (!options_.allow_exec.empty()) add("exec.allow", joined(options_.allow_exec), "--allow-exec");
  if (!options_.listen.empty()) add("server.listen", joined(options_.listen), "--listen");
  if (options_.old_api) add("server.old_api", "true", "--old-api");
  auto loaded = config::load(from);
  if (!loaded) return loaded;
  const auto is_default = [&](std::string_view name) {
    auto& origin = loaded->origin_of(name).from;
    if (origin != config::origin::kind::defaults) return false;
    origin = config::origin::kind::program;
    return true;
  };
  if (is_default("log.level")) loaded->values.log.level = log_level::warning;
  // Commands show the runs that fail themselves.
  if (is_default("log.failed_runs")) loaded->values.log.failed_runs = false;
  return loaded;
}

result<scope_name> session::selected_scope() const {
  const auto given = option_or_variable(options_.scope, scope_variable);
  return given ? parse_scope_name(*given) : default_scope();
}

result<server_access> session::server() const {
  if (options_.server && options_.data_dir) {
    return error{
        errc::invalid_argument,
        "--server and --data-dir are mutually exclusive: a server has its own data folder"};
  }
  auto at = parse_server_address(option_or_variable(options_.server, server_variable).value_or(""));
  if (!at) return std::move(at).error();
  auto scope = selected_scope();
  if (!scope) return std::move(scope).error();
  server_access access{*std::move(at), {}, options_.ca_file.value_or(""), *std::move(scope)};
  result<std::string> token = std::string{};
  if (options_.token_file) {
    if (auto good = functions::check_is_private(*options_.token_file, "--token-file"); !good)
      return std::move(good).error();
    token = read_text(*options_.token_file, max_token_file_bytes);
    if (token) token = parse_token(*token, "--token-file");
  } else if (const auto given = option_or_variable({}, token_variable)) {
    token = parse_token(*given, token_variable);
  }
  if (!token) return std::move(token).error();
  access.token = *std::move(token);
  return access;
}

result<std::unique_ptr<target>> session::open_server() {
  auto access = server();
  if (!access) return std::move(access).error();
  std::string flags;
  if (options_.server) flags += " --server " + shell_word(*options_.server);
  if (options_.token_file) flags += " --token-file " + shell_word(*options_.token_file);
  if (options_.ca_file) flags += " --ca-file " + shell_word(*options_.ca_file);
  if (options_.scope) flags += " --scope " + shell_word(*options_.scope);
  return make_remote_target(*std::move(access), std::move(flags),
                            [this] { return stop_signals_.requested(); });
}

void session::print_read_beside_writer() {
  print_message("another process has the store open; this is its state of a few milliseconds ago");
}

bool session::is_confirmed(const std::string& question) {
  if (::isatty(STDIN_FILENO) != 1) return false;
  print_message(question + " [y/N]");
  std::string answer;
  return std::getline(std::cin, answer) && (answer == "y" || answer == "Y" || answer == "yes");
}

bool session::uses_server() const {
  return options_.server || (!options_.data_dir && option_or_variable({}, server_variable));
}

result<std::vector<function_info>> session::available_functions(const settings& s) {
  if (uses_server()) {
    const auto opened = open_server();
    return opened ? (*opened)->functions() : opened.error();
  }
  const engine known{s};  // built-in functions exist before `open`
  return known.functions().list();
}

std::vector<std::string> session::worker_functions() {
  const auto opened = open_server();
  if (!opened) return {};
  const auto all = (*opened)->workers();
  if (!all) return {};
  std::vector<std::string> names;
  for (const auto& worker : all->workers)
    names.insert(names.end(), worker.functions.begin(), worker.functions.end());
  for (const auto& queue : all->queues) names.push_back(queue.code_ref);
  return names;
}

result<std::unique_ptr<target>> session::open_target(settings s, store_use use) {
  if (uses_server()) return open_server();
  const auto name = selected_scope();
  if (!name) return name.error();
  if (const auto there = check_store(s.storage, use); !there) return there.error();
  s.engine.recovery_batch = 0;
  s.cluster.standby = false;
  bool is_beside_writer = false;
  auto made = use == store_use::read ? make_reader(s, is_beside_writer)
                                     : result<std::unique_ptr<engine>>{std::make_unique<engine>(s)};
  if (!made) return std::move(made).error();
  auto opened_engine = *std::move(made);
  const auto opened = opened_engine->open();
  if (opened && is_beside_writer) print_read_beside_writer();
  if (!opened) return opened.error();
  auto in = opened_engine->scope(name->str());
  if (!in) return std::move(in).error();
  return make_local_target(std::move(opened_engine), *std::move(in));
}

result<std::unique_ptr<target>> session::open_target(store_use use) {
  auto loaded = load_settings();
  if (!loaded) return std::move(loaded).error();
  return open_target(std::move(loaded->values), use);
}

exit_code session::close(target& open, exit_code so_far) {
  const auto stopped = open.close();
  if (stopped) return so_far;
  const exit_code code = fail(exit_code::store, stopped.error().message);
  return so_far == exit_code::ok ? code : so_far;
}

std::string session::store_flags(const settings& s) {
  const auto& dir = s.storage.data_dir;
  return dir.empty() ? "" : " --data-dir " + shell_word(dir.string());
}

std::string session::step_flags(const settings& s) {
  std::string flags = store_flags(s);
  if (!s.exec.allow.empty()) flags += " --allow-exec " + shell_word(joined(s.exec.allow));
  return flags;
}

}  // namespace pawl::cli
