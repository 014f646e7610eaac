#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/interrupts.hpp"
#include "cli/output.hpp"
#include "cli/text.hpp"

namespace {

using pawl::cli::exit_code;

/// Opens /dev/null for each standard stream that is closed. Otherwise a file opened later, such as
/// one of the store, could become descriptor 1 and be overwritten by output.
void open_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) < 0) ::_exit(70);
}

/// Raises the limit of open files: a store and a server need more than the usual soft limit, which
/// is low for programs that use select(2). Not without bound, because programs of steps inherit it,
/// and some close every possible descriptor one by one.
void raise_descriptor_limit() {
  constexpr rlim_t enough = rlim_t{1} << 20;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = limit.rlim_max < enough ? limit.rlim_max : enough;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  // A refusal leaves the old limit, which the server takes into account.
  static_cast<void>(!::setrlimit(RLIMIT_NOFILE, &limit));
}

exit_code run(std::vector<std::string> arguments) {
  pawl::cli::interrupts
      stop_signals;  // before any other thread starts, so that all inherit the mask
  auto parsed = pawl::cli::parse_command_line(std::move(arguments));
  if (const auto* const end = std::get_if<pawl::cli::command_line_end>(&parsed)) {
    if (end->code == exit_code::ok) {
      pawl::cli::output out{STDOUT_FILENO};
      out.write(end->text);
    } else {
      pawl::cli::write_error("pawl: " + end->text);
    }
    return end->code;
  }
  auto& line = std::get<pawl::cli::command_line>(parsed);
  pawl::cli::session session{std::move(line.settings), stop_signals};
  const exit_code code = line.command(session);
  session.out().flush();
  if (!session.out().closed()) return code;
  if (const auto& failure = session.out().failure()) return session.fail(*failure);
  return exit_code::broken_pipe;
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGUSR1, SIG_IGN);  // tools for log rotation send it; SIGHUP reopens the files
  raise_descriptor_limit();
  exit_code code = exit_code::internal;
  try {
    code = run({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const std::bad_alloc&) {
    pawl::cli::write_error("pawl: out of memory; acknowledged changes are safe in the store");
    code = exit_code::unavailable;
  } catch (const std::exception& failure) {
    pawl::cli::write_error("pawl: internal error: " + pawl::cli::printable(failure.what()) +
                           "; please report this bug");
  }
  return static_cast<int>(code);
}
