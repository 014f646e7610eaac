#include "cli/session.hpp"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "cli/text.hpp"
#include "config/keys.hpp"

namespace pawl::cli {
namespace {

/// "tar,gzip" of several flags in one.
std::string joined(const std::vector<std::string>& lists) {
  std::string all;
  for (const auto& list : lists) all += (all.empty() ? "" : ",") + list;
  return all;
}

result<config::flag_value> parse_set(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals == 0) {
    return error{
        errc::invalid_argument,
        "--set takes KEY=VALUE, such as --set run.max_state_bytes=2MiB, not " + printable(text)};
  }
  return config::flag_value{text.substr(0, equals), text.substr(equals + 1), "--set"};
}

result<void> check_store(const storage_settings& storage) {
  const auto& dir = storage.data_dir;
  if (dir.empty()) {
    return error{errc::invalid_argument,
                 "no data folder is named; give --data-dir DIR, or set PAWL_STORAGE_DATA_DIR or "
                 "storage.data_dir in the configuration"};
  }
  std::error_code failure;
  const auto there = [&](const std::filesystem::path& path) {
    return std::filesystem::exists(path, failure);
  };
  if (there(dir / "PAWL") || there(dir / "CURRENT")) return {};
  // What cannot be looked at is left to the store, which says why.
  if (failure && failure != std::errc::no_such_file_or_directory) return {};
  return error{errc::not_found, "there is no store in " + printable(dir.string()) +
                                    "; check --data-dir (`pawl run --data-dir` makes one)"};
}

}  // namespace

session::session(settings_options options, interrupts& stop_signals)
    : options_(std::move(options)),
      stop_signals_(stop_signals),
      screen_(look_at(STDOUT_FILENO)),
      out_(STDOUT_FILENO) {}

void session::say(std::string_view sentence) {
  out_.flush();
  write_error("pawl: " + printable_lines(sentence));
}

exit_code session::fail(exit_code code, std::string_view sentence) {
  say(sentence);
  return code;
}

exit_code session::fail(const error& why) {
  return fail(exit_code_of(why.code), why.message);
}

result<config::effective_settings> session::load_settings() const {
  config::sources from;
  if (options_.config_file) from.file = *options_.config_file;
  from.environment = config::process_environment();
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
  const auto level =
      static_cast<std::size_t>(config::find_key("log.level") - config::keys().data());
  if (loaded->origins[level].from == config::origin::kind::defaults) {
    loaded->values.log.level = log_level::warning;
    loaded->origins[level].from = config::origin::kind::program;
  }
  return loaded;
}

result<std::unique_ptr<engine>> session::open_engine(settings s, store_use use) const {
  if (use == store_use::existing) {
    if (const auto there = check_store(s.storage); !there) return there.error();
  }
  s.engine.recovery_batch = 0;
  auto made = std::make_unique<engine>(std::move(s));
  if (const auto opened = made->open(); !opened) return opened.error();
  return made;
}

result<std::unique_ptr<engine>> session::open_engine(store_use use) const {
  auto loaded = load_settings();
  if (!loaded) return std::move(loaded).error();
  return open_engine(std::move(loaded->values), use);
}

exit_code session::close(engine& open, exit_code so_far) {
  const auto stopped = open.stop();
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
