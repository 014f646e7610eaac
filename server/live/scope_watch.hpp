#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <pawl/engine.hpp>

#include "server/live/event_watch.hpp"

namespace pawl::server {

/// Writes what happens in all runs of a scope to a peer, in the order in which it became durable.
/// It reads the journal; a subscription only wakes it, and tells what steps say while they run. So
/// a peer may be slow: it is dropped when the journal does not go back so far any more.
class scope_watch final : public event_watch {
 public:
  /// `after`: none to begin with what happens from now on.
  scope_watch(std::shared_ptr<live_streams> served_by, scope in,
              std::optional<journal_position> after, std::unique_ptr<event_sink> to);

 private:
  enum class phase : std::uint8_t { fresh, asking, writing, resting };

  void go_on() override;
  void listen_anew();
  void ask();
  [[nodiscard]] bool take_answer();
  /// False: no more can be written now.
  [[nodiscard]] bool write_page();
  [[nodiscard]] bool hear();

  phase phase_ = phase::fresh;
  std::optional<journal_position> position_;
  event_page page_;
  std::size_t next_in_page_ = 0;
  bool heard_ = false;  ///< something happened since the journal was asked
  std::optional<result<event_page>> answered_;
};

}  // namespace pawl::server
