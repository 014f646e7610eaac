#include "functions/process/exec_policy.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include <pawl/code_ref.hpp>

namespace pawl::functions {
namespace {

bool has(std::string_view text, char c) {
  return text.find(c) != text.npos;
}

/// Calls `visit` with each directory of a PATH.
template <class Visit>
void each_folder(std::string_view path, const Visit& visit) {
  while (true) {
    const auto colon = path.find(':');
    visit(path.substr(0, colon));
    if (colon == path.npos) return;
    path.remove_prefix(colon + 1);
  }
}

bool is_program(const std::string& file) {
  struct stat about {};
  return ::stat(file.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
         ::access(file.c_str(), X_OK) == 0;
}

error not_allowed(std::string_view program) {
  const auto name = pawl::quoted(program);
  return fail("exec_not_allowed", "the program " + name +
                                      " is not allowed; allow it with --allow-exec " +
                                      std::string{name, 1, name.size() - 2} +
                                      " or add it to exec.allow in the configuration");
}

error wrong(std::string text) {
  return {errc::invalid_argument, std::move(text)};
}

result<void> check_entry(const std::string& entry) {
  const bool good = !entry.empty() && !has(entry, '\0') && !has(entry, ',') &&
                    (entry.front() == '/' ? entry.size() > 1 : !has(entry, '/'));
  if (good) return {};
  return wrong("exec.allow has the entry " + pawl::quoted(entry) +
               "; use the name of a program, such as tar, or its absolute path");
}

result<void> check_path(const std::string& path) {
  bool good = !has(path, '\0');
  each_folder(path, [&](std::string_view folder) { good = good && folder.starts_with('/'); });
  if (good) return {};
  return wrong("exec.path is " + pawl::quoted(path) +
               "; use absolute directories, separated by \":\", such as /usr/bin:/bin");
}

}  // namespace

result<void> check(const exec_policy& policy) {
  for (const auto& entry : policy.allow)
    if (auto good = check_entry(entry); !good) return good;
  for (const auto& [setting, names] :
       {std::pair{"exec.env", &policy.env}, std::pair{"exec.step_env", &policy.step_env}}) {
    for (const auto& name : *names) {
      if (name.empty() || has(name, '=') || has(name, '\0'))
        return wrong(std::string{setting} + " has the entry " + pawl::quoted(name) +
                     ", which is not the name of a variable");
    }
  }
  return check_path(policy.path);
}

result<std::string> resolve_program(const exec_policy& policy, std::string_view program) {
  const auto allowed = [&](std::string_view entry) {
    return std::find(policy.allow.begin(), policy.allow.end(), entry) != policy.allow.end();
  };
  const bool is_path = has(program, '/');
  const bool everything = allowed("*") && (!is_path || program.starts_with('/'));
  if (!everything && !(allowed(program) && (!is_path || program.starts_with('/'))))
    return not_allowed(program);

  if (is_path) {
    std::string file{program};
    if (is_program(file)) return file;
    return fail("exec_failed", "no such program, or not executable: " + pawl::quoted(program));
  }
  std::string found;
  each_folder(policy.path, [&](std::string_view folder) {
    if (!found.empty()) return;
    auto file = std::string{folder} + "/" + std::string{program};
    if (is_program(file)) found = std::move(file);
  });
  if (!found.empty()) return found;
  return fail("exec_failed", "the program " + pawl::quoted(program) +
                                 " is allowed, but was not found in " + policy.path +
                                 "; install it, set exec.path, or allow its absolute path");
}

}  // namespace pawl::functions
