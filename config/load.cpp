#include "config/load.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <pawl/assert.hpp>
#include <pawl/suggest.hpp>

#include "config/keys.hpp"
#include "config/toml_file.hpp"
#include "config/values.hpp"

#include <unistd.h>

namespace pawl::config {
namespace {

constexpr std::string_view prefix = "PAWL_";
constexpr std::string_view file_variable = "PAWL_CONFIG";

// Variables of clients, tests and benchmarks, which are not settings.
bool is_other_variable(std::string_view name) {
  constexpr std::string_view others[] = {
      "PAWL_SERVER",           "PAWL_TOKEN", "PAWL_SCOPE", "PAWL_PROGRAM", "PAWL_JSONLOGIC_SUITES",
      "PAWL_JSONSCHEMA_SUITES"};
  return name.starts_with("PAWL_TEST_") || name.starts_with("PAWL_BENCH_") ||
         std::find(std::begin(others), std::end(others), name) != std::end(others);
}

// Kubernetes sets variables for each service in every container. Those of a service named "pawl"
// start with the prefix of settings.
bool is_from_kubernetes(const variable& v) {
  const std::string& name = v.first;
  return name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != std::string::npos ||
         name.find("_TCP_") != std::string::npos || name.find("_UDP_") != std::string::npos ||
         v.second.starts_with("tcp://") || v.second.starts_with("udp://");
}

std::string pointer_to(std::string_view key_name) {
  std::string pointer = "/";
  for (const char c : key_name) {
    switch (c) {
      case '.':
        pointer += '/';
        break;
      case '~':
        pointer += "~0";
        break;
      case '/':
        pointer += "~1";
        break;
      default:
        pointer += c;
    }
  }
  return pointer;
}

// Merges sources and collects all errors.
class loader {
 public:
  loader() { made_.origins.resize(keys().size()); }

  void take_file(const std::vector<file_entry>& entries) {
    for (const file_entry& entry : entries) {
      set(entry.name, entry.value, {origin::kind::file, entry.place});
    }
  }

  void take_environment(const std::vector<variable>& environment) {
    for (const variable& v : environment) {
      const std::string_view name = v.first;
      if (!name.starts_with(prefix) || name == file_variable || is_other_variable(name)) continue;
      const auto all = keys();
      const auto known = std::find_if(all.begin(), all.end(),
                                      [&](const key& k) { return variable_of(k.name) == name; });
      if (known != all.end()) {
        set(known->name, v.second, {origin::kind::environment, v.first});
      } else if (!is_from_kubernetes(v)) {
        unknown_variable(name);
      }
    }
  }

  void take_flags(const std::vector<flag_value>& flags) {
    for (const flag_value& f : flags) set(f.key, f.text, {origin::kind::flag, f.flag});
  }

  // For values that were not set through `set`.
  void take_program(const settings& values) {
    made_.values = values;
    for (std::size_t i = 0; i < made_.origins.size(); ++i) {
      const key& k = keys()[i];
      made_.origins[i] = {origin::kind::program, {}};
      if (const auto invalid = check_value(k, made_.values))
        add_error(k.name, {}, "bad_value", *invalid);
    }
  }

  [[nodiscard]] result<effective_settings> finish() && {
    check_together();
    if (diagnostics_.empty()) return std::move(made_);
    std::string message = diagnostics_.front().message;
    if (diagnostics_.size() > 1) {
      message = "the configuration has " + std::to_string(diagnostics_.size()) + " errors:";
      for (const diagnostic& f : diagnostics_) message += "\n- " + f.message;
    }
    return error{errc::invalid_argument, std::move(message), {}, std::move(diagnostics_)};
  }

 private:
  /// `from`: the source of the value; none for a value that a program set.
  void add_error(std::string_view name, std::optional<origin> from, std::string code,
                 std::string_view what) {
    std::string message{name};
    if (from) message.append(" (").append(to_string(*from)).append(")");
    message.append(": ").append(what);
    diagnostics_.push_back(
        {severity::error, pointer_to(name), std::move(code), std::move(message)});
  }

  void set(std::string_view name, const raw_value& value, origin from) {
    const key* const k = find_key(name);
    if (k == nullptr) {
      const auto meant = suggest_key(name);
      add_error(name, std::move(from), "unknown_key", "unknown setting" + hint(meant));
    } else if (const auto allowed = assign(*k, made_.values, value)) {
      add_error(name, std::move(from), "bad_value",
                "invalid value " + (k->is_secret ? "(not shown)" : shown(value)) + "; " + *allowed);
    } else {
      made_.origin_of(name) = std::move(from);
    }
  }

  void unknown_variable(std::string_view name) {
    std::vector<std::string> variables{std::string{file_variable}};
    for (const key& k : keys()) variables.push_back(variable_of(k.name));
    const std::vector<std::string_view> known(variables.begin(), variables.end());
    add_error(name, {}, "unknown_variable", "unknown variable" + hint(nearest(name, known)));
  }

  static std::string hint(std::optional<std::string_view> meant) {
    if (!meant) return "; `pawl config` lists all settings";
    return "; did you mean " + std::string{*meant} + "?";
  }

  // Checks that depend on more than one setting.
  void check_together() {
    if (!made_.values.storage.data_dir.empty() && !made_.values.storage.url.empty()) {
      constexpr std::string_view url = "storage.url";
      add_error(url, made_.origin_of(url), "bad_value",
                "there is storage.data_dir, too (" +
                    to_string(made_.origin_of("storage.data_dir")) +
                    "); a store is in a folder or in a database. Remove one of them");
    }
    if (made_.values.cluster.require_sync_standby &&
        made_.values.storage.durability != durability::sync) {
      constexpr std::string_view durable = "storage.durability";
      add_error(durable, made_.origin_of(durable), "bad_value",
                "with cluster.require_sync_standby (" +
                    to_string(made_.origin_of("cluster.require_sync_standby")) +
                    ") it must be sync");
    }
    const auto& engine = made_.values.engine;
    if (engine.restart_max_delay_ms >= engine.restart_first_delay_ms) return;
    constexpr std::string_view first = "engine.restart_first_delay_ms";
    constexpr std::string_view longest = "engine.restart_max_delay_ms";
    add_error(longest, made_.origin_of(longest), "bad_value",
              "invalid value " + text_of(longest) + "; must be at least " + std::string{first} +
                  ", which is " + text_of(first) + " (" + to_string(made_.origin_of(first)) + ")");
  }

  [[nodiscard]] std::string text_of(std::string_view name) const {
    return to_text(*find_key(name), made_.values);
  }

  effective_settings made_;
  std::vector<diagnostic> diagnostics_;
};

std::optional<std::filesystem::path> file_of(const sources& from) {
  if (from.file) return from.file;
  for (const auto& [name, value] : from.environment) {
    if (name == file_variable && !value.empty()) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string to_string(const origin& from) {
  switch (from.from) {
    case origin::kind::defaults:
      return "default";
    case origin::kind::program:
      return "set by the program";
    case origin::kind::file:
    case origin::kind::environment:
    case origin::kind::flag:
      break;
  }
  return from.place;
}

std::vector<variable> process_environment() {
  std::vector<variable> found;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with(prefix)) continue;
    found.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  std::sort(found.begin(), found.end());
  return found;
}

const origin& effective_settings::origin_of(std::string_view name) const {
  const key* const k = find_key(name);
  PAWL_ASSERT(k != nullptr, "the setting exists");
  return origins[static_cast<std::size_t>(k - keys().data())];
}

origin& effective_settings::origin_of(std::string_view name) {
  return const_cast<origin&>(std::as_const(*this).origin_of(name));
}

result<effective_settings> load(const sources& from) {
  loader all;
  if (const auto file = file_of(from)) {
    const auto entries = read_toml_file(*file);
    if (!entries) return entries.error();
    all.take_file(*entries);
  }
  all.take_environment(from.environment);
  all.take_flags(from.flags);
  return std::move(all).finish();
}

result<void> check(const settings& values) {
  loader all;
  all.take_program(values);
  auto checked = std::move(all).finish();
  if (!checked) return std::move(checked).error();
  return {};
}

}  // namespace pawl::config
