#include "runtime/crash_record.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <system_error>

#include <pawl/detail/log_context.hpp>

namespace pawl {

/// The layout of the file.
struct crash_record::page {
  static constexpr std::uint32_t written = 0x5041574c;

  std::uint32_t mark;  ///< `written` if the process died while it worked for the run
  std::int32_t signal;
  char scope[256];  ///< ends in a zero byte
  char run[256];    ///< likewise
  std::array<actors::load_notes::slot, 64> loads;
};

namespace {

constexpr std::array fatal_signals = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr std::size_t max_records = 16;

std::mutex installing;
std::array<struct sigaction, fatal_signals.size()> earlier_actions;
std::array<std::atomic<crash_record::page*>, max_records> records;

std::string name_of(int signal) {
  const char* const abbreviation = ::sigabbrev_np(signal);
  return abbreviation == nullptr ? std::to_string(signal) : "SIG" + std::string{abbreviation};
}

void copy_text(char (&to)[256], std::string_view from) noexcept {
  const std::size_t bytes = from.size() < sizeof to ? from.size() : sizeof to - 1;
  std::memcpy(to, from.data(), bytes);
  to[bytes] = 0;
}

// Only what is safe in a signal handler: reads a thread-local struct, writes mapped memory.
extern "C" void pawl_note_fatal_signal(int signal) {
  const detail::log_fields& now = detail::log_about::now();
  if (!now.run.empty()) {
    for (auto& each : records) {
      crash_record::page* const to = each.load();
      if (to == nullptr) continue;
      copy_text(to->scope, now.scope);
      copy_text(to->run, now.run);
      to->signal = signal;
      to->mark = crash_record::page::written;
    }
  }
  for (std::size_t i = 0; i < fatal_signals.size(); ++i)
    if (fatal_signals[i] == signal) ::sigaction(signal, &earlier_actions[i], nullptr);
  ::raise(signal);
}

void install_handlers() {
  struct sigaction action {};
  action.sa_handler = pawl_note_fatal_signal;
  // On a stack of its own, where the thread has one: the thread's may be exhausted.
  action.sa_flags = SA_NODEFER | SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < fatal_signals.size(); ++i)
    ::sigaction(fatal_signals[i], &action, &earlier_actions[i]);
}

/// Gives the page to the handler, which is installed with the first. False if there is no room.
bool add_record(crash_record::page* page) {
  const std::lock_guard lock{installing};
  bool is_first = true;
  std::atomic<crash_record::page*>* free = nullptr;
  for (auto& each : records) {
    if (each.load() != nullptr)
      is_first = false;
    else if (free == nullptr)
      free = &each;
  }
  if (free == nullptr) return false;
  free->store(page);
  if (is_first) install_handlers();
  return true;
}

void remove_record(crash_record::page* page) {
  const std::lock_guard lock{installing};
  bool any = false;
  for (auto& each : records) {
    if (each.load() == page) each.store(nullptr);
    any = any || each.load() != nullptr;
  }
  if (any) return;
  for (std::size_t i = 0; i < fatal_signals.size(); ++i) {
    struct sigaction now {};
    ::sigaction(fatal_signals[i], nullptr, &now);
    // A handler that was installed later stays.
    if (now.sa_handler == pawl_note_fatal_signal)
      ::sigaction(fatal_signals[i], &earlier_actions[i], nullptr);
  }
}

error failed(const std::filesystem::path& file, int code) {
  return {errc::io_failed,
          "cannot open " + file.string() + ": " + std::generic_category().message(code)};
}

}  // namespace

result<std::unique_ptr<crash_record>> crash_record::open(const std::filesystem::path& folder,
                                                         std::vector<death>& last) {
  const auto path = folder / "CRASH_RECORD";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return failed(path, errno);
  void* const memory =
      ::ftruncate(file, sizeof(page)) == 0
          ? ::mmap(nullptr, sizeof(page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
          : MAP_FAILED;
  const int code = errno;
  ::close(file);
  if (memory == MAP_FAILED) return failed(path, code);
  auto* const at = static_cast<page*>(memory);
  if (at->mark == page::written) {
    at->scope[sizeof at->scope - 1] = at->run[sizeof at->run - 1] = 0;
    last.push_back({{scope_name{at->scope}, run_id{at->run}}, name_of(at->signal)});
  } else {
    for (auto& each : at->loads) {
      if (each.written.load() == 0) continue;
      each.scope.back() = each.run.back() = 0;
      const run_key run{scope_name{each.scope.data()}, run_id{each.run.data()}};
      const auto is_it = [&](const death& known) { return known.run == run; };
      if (std::none_of(last.begin(), last.end(), is_it))
        last.push_back({run, "SIGKILL or a loss of power"});
    }
  }
  if (!add_record(at)) {
    ::munmap(memory, sizeof(page));
    return error{errc::limit_exceeded, "too many engines are open in this process"};
  }
  return std::unique_ptr<crash_record>{new crash_record{at}};
}

crash_record::~crash_record() {
  remove_record(page_);
  ::munmap(page_, sizeof(page));
}

void crash_record::clear() noexcept {
  std::memset(static_cast<void*>(page_), 0, sizeof(page));
}

actors::load_notes crash_record::loads() noexcept {
  return actors::load_notes{page_->loads};
}

}  // namespace pawl
