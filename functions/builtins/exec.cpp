#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>

#include <pawl/code_ref.hpp>
#include <pawl/detail/utf8.hpp>
#include <pawl/functions.hpp>
#include <pawl/time.hpp>

#include "flow/values/parse_json.hpp"
#include "flow/values/value_check.hpp"
#include "functions/builtins/arguments.hpp"
#include "functions/builtins/builtins.hpp"
#include "functions/doubt.hpp"
#include "functions/process/orphans.hpp"
#include "functions/process/run.hpp"

namespace pawl::functions::builtins {
namespace {

constexpr std::size_t max_excerpt_bytes = 1'000;

error invalid_argument(std::string message) {
  return fail("invalid_arguments", std::move(message));
}

/// The exit codes that count as success: a list, or any.
struct accepted_codes {
  std::vector<int> codes = {0};
  bool any = false;

  [[nodiscard]] bool has(const process_end& end) const {
    return any ||
           (end.exit_code && std::find(codes.begin(), codes.end(), *end.exit_code) != codes.end());
  }
};

result<accepted_codes> parse_expect(const std::optional<json>& expect) {
  accepted_codes accepted;
  if (!expect || expect->is_null()) return accepted;
  accepted.any = *expect == "any";
  if (accepted.any) return accepted;
  std::vector<std::string> wrong;
  auto codes = detail::decode<std::vector<int>>(*expect, "expect", wrong);
  if (codes && !codes->empty()) {
    accepted.codes = *std::move(codes);
    return accepted;
  }
  return invalid_argument(
      "argument \"expect\" must be an array of exit codes such as [0, 1], or \"any\"");
}

bool has_nul(const std::string& text) {
  return text.find('\0') != text.npos;
}

result<void> check_argv(const std::vector<std::string>& argv) {
  if (argv.empty() || argv[0].empty()) {
    return invalid_argument(
        "argument \"argv\" must begin with a program, such as [\"tar\", \"-cf\", \"a.tar\"]");
  }
  if (std::any_of(argv.begin(), argv.end(), has_nul))
    return invalid_argument("a program's arguments must not have NUL characters");
  return {};
}

result<void> check_cwd(const std::string& cwd) {
  if (!has_nul(cwd)) return {};
  return invalid_argument("argument \"cwd\" must not have NUL characters");
}

result<void> check_timeout(std::int64_t ms) {
  if (ms >= 0 && ms <= max_duration.count()) return {};
  return invalid_argument("argument \"timeout_ms\" must be from 0 (no limit) to " +
                          std::to_string(max_duration.count()));
}

using env_map = std::map<std::string, std::string>;

result<void> check_env(const env_map& env) {
  for (const auto& [name, value] : env)
    if (has_nul(value))
      return invalid_argument("the variable " + name + " must not have NUL characters");
  return {};
}

/// Converts a literal to the type that the function takes.
template <class T>
result<T> read_literal(const json& value, const std::string& name) {
  std::vector<std::string> wrong;
  auto read = detail::decode<T>(value, name, wrong);
  if (read) return *std::move(read);
  return invalid_argument(wrong.empty() ? "argument \"" + name + "\" is invalid" : wrong.front());
}

/// How to convert standard output to JSON.
enum class output_form { trim, raw, lines, parsed };

result<output_form> parse_form(const std::optional<std::string>& name) {
  if (!name || *name == "trim") return output_form::trim;
  if (*name == "raw") return output_form::raw;
  if (*name == "lines") return output_form::lines;
  if (*name == "json") return output_form::parsed;
  return invalid_argument("argument \"parse\" must be trim, raw, lines or json, not " +
                          pawl::quoted(*name));
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

json lines_of(std::string_view text) {
  json lines = json::array();
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// The beginning of a stream as text. A character that the limit cut in two is left out.
std::string text_of(const captured_stream& from) {
  std::string_view head = from.head;
  const auto good = detail::valid_utf8_prefix(head);
  if (from.truncated() && head.size() - good < 4) head = head.substr(0, good);
  return detail::to_valid_utf8(head);
}

result<json> formed(const captured_stream& out, output_form form) {
  auto text = text_of(out);
  switch (form) {
    case output_form::raw:
      return json(std::move(text));
    case output_form::lines:
      return lines_of(text);
    case output_form::trim:
      return json(trimmed(std::move(text)));
    case output_form::parsed:
      break;
  }
  if (out.truncated()) {
    return fail("invalid_output", "the program's output exceeds the limit of " +
                                      std::to_string(out.head.size()) +
                                      " bytes and cannot be parsed as JSON");
  }
  // The bytes as the program wrote them: replaced characters would hide that they are not JSON.
  auto parsed =
      flow::parse_json(out.head, "the program's output", out.head.size(), flow::max_value_depth);
  if (!parsed) return fail("invalid_output", parsed.error().message);
  return parsed;
}

/// The end of the program's output, for the message of a failure.
std::string last_output(const process_end& end) {
  const bool on_err = end.err.total_bytes > 0;
  const auto text = trimmed(detail::to_valid_utf8(on_err ? end.err.tail : end.out.tail));
  if (text.empty()) return "; it wrote no output";
  auto from = text.size() - std::min(text.size(), max_excerpt_bytes);
  while (from < text.size() && (text[from] & 0xc0) == 0x80) ++from;  // not within a character
  return std::string{"; end of its "} + (on_err ? "error " : "") + "output: " + text.substr(from);
}

std::string listed(const std::vector<int>& codes) {
  std::string all;
  for (const int code : codes) all += (all.empty() ? "" : ", ") + std::to_string(code);
  return all;
}

/// Runs programs for the steps of one engine.
class exec_runner {
 public:
  explicit exec_runner(const exec_policy& policy) : policy_(policy) {
    for (const auto& name : policy_.env)
      if (const char* value = std::getenv(name.c_str())) environment_[name] = value;
    environment_.try_emplace("PATH", policy_.path);
  }

  result<json> run(std::vector<std::string> argv, std::optional<std::string> cwd,
                   const std::optional<env_map>& env, std::optional<std::string> input,
                   std::optional<std::int64_t> timeout_ms, const std::optional<json>& expect,
                   const std::optional<std::string>& parse, step_context& step) const {
    const auto accepted = parse_expect(expect);
    if (!accepted) return accepted.error();
    const auto form = parse_form(parse);
    if (!form) return form.error();
    auto request = prepare(std::move(argv), std::move(cwd), env, timeout_ms, step);
    if (!request) {
      step.log(log_level::error, request.error().message);
      return std::move(request).error();
    }
    request->input = std::move(input).value_or("");
    if (auto clear = orphans_->clear(step.idempotency_key()); !clear)
      return std::move(clear).error();
    auto end = run_process(*request);
    if (!end) return std::move(end).error();
    return outcome(*request, *end, *accepted, *form);
  }

 private:
  /// Checks everything that can be checked before the program runs.
  result<process_request> prepare(std::vector<std::string> argv, std::optional<std::string> cwd,
                                  const std::optional<std::map<std::string, std::string>>& env,
                                  std::optional<std::int64_t> timeout_ms,
                                  step_context& step) const {
    if (auto good = check_argv(argv); !good) return std::move(good).error();
    if (auto good = check_cwd(cwd.value_or("")); !good) return std::move(good).error();
    if (auto good = check_timeout(timeout_ms.value_or(0)); !good) return std::move(good).error();
    if (auto good = check_env(env.value_or(env_map{})); !good) return std::move(good).error();
    auto file = resolve_program(policy_, argv[0]);
    if (!file) return std::move(file).error();
    auto environment = environment_with(env, step);
    if (!environment) return std::move(environment).error();

    process_request request;
    request.file = *std::move(file);
    request.argv = std::move(argv);
    request.env = *std::move(environment);
    request.cwd = std::move(cwd).value_or("");
    request.output_limit_bytes = policy_.output_limit_bytes;
    request.timeout = timeout_ms ? std::chrono::milliseconds{*timeout_ms} : policy_.timeout;
    request.kill_grace = policy_.kill_grace;
    request.drain_grace = policy_.drain_grace;
    request.stop = step.stop_token();
    return request;
  }

  result<std::vector<std::string>> environment_with(
      const std::optional<std::map<std::string, std::string>>& changes, step_context& step) const {
    auto variables = environment_;
    variables["TRACEPARENT"] = step.traceparent();
    if (changes) {
      for (const auto& [name, value] : *changes) {
        if (std::find(policy_.step_env.begin(), policy_.step_env.end(), name) ==
            policy_.step_env.end()) {
          return fail("exec_not_allowed", "a step may not set the environment variable " +
                                              pawl::quoted(name) +
                                              "; to allow it, add it to exec.step_env in the "
                                              "configuration");
        }
        variables[name] = value;
      }
    }
    auto all = orphan_killer::marks(step.idempotency_key());
    for (const auto& [name, value] : variables) all.push_back(name + "=" + value);
    return all;
  }

  static result<json> outcome(const process_request& request, const process_end& end,
                              const accepted_codes& accepted, output_form form) {
    const auto name = pawl::quoted(request.argv[0]);
    if (end.why == process_end::reason::stopped)
      return leaving_doubt(fail("cancelled", name + " was killed because its step was stopped"));
    if (end.why == process_end::reason::timed_out) {
      return leaving_doubt(fail("timed_out", name + " was killed after its time-out of " +
                                                 std::to_string(request.timeout.count()) + " ms" +
                                                 last_output(end)));
    }
    if (!accepted.has(end)) {
      if (end.signal != 0) {
        return leaving_doubt(fail("signal", name + " was killed by signal " +
                                                std::to_string(end.signal) + last_output(end)));
      }
      return fail("exit_code", name + " exited with code " + std::to_string(*end.exit_code) +
                                   ", not " + listed(accepted.codes) + last_output(end));
    }
    auto out = formed(end.out, form);
    if (!out) return leaving_doubt(std::move(out).error());  // the program has done its work
    json result = {{"stdout", *std::move(out)},
                   {"stderr", trimmed(text_of(end.err))},
                   {"stdout_truncated", end.out.truncated()},
                   {"stderr_truncated", end.err.truncated()},
                   {"duration_ms", end.duration.count()},
                   {"exit_code", nullptr}};
    if (end.exit_code) result["exit_code"] = *end.exit_code;
    if (end.signal != 0) result["signal"] = end.signal;
    return result;
  }

  const exec_policy policy_;
  std::map<std::string, std::string> environment_;
  std::unique_ptr<orphan_killer> orphans_ = std::make_unique<orphan_killer>();
};

constexpr std::string_view form_names[] = {"trim", "raw", "lines", "json"};
constexpr argument exec_table[] = {
    {"argv",
     argument_type::texts,
     true,
     {},
     [](const json& value) { return check_argv(value.get<std::vector<std::string>>()); }},
    {"cwd",
     argument_type::text,
     false,
     {},
     [](const json& value) { return check_cwd(value.get_ref<const std::string&>()); }},
    {"env",
     argument_type::object,
     false,
     {},
     [](const json& value) -> result<void> {
       const auto env = read_literal<env_map>(value, "env");
       return env ? check_env(*env) : env.error();
     }},
    {"stdin", argument_type::text},
    {"timeout_ms",
     argument_type::integer,
     false,
     {},
     [](const json& value) -> result<void> {
       const auto ms = read_literal<std::int64_t>(value, "timeout_ms");
       return ms ? check_timeout(*ms) : ms.error();
     }},
    {"expect",
     argument_type::any,
     false,
     {},
     [](const json& value) -> result<void> {
       const auto codes = parse_expect(value);
       return codes ? result<void>{} : codes.error();
     }},
    {"parse", argument_type::text, false, form_names}};

}  // namespace

const argument_table exec_arguments{"core.exec", exec_table};

void add_exec(registry& to, const exec_policy& policy) {
  auto runner = std::make_shared<const exec_runner>(policy);
  auto body = make_step_function(
      arguments("argv", "cwd", "env", "stdin", "timeout_ms", "expect", "parse"),
      [runner](std::vector<std::string> argv, std::optional<std::string> cwd,
               std::optional<env_map> env, std::optional<std::string> input,
               std::optional<std::int64_t> timeout_ms, std::optional<json> expect,
               std::optional<std::string> parse, step_context& step) {
        return runner->run(std::move(argv), std::move(cwd), env, std::move(input), timeout_ms,
                           expect, parse, step);
      });
  add_built_in(to, "core.exec", std::move(body),
               {.description = "Runs an allowed program and returns its exit code and output."});
}

}  // namespace pawl::functions::builtins
