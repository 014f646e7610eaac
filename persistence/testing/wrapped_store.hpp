#pragma once

#include <memory>
#include <span>
#include <utility>

#include "persistence/memory/memory_store.hpp"
#include "persistence/store.hpp"

namespace pawl::persistence::testing {

/// A store that passes all calls on to another one. A test derives from it and overrides what it
/// wants to see or to change.
class wrapped_store : public store {
 public:
  /// Wraps a new store in memory.
  wrapped_store() : wrapped_store(std::make_shared<memory_store>()) {}
  explicit wrapped_store(std::shared_ptr<store> inner) : inner_(std::move(inner)) {}

  result<std::shared_ptr<const view>> write(std::span<const batch* const> batches) override {
    return inner_->write(batches);
  }
  result<void> sync() override { return inner_->sync(); }
  void publish(std::shared_ptr<const view> written) override {
    inner_->publish(std::move(written));
  }
  std::shared_ptr<const view> durable_view() const override { return inner_->durable_view(); }
  store_gauges gauges() const override { return inner_->gauges(); }
  result<void> check_writable() override { return inner_->check_writable(); }
  result<void> close() override { return inner_->close(); }

 private:
  const std::shared_ptr<store> inner_;
};

}  // namespace pawl::persistence::testing
