#include "cli/exit_code.hpp"

namespace pawl::cli {

exit_code exit_code_of(errc code) noexcept {
  switch (code) {
    case errc::invalid_argument:
    case errc::already_exists:
    case errc::illegal_transition:
    case errc::conflict:
      return exit_code::usage;
    case errc::invalid_flow:
    case errc::invalid_rule:
    case errc::limit_exceeded:
      return exit_code::invalid_input;
    case errc::not_found:
      return exit_code::not_found;
    case errc::cancelled:
      return exit_code::run_cancelled;
    case errc::function_failed:
    case errc::interrupted:
      return exit_code::run_failed;
    case errc::overloaded:
    case errc::timed_out:
    case errc::unavailable:
      return exit_code::unavailable;
    case errc::io_failed:
    case errc::storage_full:
    case errc::read_only:
    case errc::locked:
    case errc::corrupt:
    case errc::schema_newer:
    case errc::not_supported:
      return exit_code::store;
  }
  return exit_code::internal;
}

exit_code exit_code_of(run_status status) noexcept {
  switch (status) {
    case run_status::failed:
      return exit_code::run_failed;
    case run_status::cancelled:
      return exit_code::run_cancelled;
    case run_status::running:
    case run_status::paused:
      return exit_code::waiting;
    case run_status::completed:
      break;
  }
  return exit_code::ok;
}

std::string exit_code_help() {
  return "Exit codes:\n"
         "  0    success; a followed run completed\n"
         "  1    the run failed\n"
         "  2    usage error: bad option, value or configuration; command not allowed in\n"
         "       the status of the run\n"
         "  3    invalid input: malformed JSON or YAML, invalid flow or rule,\n"
         "       limit exceeded\n"
         "  4    not found: run, flow, version, file or store\n"
         "  5    the run was cancelled\n"
         "  6    store or file unusable: locked, damaged, newer, full, read-only\n"
         "  7    timed out, overloaded or unavailable\n"
         "  8    the run waits for a signal, an answer or a command\n"
         "  70   internal error\n"
         "  129, 130, 143  stopped by SIGHUP, SIGINT (Ctrl-C), SIGTERM\n"
         "  141  standard output was closed\n";
}

}  // namespace pawl::cli
