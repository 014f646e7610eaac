#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

namespace pawl {

/// Notes, when the process dies, for which run the dying thread worked: a page in a file of the
/// data folder, mapped into memory, so that a signal handler can write it. Not written when the
/// process is killed from outside (SIGKILL), because that says nothing about a run.
///
/// The handler takes SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT. It then restores the handlers
/// that it found and raises the signal again, so a crash reporter of the embedder works as before.
class crash_record {
 public:
  struct death {
    run_key run;
    std::string signal;  ///< "SIGSEGV", …
  };

  /// Opens the record in a data folder, which exists. Returns what it says of the last process in
  /// `last`. Error: `io_failed`.
  [[nodiscard]] static result<std::unique_ptr<crash_record>> open(
      const std::filesystem::path& folder, std::optional<death>& last);
  ~crash_record();
  crash_record(const crash_record&) = delete;
  crash_record& operator=(const crash_record&) = delete;

  struct page;

 private:
  explicit crash_record(page* at) : page_(at) {}

  page* page_;
};

}  // namespace pawl
