#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <pawl/engine.hpp>

#include "actors/lru_map.hpp"
#include "server/flow_files.hpp"
#include "server/live/event_digest.hpp"
#include "server/live/event_filter.hpp"
#include "server/live/event_watch.hpp"

namespace pawl::server {

struct scope_watch_options {
  /// None to start with the next event.
  std::optional<journal_position> after;
  event_filter filter = {};
  /// Writes digests instead of events, at most one in this time.
  std::optional<std::chrono::milliseconds> digest_interval = {};
  /// Flow files whose changes are in the digests; null for none.
  std::shared_ptr<const flow_file_reports> flow_files = {};
};

/// Writes the events of the runs of a scope to a peer, in the order in which they became durable.
/// It reads the journal; a subscription wakes it and delivers the events that are not stored. A
/// slow peer is dropped only when its position is no longer in the journal.
class scope_watch final : public event_watch {
 public:
  scope_watch(std::shared_ptr<live_streams> served_by, scope in, scope_watch_options how,
              std::unique_ptr<event_sink> to);

 private:
  /// `selecting`: finds out which of the runs of the batch fit the filter.
  enum class phase : std::uint8_t { initial, querying, selecting, writing, idle };

  void advance() override;
  void read_events();
  void resubscribe();
  void query_journal();
  [[nodiscard]] bool take_page();
  /// Makes live events that are not stored the batch. Returns false if there are none.
  [[nodiscard]] bool take_live();
  void begin_batch(std::vector<placed_event> events);
  /// Returns false if it waits for an answer about runs.
  [[nodiscard]] bool select_runs();
  void take_selected(const run_page& found);
  /// Returns false if no more can be written now.
  [[nodiscard]] bool write_batch();
  [[nodiscard]] bool write(const placed_event& event);
  [[nodiscard]] bool is_wanted(const placed_event& event);
  void write_position();
  /// Adds what the jobs of the scope have reached to the digest.
  void read_jobs();
  /// Adds to the digest whether flow files have changed.
  void read_flow_files();
  /// Whether the next digest may not be written yet. Then it calls `advance` at that time.
  [[nodiscard]] bool waits_for_digest();
  void flush_digest();

  const event_filter filter_;
  const std::optional<std::chrono::milliseconds> digest_interval_;
  phase phase_ = phase::initial;
  std::optional<journal_position> position_;
  event_page page_;       ///< without its events
  bool is_page_ = false;  ///< the batch has the events of `page_`
  std::vector<placed_event> batch_;
  std::size_t next_in_batch_ = 0;
  std::size_t skipped_ = 0;       ///< stored events since the last id that was written
  bool begun_ = false;            ///< the first id has been written
  bool journal_changed_ = false;  ///< there were events since the last query
  std::optional<result<event_page>> answered_page_;

  /// Whether runs fit the filter, of those that were asked about.
  actors::lru_map<run_id, bool> known_;
  std::vector<run_id> asked_;  ///< the runs of the query that is under way
  std::optional<result<run_page>> answered_runs_;

  std::shared_ptr<subscription> jobs_;  ///< if there are digests
  const std::shared_ptr<const flow_file_reports> flow_files_;
  std::shared_ptr<void> flow_files_listener_;
  std::uint64_t known_changes_ = 0;  ///< of flow files, that digests have reported
  event_digest digest_;
  std::chrono::steady_clock::time_point digest_due_{};
  bool digest_scheduled_ = false;
};

}  // namespace pawl::server
