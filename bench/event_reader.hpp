#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include <pawl/engine.hpp>

namespace pawl::bench {

/// Passes the events of all runs of an engine to a function, on a thread of its own, from its
/// construction to its destruction.
class event_reader {
 public:
  event_reader(const engine& of, std::function<void(const live_event&)> taken);
  ~event_reader();
  event_reader(const event_reader&) = delete;
  event_reader& operator=(const event_reader&) = delete;

  /// True if events came faster than they were read: some are lost.
  [[nodiscard]] bool lost_events() const { return events_->overflowed(); }

 private:
  const std::shared_ptr<subscription> events_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace pawl::bench
