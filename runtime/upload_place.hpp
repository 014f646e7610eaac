#pragma once

#include <memory>
#include <utility>

#include "actors/engine_context.hpp"

namespace pawl {

/// The place of an upload among the calls in flight, which is given back at its end. An upload has
/// one for its whole life, so that it is refused when it begins or not at all. Keeps no store open.
class upload_place {
 public:
  /// `taken`: of `of->calls`.
  upload_place(std::weak_ptr<actors::engine_context> of, actors::call_place taken)
      : of_(std::move(of)), taken_(std::move(taken)) {}
  upload_place(const upload_place&) = delete;
  upload_place& operator=(const upload_place&) = delete;
  ~upload_place() {
    if (const auto open = of_.lock()) open->calls.give_back(taken_);
  }

  /// Whether the store is open as it was when the upload began. If it was opened again, what had
  /// arrived is deleted.
  [[nodiscard]] bool is_of(const std::shared_ptr<actors::engine_context>& now) const {
    return of_.lock() == now;
  }

 private:
  const std::weak_ptr<actors::engine_context> of_;
  const actors::call_place taken_;
};

}  // namespace pawl
