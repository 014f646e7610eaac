#include "functions/secrets/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/detail/utf8.hpp>

#include "flow/values/parse_json.hpp"
#include "functions/process/run.hpp"
#include "functions/secrets/private_file.hpp"

namespace pawl::functions {
namespace {

constexpr std::size_t max_document_bytes = std::size_t{1} << 20;
constexpr std::size_t max_secret_bytes = std::size_t{64} << 10;
constexpr std::chrono::seconds command_timeout{30};

constexpr auto file_setting = "secrets.file";
constexpr auto command_setting = "secrets.command";
constexpr auto env_setting = "secrets.env";

error refused(const std::string& source, const std::string& why) {
  return {errc::invalid_argument, "secrets of " + source + ": " + why};
}

/// Collects the secrets of several sources. Messages name secrets, and never contain one.
class collector {
 public:
  /// Begins a source. `shown`: its name in messages.
  void begin(const char* setting, std::string shown) {
    setting_ = setting;
    source_ = std::move(shown);
  }

  result<void> add(const std::string& scope, const std::string& name, std::string secret) {
    const std::string which = "secret " + pawl::quoted(name) + " of scope " + pawl::quoted(scope);
    if (!parse_scope_name(scope))
      return refused(source_, pawl::quoted(scope) + " is not the name of a scope");
    if (!flow::logic::is_secret_name(name))
      return refused(source_, which + ": a name has letters, digits, \"_\", \"-\" and \".\"");
    if (secret.size() < min_secret_bytes || secret.size() > max_secret_bytes)
      return refused(source_, which + " has " + std::to_string(secret.size()) +
                                  " bytes; a secret has " + std::to_string(min_secret_bytes) +
                                  " to " + std::to_string(max_secret_bytes));
    if (detail::valid_utf8_prefix(secret) != secret.size())
      return refused(source_, which + " is not UTF-8");
    if (!all_[scope].try_emplace(name, std::move(secret)).second)
      return refused(source_, which + " is also in another source");
    listed_.push_back({scope, name, setting_});
    return {};
  }

  /// Adds what a document has: an object with one object for each scope.
  result<void> add_document(std::string_view text) {
    const auto document =
        flow::parse_json(text, "the secrets of " + source_, max_document_bytes, 4);
    if (!document) return refused(source_, "not a valid JSON document");
    const auto is_text = [](const json& each) { return each.is_string(); };
    if (!document->is_object())
      return refused(source_, R"(expected {"SCOPE": {"NAME": "secret"}})");
    for (const auto& [scope, secrets] : document->items()) {
      if (!secrets.is_object() || !std::all_of(secrets.begin(), secrets.end(), is_text))
        return refused(source_, R"(expected {"SCOPE": {"NAME": "secret"}})");
      for (const auto& [name, secret] : secrets.items())
        if (auto added = add(scope, name, secret.get<std::string>()); !added) return added;
    }
    return {};
  }

  secrets_by_scope take() { return std::move(all_); }
  std::vector<listed_secret> take_list() {
    std::sort(listed_.begin(), listed_.end());
    return std::move(listed_);
  }

 private:
  const char* setting_ = "";
  std::string source_;
  secrets_by_scope all_;
  std::vector<listed_secret> listed_;
};

result<std::string> output_of(const std::vector<std::string>& command) {
  const std::string source = command_setting;
  if (command.front().front() != '/')
    return refused(source, "the program must be named by an absolute path");
  process_request run;
  run.file = command.front();
  run.argv = command;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) run.env.push_back(*each);
  run.output_limit_bytes = max_document_bytes;
  run.timeout = command_timeout;
  auto ended = run_process(run);
  if (!ended) return refused(source, ended.error().message);
  if (ended->why == process_end::reason::timed_out)
    return refused(source, run.file + " did not end within 30 s");
  if (ended->exit_code != 0)
    return refused(source,
                   run.file + " failed" +
                       (ended->exit_code ? " with exit code " + std::to_string(*ended->exit_code)
                                         : std::string{}));
  if (ended->out.truncated()) return refused(source, "the output is larger than 1 MiB");
  return std::move(ended->out.head);
}

result<collector> collect(const secret_settings& from) {
  collector all;
  if (!from.file.empty()) {
    const auto text = read_private_file(from.file, max_document_bytes);
    if (!text) return text.error();
    all.begin(file_setting, from.file.string());
    if (auto added = all.add_document(*text); !added) return std::move(added).error();
  }
  if (!from.command.empty()) {
    const auto text = output_of(from.command);
    if (!text) return text.error();
    all.begin(command_setting, command_setting);
    if (auto added = all.add_document(*text); !added) return std::move(added).error();
  }
  all.begin(env_setting, env_setting);
  for (const auto& name : from.env) {
    const char* const secret = std::getenv(name.c_str());
    if (secret == nullptr)
      return refused(env_setting, "the environment variable " + name + " is not set");
    if (auto added = all.add(default_scope().str(), name, secret); !added)
      return std::move(added).error();
  }
  return all;
}

}  // namespace

result<secrets_by_scope> load_secrets(const secret_settings& from) {
  auto all = collect(from);
  if (!all) return std::move(all).error();
  return all->take();
}

result<std::vector<listed_secret>> list_secrets(const secret_settings& from) {
  auto all = collect(from);
  if (!all) return std::move(all).error();
  return all->take_list();
}

}  // namespace pawl::functions
