#include <fcntl.h>
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

/// A file that is opened later must never become standard output: the store's would be written to.
void open_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) < 0) ::_exit(70);
}

exit_code run(std::vector<std::string> arguments) {
  pawl::cli::interrupts stop_signals;  // before any other thread
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
  exit_code code = exit_code::internal;
  try {
    code = run({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const std::bad_alloc&) {
    pawl::cli::write_error("pawl: out of memory; what was acknowledged is safe in the store");
    code = exit_code::unavailable;
  } catch (const std::exception& failure) {
    pawl::cli::write_error("pawl: a mistake in Pawl: " + pawl::cli::printable(failure.what()) +
                           "; please report it");
  }
  return static_cast<int>(code);
}
