#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace pawl::flow::schema {

/// A part of a pattern as places (single characters), each with the numbers of characters that can
/// stand before it in a match. From them follows how many places a matcher can be at together.
class pattern_part {
 public:
  /// Maximum number of places, with repetitions written out.
  static constexpr std::size_t max_places = 20'000;

  /// The part that matches the empty text.
  pattern_part() = default;
  /// One character.
  static pattern_part character() {
    pattern_part made;
    made.places_.push_back({0, 0});
    made.min_ = made.max_ = 1;
    return made;
  }

  /// Appends `next`. Returns false if there are too many places.
  [[nodiscard]] bool append(const pattern_part& next) {
    if (places_.size() + next.places_.size() > max_places) return false;
    for (const auto& p : next.places_) places_.push_back({sum(p.min, min_), sum(p.max, max_)});
    min_ = sum(min_, next.min_);
    max_ = sum(max_, next.max_);
    return true;
  }

  /// Adds an alternative. Returns false if there are too many places.
  [[nodiscard]] bool add_alternative(const pattern_part& other) {
    if (places_.size() + other.places_.size() > max_places) return false;
    places_.insert(places_.end(), other.places_.begin(), other.places_.end());
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
    return true;
  }

  /// Repeats from `least` to `most` times. Returns false if there are too many places.
  [[nodiscard]] bool repeat(std::uint32_t least, std::uint32_t most) {
    const std::uint32_t copies = most == endless ? std::max(least, 1u) : most;
    if (places_.size() * copies > max_places) return false;
    const pattern_part once = std::exchange(*this, pattern_part{});
    std::uint32_t before = 0;  // the least number of characters before a copy
    for (std::uint32_t i = 0; i < copies; ++i) {
      const bool last = most == endless && i + 1 == copies;
      for (const auto& p : once.places_)
        places_.push_back({sum(p.min, before), last ? endless : sum(p.max, max_)});
      before = sum(before, once.min_);
      if (i < least) min_ = before;
      max_ = sum(max_, once.max_);
    }
    if (most == endless && once.max_ > 0) max_ = endless;
    return true;
  }

  /// Lets a match begin anywhere in the text.
  void begin_anywhere() {
    for (auto& p : places_) p.max = endless;
  }

  /// The maximum number of places that can be reached after the same number of characters.
  [[nodiscard]] std::size_t width() const {
    std::vector<std::uint32_t> begins, ends;
    for (const auto& p : places_) {
      begins.push_back(p.min);
      ends.push_back(p.max);
    }
    std::sort(begins.begin(), begins.end());
    std::sort(ends.begin(), ends.end());
    std::size_t most = 0, ended = 0;
    for (std::size_t begun = 1; begun <= begins.size(); ++begun) {
      while (ends[ended] < begins[begun - 1]) ++ended;
      most = std::max(most, begun - ended);
    }
    return std::max<std::size_t>(most, 1);
  }

  static constexpr std::uint32_t endless = std::numeric_limits<std::uint32_t>::max();

 private:
  struct place {
    std::uint32_t min, max;  ///< characters before it
  };

  static std::uint32_t sum(std::uint32_t a, std::uint32_t b) noexcept {
    return a > endless - b ? endless : a + b;
  }

  std::vector<place> places_;
  std::uint32_t min_ = 0, max_ = 0;  ///< characters of a match
};

}  // namespace pawl::flow::schema
