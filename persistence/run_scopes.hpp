#pragma once

#include <string>
#include <string_view>

#include <pawl/result.hpp>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// The scopes of the records in `column::checkpoints`, whose keys have only the hash of a run. Not
/// thread-safe.
class run_scopes {
 public:
  /// `from` must outlive this object.
  explicit run_scopes(const view& from) : from_(from) {}

  /// The scope of the run that has the record with this key. Empty: its input and its state are
  /// damaged or missing. Errors: as `view::get`.
  [[nodiscard]] result<std::string> find(std::string_view record);

 private:
  [[nodiscard]] result<std::string> read(std::string_view hash) const;

  const view& from_;
  std::string hash_, scope_;  ///< of the last run
};

}  // namespace pawl::persistence
