#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "actors/load_notes.hpp"

namespace pawl {

/// Says after a death of the process which run it may have died of: pages in a file of the data
/// folder, mapped into memory, so that they outlast the process.
///
/// - A fatal signal: a signal handler notes the run for which the dying thread worked.
/// - SIGKILL, as when there is no memory left: nothing can be noted then. The runs that were being
///   loaded are noted beforehand (`loads`). A step that was executing is not blamed, because a step
///   may take hours, in which an operator kills the process for other reasons.
///
/// The handler takes SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT. It then restores the handlers
/// that it found and raises the signal again, so a crash reporter of the embedder works as before.
class crash_record {
 public:
  struct death {
    run_key run;
    std::string reason;  ///< "SIGSEGV", …
  };

  /// Opens the record in a data folder, which exists. Returns the runs that the last process may
  /// have died of in `last`. They stay in the record until `clear`. Error: `io_failed`.
  [[nodiscard]] static result<std::unique_ptr<crash_record>> open(
      const std::filesystem::path& folder, std::vector<death>& last);
  ~crash_record();
  crash_record(const crash_record&) = delete;
  crash_record& operator=(const crash_record&) = delete;

  /// Forgets the last process: what it died of is durable in the store. Called before runs are
  /// loaded.
  void clear() noexcept;

  /// The notes of runs that are being loaded. Valid as long as this record.
  [[nodiscard]] actors::load_notes loads() noexcept;

  struct page;

 private:
  explicit crash_record(page* at) : page_(at) {}

  page* page_;
};

}  // namespace pawl
