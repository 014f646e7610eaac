#pragma once

#include <pawl/run.hpp>

namespace pawl::persistence {
class view;
}

namespace pawl::actors {

/// The files that runs have outside of the store. The calls block. Safe for concurrent use.
class run_files {
 public:
  virtual ~run_files() = default;

  /// Deletes the files of a run that was deleted. `now`: a view from after that. Logs errors.
  virtual void remove(const run_key& run, const persistence::view& now) = 0;
  /// Deletes files whose runs do not exist: the process has ended before it could. Looks at a part
  /// of the files; returns whether there are more. Logs errors.
  [[nodiscard]] virtual bool sweep(const persistence::view& now) = 0;
  /// Keeps the files of a run for another one, too, which is about to be started from it in the
  /// same scope. Logs errors.
  virtual void share(const run_key& from, const run_key& with) = 0;
};

}  // namespace pawl::actors
