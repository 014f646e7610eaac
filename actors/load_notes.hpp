#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include <pawl/run.hpp>

namespace pawl::actors {

/// Notes which runs are being loaded, in memory that outlasts the process (see `crash_record`). A
/// run that needs more memory than there is ends the process without a signal that could be
/// handled. Safe for concurrent use. Never waits: without a free slot nothing is noted.
class load_notes {
 public:
  /// A slot in the file. All zeros: free.
  struct slot {
    std::atomic<std::uint32_t> taken;
    std::atomic<std::uint32_t> written;  ///< the texts are complete
    std::array<char, 256> scope;         ///< ends in a zero byte
    std::array<char, 256> run;           ///< likewise
  };
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

  /// Without slots nothing is noted.
  explicit load_notes(std::span<slot> slots = {}) noexcept : slots_(slots) {}

  /// Frees its slot when it ends. The names of the run go with it: they must not outlive the run.
  class note {
   public:
    note() = default;
    explicit note(slot* taken) noexcept : slot_(taken) {}
    note(note&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    note& operator=(note&& other) noexcept {
      std::swap(slot_, other.slot_);
      return *this;
    }
    ~note() {
      if (slot_ == nullptr) return;
      slot_->written.store(0);
      slot_->scope.fill(0);
      slot_->run.fill(0);
      slot_->taken.store(0);
    }

   private:
    slot* slot_ = nullptr;
  };

  /// Notes that the run is being loaded, until the note ends.
  [[nodiscard]] note take(const run_key& run) const noexcept {
    for (auto& each : slots_) {
      if (each.taken.load(std::memory_order_relaxed) != 0 || each.taken.exchange(1) != 0) continue;
      copy(run.scope.str(), each.scope);
      copy(run.id.str(), each.run);
      each.written.store(1);
      return note{&each};
    }
    return {};
  }

 private:
  /// Cuts a text that is too long; scopes and ids are not.
  static void copy(std::string_view from, std::array<char, 256>& to) noexcept {
    const std::size_t bytes = from.size() < to.size() ? from.size() : to.size() - 1;
    std::memcpy(to.data(), from.data(), bytes);
    to[bytes] = 0;
  }

  std::span<slot> slots_;
};

}  // namespace pawl::actors
