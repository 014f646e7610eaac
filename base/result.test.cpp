#include <pawl/result.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using pawl::testing::contains;

namespace {

/// What a process that calls `what` prints to standard error before it aborts.
template <class What>
std::string last_words(What what) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // not the handler of the test program
    ::dup2(ends[1], STDERR_FILENO);
    what();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t n = 0; (n = ::read(ends[0], piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  return text;
}

const result<int> failed = error{errc::storage_full, "writing /data: no space left on device"};

}  // namespace

TEST_CASE("reading the value of a failed result prints its error and the place") {
  const std::string text = last_words([] { return failed.value(); });
  CHECK(contains(text, "storage_full: writing /data: no space left on device"));
#ifdef __cpp_lib_source_location
  CHECK(contains(text, "result.test.cpp:"));
#endif
}

TEST_CASE("dereferencing a failed result prints its error") {
  CHECK(contains(last_words([] { return *failed; }), "no space left on device"));
  CHECK(contains(last_words([] { return *result<int>{fail("declined", "no money")}; }),
                 "declined: no money"));
}
