#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>
#include <utility>

#include "functions/builtins/builtins.hpp"
#include "functions/test_step.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace std::chrono_literals;
using pawl::json;
using pawl::functions::exec_policy;
using pawl::functions::registry;
using pawl::functions::step_with;
using pawl::functions::test_step;

using pawl::testing::contains;

namespace {

namespace fs = std::filesystem;

exec_policy test_policy() {
  exec_policy policy;
  policy.allow = {"sh", "cat",  "wc",  "true",           "env", "head", "yes",
                  "ls", "grep", "pwd", "no-such-program"};
  policy.kill_grace = 100ms;
  policy.drain_grace = 100ms;
  return policy;
}

/// Calls core.exec as an engine does.
struct exec_fixture {
  registry functions;
  explicit exec_fixture(const exec_policy& policy = test_policy()) {
    pawl::functions::add_builtins(functions, policy);
  }
  pawl::result<json> run(test_step& step) const {
    return step.call((*functions.find(pawl::default_scope(), "core.exec"))->body, "core.exec");
  }
  pawl::result<json> run(json args) const {
    auto step = step_with(std::move(args));
    return run(step);
  }
  std::string failure(json args, std::string_view type) const {
    const auto got = run(std::move(args));
    REQUIRE_FALSE(got);
    CHECK(got.error().code == pawl::errc::function_failed);
    CHECK(got.error().type == type);
    return got.error().message;
  }
};

json sh(const std::string& script, json more = json::object()) {
  more["argv"] = {"sh", "-c", script};
  return more;
}

/// A directory that the destructor removes.
struct scratch_folder {
  fs::path path;
  scratch_folder() {
    std::string name = (fs::temp_directory_path() / "pawl-exec-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~scratch_folder() { fs::remove_all(path); }
};

/// Whether the process exists and is not a zombie.
bool is_alive(pid_t pid) {
  std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{stat}, {}};
  const auto name_end = text.rfind(')');
  return name_end != text.npos && text.at(name_end + 2) != 'Z' && text.at(name_end + 2) != 'X';
}

bool dies(pid_t pid) {
  const auto until = std::chrono::steady_clock::now() + 5s;
  while (is_alive(pid) && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(1ms);
  return !is_alive(pid);
}

/// A forked process that acts as a killed engine. Killed at the latest at the end of the test.
class forked_engine {
 public:
  explicit forked_engine(const std::function<void()>& work) : pid_(::fork()) {
    REQUIRE(pid_ >= 0);
    if (pid_ != 0) return;
    work();
    ::_exit(0);
  }
  forked_engine(const forked_engine&) = delete;
  forked_engine& operator=(const forked_engine&) = delete;
  ~forked_engine() { kill(); }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
  }

 private:
  pid_t pid_;
};

/// Waits until a program has written complete lines with this many numbers to a file.
std::vector<pid_t> numbers_in(const fs::path& file, std::size_t count) {
  const auto until = std::chrono::steady_clock::now() + 60s;
  std::vector<pid_t> numbers;
  while (numbers.size() < count && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(1ms);
    std::ifstream in{file};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (!text.ends_with('\n')) continue;
    numbers.clear();
    std::istringstream lines{text};
    for (pid_t number; lines >> number;) numbers.push_back(number);
  }
  REQUIRE(numbers.size() == count);
  return numbers;
}

std::size_t open_files() {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator{"/proc/self/fd"}, fs::directory_iterator{}));
}

}  // namespace

TEST_CASE("core.exec returns the exit code and output of a program") {
  const auto got = exec_fixture{}.run(sh("echo out; echo err >&2"));
  REQUIRE(got);
  CHECK(got->at("exit_code") == 0);
  CHECK(got->at("stdout") == "out");
  CHECK(got->at("stderr") == "err");
  CHECK(got->at("stdout_truncated") == false);
  CHECK(got->at("stderr_truncated") == false);
  CHECK(got->at("duration_ms").is_number_integer());
  CHECK_FALSE(got->contains("signal"));
}

TEST_CASE("arguments reach the program unchanged, without a shell") {
  const exec_fixture exec;
  const auto got =
      exec.run({{"argv", {"sh", "-c", "printf '%s|' \"$@\"", "x", "a b", "$HOME", "*", ""}}});
  REQUIRE(got);
  CHECK(got->at("stdout") == "a b|$HOME|*||");
}

TEST_CASE("parse selects trimmed, raw, line or JSON output") {
  const exec_fixture exec;
  const auto out = [&](const char* script, const char* form) {
    return exec.run(sh(script, {{"parse", form}}))->at("stdout");
  };
  CHECK(out("printf 'a\\n\\n'", "trim") == "a");
  CHECK(out("printf 'a\\n\\n'", "raw") == "a\n\n");
  CHECK(out("printf 'a\\r\\n\\nb'", "lines") == json{"a", "", "b"});
  CHECK(out("true", "lines") == json::array());
  CHECK(out("echo '{\"n\":[1,2]}'", "json") == json{{"n", {1, 2}}});
  CHECK(contains(exec.failure(sh("echo hello", {{"parse", "json"}}), "invalid_output"),
                 "not valid JSON"));
  CHECK(contains(exec.failure(sh("true", {{"parse", "xml"}}), "invalid_arguments"), "trim, raw"));
}

TEST_CASE("an unexpected exit code fails the step with the end of the output") {
  const exec_fixture exec;
  const auto text =
      exec.failure(sh("echo first >&2; echo 'disk is full' >&2; exit 3"), "exit_code");
  CHECK(contains(text, "\"sh\" exited with code 3, not 0"));
  CHECK(contains(text, "end of its error output: first\ndisk is full"));
  CHECK(contains(exec.failure(sh("echo only out; exit 1"), "exit_code"),
                 "end of its output: only out"));
  CHECK(contains(exec.failure(sh("exit 1"), "exit_code"), "wrote no output"));
  CHECK(exec.run(sh("exit 3", {{"expect", {0, 3}}}))->at("exit_code") == 3);
  CHECK(exec.run(sh("exit 77", {{"expect", "any"}}))->at("exit_code") == 77);
  exec.failure(sh("exit 0", {{"expect", {1}}}), "exit_code");
  for (const json& wrong : {json("all"), json(0), json::array(), json{"0"}})
    exec.failure(sh("true", {{"expect", wrong}}), "invalid_arguments");
}

TEST_CASE("a program that did not end by itself leaves doubt") {
  const exec_fixture exec;
  const auto leaves_doubt = [&](json args) {
    const auto got = exec.run(std::move(args));
    REQUIRE_FALSE(got);
    return got.error().details != nullptr && got.error().details->value("in_doubt", false);
  };
  CHECK(leaves_doubt(sh("kill -9 $$")));
  CHECK(leaves_doubt(sh("sleep 1000", {{"timeout_ms", 50}})));
  CHECK(leaves_doubt(sh("echo hello", {{"parse", "json"}})));
  CHECK_FALSE(leaves_doubt(sh("exit 3")));
}

TEST_CASE("a program killed by a signal fails the step, unless any end is expected") {
  const exec_fixture exec;
  CHECK(contains(exec.failure(sh("kill -9 $$"), "signal"), "killed by signal 9"));
  const auto any = exec.run(sh("kill -9 $$", {{"expect", "any"}}));
  REQUIRE(any);
  CHECK(any->at("exit_code") == nullptr);
  CHECK(any->at("signal") == 9);
}

TEST_CASE("a program that is not allowed is refused with the setting that allows it") {
  const exec_fixture exec;
  auto step = step_with({{"argv", {"rm", "-rf", "x"}}});
  const auto refused = exec.run(step);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().type == "exec_not_allowed");
  CHECK(contains(refused.error().message, "--allow-exec rm"));
  CHECK(contains(refused.error().message, "exec.allow"));
  REQUIRE(step.logs.size() == 1);
  CHECK(step.logs[0].second == refused.error().message);

  // A name allows no path, a relative path nothing at all.
  exec.failure({{"argv", {"/bin/sh", "-c", "true"}}}, "exec_not_allowed");
  exec.failure({{"argv", {"./sh"}}}, "exec_not_allowed");
  exec.failure({{"argv", {"../bin/sh"}}}, "exec_not_allowed");
  exec.failure({{"argv", {"*"}}}, "exec_not_allowed");
  auto nothing = test_policy();
  nothing.allow = {};
  exec_fixture{nothing}.failure({{"argv", {"true"}}}, "exec_not_allowed");
}

TEST_CASE("an absolute path allows only itself; a star allows everything") {
  auto policy = test_policy();
  policy.allow = {"/bin/sh"};
  const exec_fixture one{policy};
  CHECK(one.run({{"argv", {"/bin/sh", "-c", "echo $0"}}})->at("stdout") == "/bin/sh");
  one.failure({{"argv", {"sh", "-c", "true"}}}, "exec_not_allowed");
  one.failure({{"argv", {"/bin/../bin/sh", "-c", "true"}}}, "exec_not_allowed");
  policy.allow = {"*"};
  const exec_fixture all{policy};
  CHECK(all.run({{"argv", {"true"}}}));
  CHECK(all.run({{"argv", {"/bin/sh", "-c", "true"}}}));
  all.failure({{"argv", {"bin/sh"}}}, "exec_not_allowed");
}

TEST_CASE("the error for an allowed but missing program names the search path") {
  const exec_fixture exec;
  const auto text = exec.failure({{"argv", {"no-such-program"}}}, "exec_failed");
  CHECK(contains(text, "/usr/local/bin:/usr/bin:/bin"));
  auto policy = test_policy();
  policy.allow = {"/no/such/program"};
  exec_fixture{policy}.failure({{"argv", {"/no/such/program"}}}, "exec_failed");
}

TEST_CASE("a file that cannot be executed is reported") {
  const scratch_folder folder;
  const auto file = folder.path / "script";
  std::ofstream{file} << "#!/no/such/interpreter\n";
  fs::permissions(file, fs::perms::owner_all);
  auto policy = test_policy();
  policy.allow = {file.string()};
  const auto text = exec_fixture{policy}.failure({{"argv", {file.string()}}}, "exec_failed");
  CHECK(contains(text, "cannot start"));
  CHECK(contains(text, "No such file"));
}

TEST_CASE("a program runs in the directory cwd") {
  const scratch_folder folder;
  const exec_fixture exec;
  const auto real = fs::canonical(folder.path).string();
  CHECK(exec.run({{"argv", {"pwd"}}, {"cwd", real}})->at("stdout") == real);
  const auto text = exec.failure({{"argv", {"pwd"}}, {"cwd", "/no/such/folder"}}, "exec_failed");
  CHECK(contains(text, "cannot enter the directory \"/no/such/folder\""));
}

TEST_CASE("a program receives only allowed variables") {
  ::setenv("PAWL_TEST_SECRET", "secret", 1);
  ::setenv("PAWL_TEST_OPEN", "open", 1);
  auto policy = test_policy();
  policy.env = {"PAWL_TEST_OPEN", "LANG"};
  const exec_fixture exec{policy};
  const auto seen = exec.run({{"argv", {"env"}}, {"parse", "lines"}})->at("stdout");
  std::vector<std::string> names;
  for (const auto& line : seen) {
    const auto text = line.get<std::string>();
    const auto name = text.substr(0, text.find('='));
    if (name != "LANG") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"PATH", "PAWL_OWNER", "PAWL_STEP", "PAWL_TEST_OPEN",
                                          "TRACEPARENT"});

  exec.failure(sh("true", {{"env", {{"LANG", 1}}}}), "invalid_arguments");
}

TEST_CASE("a step sets only the variables that it may set") {
  ::setenv("PAWL_TEST_OPEN", "open", 1);
  auto policy = test_policy();
  policy.env.emplace_back("PAWL_TEST_OPEN");
  const auto echo = [](const char* value) {
    return sh("echo $PAWL_TEST_OPEN", {{"env", {{"PAWL_TEST_OPEN", value}}}});
  };
  // Passed on is not the same as changed by the author of a flow.
  CHECK(contains(exec_fixture{policy}.failure(echo("mine"), "exec_not_allowed"), "exec.step_env"));
  policy.step_env.emplace_back("PAWL_TEST_OPEN");
  CHECK(exec_fixture{policy}.run(echo("mine"))->at("stdout") == "mine");

  // An allowed script calls programs by their names: these would replace them.
  const exec_fixture usual;
  for (const auto* name : {"PATH", "HOME", "LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "IFS"}) {
    const auto refused = usual.failure(sh("true", {{"env", {{name, "x"}}}}), "exec_not_allowed");
    CHECK(contains(refused, name));
  }
  CHECK(usual.run(sh("echo $TZ", {{"env", {{"TZ", "UTC"}}}}))->at("stdout") == "UTC");
}

TEST_CASE("output that is cut has no half character at its end") {
  auto policy = test_policy();
  policy.output_limit_bytes = 1024;
  const exec_fixture exec{policy};
  for (const std::string start : {"", "x", "xy", "xyz"}) {
    const auto got = exec.run(sh("printf '" + start + "'; yes 😀 | head -500 | tr -d '\\n'"));
    const auto text = got->at("stdout").get<std::string>();
    CHECK(got->at("stdout_truncated") == true);
    CHECK(text.size() > 1020);
    CHECK(text.ends_with("😀"));
  }
}

TEST_CASE("invalid arguments are reported by name") {
  const exec_fixture exec;
  CHECK(contains(exec.failure(json::object(), "invalid_arguments"), "\"argv\" is missing"));
  exec.failure({{"argv", json::array()}}, "invalid_arguments");
  exec.failure({{"argv", {""}}}, "invalid_arguments");
  CHECK(contains(exec.failure({{"argv", {"sh", 1}}}, "invalid_arguments"), "\"argv[1]\""));
  exec.failure({{"argv", "echo hello"}}, "invalid_arguments");
  exec.failure({{"argv", {std::string{"sh\0x", 4}}}}, "invalid_arguments");
  exec.failure({{"argv", {"true"}}, {"timeout_ms", -1}}, "invalid_arguments");
  CHECK(contains(exec.failure({{"argv", {"true"}}, {"timeout", 1}}, "invalid_arguments"),
                 "did you mean \"timeout_ms\"?"));
}

TEST_CASE("output that is not UTF-8 is converted to valid text") {
  const auto got = exec_fixture{}.run(sh("printf 'a\\377b'; printf '\\200' >&2"));
  REQUIRE(got);
  CHECK(got->at("stdout") ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(got->at("stderr") == "\xef\xbf\xbd");
}

TEST_CASE("output beyond the limit is discarded and the program continues") {
  auto policy = test_policy();
  policy.output_limit_bytes = 1000;
  const exec_fixture exec{policy};
  const auto got = exec.run(sh("head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2"));
  REQUIRE(got);
  CHECK(got->at("stdout") == std::string(1000, 'x'));
  CHECK(got->at("stdout_truncated") == true);
  CHECK(got->at("stderr_truncated") == false);
  CHECK(contains(exec.failure(sh("yes 1 | head -n 1000", {{"parse", "json"}}), "invalid_output"),
                 "exceeds the limit"));
}

TEST_CASE("a program receives standard input of any size") {
  const exec_fixture exec;
  const std::string text(8'000'000, 'x');
  CHECK(exec.run({{"argv", {"cat"}}, {"stdin", "hello"}})->at("stdout") == "hello");
  CHECK(contains(exec.run({{"argv", {"wc", "-c"}}, {"stdin", text}})->at("stdout"), "8000000"));
  CHECK(exec.run({{"argv", {"true"}}, {"stdin", text}})->at("exit_code") == 0);
  CHECK(exec.run({{"argv", {"cat"}}})->at("stdout") == "");
}

TEST_CASE("programs run if our own standard input is closed") {
  const int kept = ::dup(0);
  ::close(0);
  const exec_fixture exec;
  const auto piped = exec.run({{"argv", {"cat"}}, {"stdin", "in"}});
  const auto both = exec.run(sh("echo out; echo err >&2"));
  if (kept >= 0) {
    ::dup2(kept, 0);
    ::close(kept);
  }
  CHECK(piped->at("stdout") == "in");
  CHECK(both->at("stdout") == "out");
  CHECK(both->at("stderr") == "err");
}

TEST_CASE("a program inherits no descriptors and no signal settings") {
  const int leaky = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC, as foreign code opens
  const auto old_pipe = ::signal(SIGPIPE, SIG_IGN);
  sigset_t usr1, before;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &usr1, &before);
  const exec_fixture exec;
  const auto files = exec.run({{"argv", {"ls", "/proc/self/fd"}}, {"parse", "lines"}});
  const auto signals = exec.run({{"argv", {"grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"}}});
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::signal(SIGPIPE, old_pipe);
  ::close(leaky);
  CHECK(files->at("stdout") == json{"0", "1", "2", "3"});  // 3 is the folder that ls reads
  CHECK(signals->at("stdout") == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000");
}

TEST_CASE("a time-out kills a program and its children") {
  const scratch_folder folder;
  const exec_fixture exec;
  const auto file = folder.path / "pids";
  const auto before = std::chrono::steady_clock::now();
  const auto text =
      exec.failure(sh("sleep 1000 & echo $$ $! > " + file.string() + "; echo said >&2; wait",
                      {{"timeout_ms", 300}}),
                   "timed_out");
  CHECK(std::chrono::steady_clock::now() - before < 5s);
  CHECK(contains(text, "killed after its time-out of 300 ms; end of its error output: said"));
  for (const pid_t pid : numbers_in(file, 2)) CHECK(dies(pid));
}

TEST_CASE("a program that ignores SIGTERM is killed after the grace period") {
  const exec_fixture exec;
  exec.failure(sh("trap '' TERM; while :; do sleep 0.02; done", {{"timeout_ms", 50}}), "timed_out");
  exec.failure(sh("kill -STOP $$", {{"timeout_ms", 50}}), "timed_out");
}

TEST_CASE("a program can end in order after its time-out") {
  const scratch_folder folder;
  const auto file = (folder.path / "cleaned").string();
  exec_fixture{}.failure(sh("trap 'touch " + file + "; exit' TERM; while :; do sleep 0.01; done",
                            {{"timeout_ms", 100}}),
                         "timed_out");
  CHECK(fs::exists(file));
}

TEST_CASE("a program that writes without end is ended by its time-out") {
  exec_fixture{}.failure({{"argv", {"yes"}}, {"timeout_ms", 100}}, "timed_out");
}

TEST_CASE("a stop request kills the program") {
  const scratch_folder folder;
  const exec_fixture exec;
  const auto file = folder.path / "pids";
  auto step = step_with(sh("sleep 1000 & echo $$ $! > " + file.string() + "; wait"));
  std::optional<pawl::result<json>> got;
  std::jthread running{[&] { got = exec.run(step); }};
  const auto pids = numbers_in(file, 2);
  step.stop.request_stop();
  running.join();
  REQUIRE_FALSE(*got);
  CHECK(got->error().type == "cancelled");
  for (const pid_t pid : pids) CHECK(dies(pid));

  auto stopped = step_with(sh("sleep 1000"));
  stopped.stop.request_stop();
  CHECK(exec.run(stopped).error().type == "cancelled");
}

TEST_CASE("background processes of a program are killed at its end") {
  const scratch_folder folder;
  const auto file = folder.path / "pids";
  const auto before = std::chrono::steady_clock::now();
  const auto got =
      exec_fixture{}.run(sh("sleep 1000 & echo $! > " + file.string() + "; echo done"));
  REQUIRE(got);
  CHECK(got->at("stdout") == "done");
  CHECK(std::chrono::steady_clock::now() - before < 5s);
  CHECK(dies(numbers_in(file, 1)[0]));
}

TEST_CASE("many programs at once leak no descriptors and no zombies") {
  const exec_fixture exec;
  REQUIRE(exec.run(sh("true")));
  const auto files = open_files();
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 10; ++i) {
          auto step =
              step_with(sh("cat; echo " + std::to_string(t), {{"stdin", std::to_string(i)}}));
          const auto got = exec.run(step);
          if (!got || got->at("stdout") != std::to_string(i) + std::to_string(t)) ++wrong;
        }
      });
    }
  }
  CHECK(wrong == 0);
  CHECK(open_files() == files);
  CHECK((::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD));
}

TEST_CASE("a program dies with Pawl, and its children die before the step runs again") {
  const scratch_folder folder;
  const auto file = folder.path / "pids";
  const auto args = sh("sleep 1000 & echo $$ $! > " + file.string() + "; wait");
  forked_engine engine{[&] {
    test_step step = step_with(args);
    step.key = "killed-run/node/1";
    static_cast<void>(exec_fixture{}.run(step));
  }};
  const auto pids = numbers_in(file, 2);
  engine.kill();
  CHECK(dies(pids[0]));
  REQUIRE(is_alive(pids[1]));

  const exec_fixture exec;
  auto other = step_with(sh("true"));
  other.key = "other-run/node/1";
  CHECK(exec.run(other));
  CHECK(is_alive(pids[1]));

  auto again = step_with(sh("true"));
  again.key = "killed-run/node/1";
  CHECK(exec.run(again));
  CHECK_FALSE(is_alive(pids[1]));
}

TEST_CASE("orphans of an earlier attempt have ended when the step runs") {
  const scratch_folder folder;
  const auto file = folder.path / "pids";
  // Freeing this much memory takes time, so the process ends late. It has the lowest priority only
  // from the moment that it says its number, so that this comes soon on a busy machine.
  const auto args =
      sh("perl -e '$x = \"x\" x 300_000_000; system(\"chrt --idle -p 0 $$\"); print \"$$\\n\"; "
         "close STDOUT; sleep 1000' > " +
         file.string() + "; true");
  forked_engine engine{[&] {
    test_step step = step_with(args);
    step.key = "killed-run/node/1";
    static_cast<void>(exec_fixture{}.run(step));
  }};
  const auto left = numbers_in(file, 1)[0];
  engine.kill();
  REQUIRE(is_alive(left));

  std::atomic<bool> over{false};
  std::vector<std::jthread> at_work;
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i)
    at_work.emplace_back([&over] {
      while (!over) {
      }
    });
  auto again = step_with(sh("true"));
  again.key = "killed-run/node/1";
  const auto ran = exec_fixture{}.run(again);
  const bool is_left = is_alive(left);
  over = true;
  INFO((ran ? std::string{} : ran.error().message));
  CHECK(ran.has_value() == !is_left);  // A slow machine may need longer than the step waits.
}

TEST_CASE("the program of a live engine is not an orphan") {
  const scratch_folder folder;
  const auto file = folder.path / "pids";
  const exec_fixture exec;
  auto step = step_with(sh("echo $$ > " + file.string() + "; sleep 1000"));
  std::jthread running{[&] { static_cast<void>(exec.run(step)); }};
  const auto pid = numbers_in(file, 1)[0];
  const exec_fixture second;
  CHECK(second.run(sh("true")));  // a step of the very same name
  CHECK(is_alive(pid));
  step.stop.request_stop();
}

TEST_CASE("a policy with entries that could never match is refused") {
  const auto refused = [](auto change) {
    exec_policy policy;
    change(policy);
    const auto checked = pawl::functions::check(policy);
    return checked ? std::string{} : checked.error().message;
  };
  CHECK(refused([](exec_policy&) {}).empty());
  CHECK(refused([](exec_policy& p) { p.allow = {"tar", "/usr/bin/tar", "*"}; }).empty());
  CHECK(contains(refused([](exec_policy& p) { p.allow = {"bin/tar"}; }), "exec.allow"));
  CHECK(contains(refused([](exec_policy& p) { p.allow = {""}; }), "exec.allow"));
  CHECK(contains(refused([](exec_policy& p) { p.env = {"A=B"}; }), "exec.env"));
  CHECK(contains(refused([](exec_policy& p) { p.step_env = {""}; }), "exec.step_env"));
  CHECK(contains(refused([](exec_policy& p) { p.path = "/bin:."; }), "exec.path"));
  CHECK(contains(refused([](exec_policy& p) { p.path = ""; }), "exec.path"));
}
