#include "cli/flow_check.hpp"

#include <utility>

#include <pawl/code_ref.hpp>

#include "cli/output.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

/// Adds the names in "a,b".
result<void> add_names(std::vector<function_info>& known, const std::string& list) {
  for (std::size_t from = 0; from <= list.size();) {
    const auto end = std::min(list.find(',', from), list.size());
    const std::string name = list.substr(from, end - from);
    if (const auto good = check_code_ref(name); !good)
      return error{errc::invalid_argument, "--worker-function: " + good.error().message};
    known.push_back({.code_ref = name, .options = {}});
    from = end + 1;
  }
  return {};
}

}  // namespace

void add_flow_check(CLI::App& to, flow_check& check) {
  to.add_flag("--strict", check.strict, "Treat warnings as errors");
  to.add_option("--worker-function", check.worker_functions,
                "Functions that workers provide: no warning that they are unknown; repeatable")
      ->type_name("NAME[,NAME...]")
      ->allow_extra_args(false);
}

result<std::vector<function_info>> known_functions(session& s, const settings& used,
                                                   const flow_check& check, bool from_server) {
  auto known = from_server ? s.available_functions(used) : engine{used}.functions().list();
  if (!known) return known;
  if (from_server) {
    for (auto& name : s.worker_functions()) known->push_back({.code_ref = name, .options = {}});
  }
  for (const auto& list : check.worker_functions)
    if (const auto added = add_names(*known, list); !added) return added.error();
  return known;
}

result<void> check_diagnostics(const flow_file& flow, const std::vector<diagnostic>& diagnostics,
                               const flow_check& check, const std::string& outcome) {
  const std::size_t errors = error_count(diagnostics);
  const std::size_t warnings = diagnostics.size() - errors;
  if (errors > 0)
    return error{errc::invalid_flow,
                 flow.name + " has " + counted(errors, "error") + "; " + outcome};
  if (!check.strict || warnings == 0) return {};
  return error{errc::invalid_flow, flow.name + " has " + counted(warnings, "warning") +
                                       ", which --strict forbids; " + outcome};
}

result<flow_file> read_valid_flow(const std::string& file, const settings& used,
                                  const std::string& outcome) {
  auto flow = read_flow_file(file, used);
  if (!flow) return flow;
  for (const auto& d : flow->compiled.diagnostics) write_error(describe(*flow, d));
  const auto good = check_diagnostics(*flow, flow->compiled.diagnostics, {}, outcome);
  if (!good) return good.error();
  return flow;
}

}  // namespace pawl::cli
