#include "bench/event_reader.hpp"

#include <chrono>
#include <utility>

namespace pawl::bench {
namespace {

constexpr std::size_t event_capacity = 4'000'000;
constexpr std::chrono::milliseconds longest_wait{20};

}  // namespace

event_reader::event_reader(const engine& of, std::function<void(const live_event&)> taken)
    : events_(of.events().watch({}, event_capacity)), thread_{[this, taken = std::move(taken)] {
        while (!ended_ && !events_->ended())
          if (const auto event = events_->next(longest_wait)) taken(*event);
      }} {}

event_reader::~event_reader() {
  ended_ = true;
  thread_.join();
}

}  // namespace pawl::bench
