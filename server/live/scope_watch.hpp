#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <pawl/engine.hpp>

#include "server/live/event_watch.hpp"

namespace pawl::server {

/// Writes the events of all runs of a scope to a peer, in the order in which they became durable.
/// It reads the journal; a subscription wakes it and delivers the events that are not stored. A
/// slow peer is dropped only when its position is no longer in the journal.
class scope_watch final : public event_watch {
 public:
  /// `after`: none to start with the next event.
  scope_watch(std::shared_ptr<live_streams> served_by, scope in,
              std::optional<journal_position> after, std::unique_ptr<event_sink> to);

 private:
  enum class phase : std::uint8_t { initial, querying, writing, idle };

  void advance() override;
  void resubscribe();
  void query_journal();
  [[nodiscard]] bool take_page();
  /// Returns false if no more can be written now.
  [[nodiscard]] bool write_page();
  [[nodiscard]] bool read_live();

  phase phase_ = phase::initial;
  std::optional<journal_position> position_;
  event_page page_;
  std::size_t next_in_page_ = 0;
  bool begun_ = false;            ///< the first id has been written
  bool journal_changed_ = false;  ///< there were events since the last query
  std::optional<result<event_page>> answered_page_;
};

}  // namespace pawl::server
