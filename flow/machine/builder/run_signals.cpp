#include "flow/machine/builder/run_signals.hpp"

#include <algorithm>
#include <utility>

namespace pawl::flow {

void run_signals::receive(signal_command&& sent) {
  run_state& run = changes_.run();
  signal added{run.next_signal, std::move(sent.id), std::move(sent.type), std::move(sent.payload)};
  json detail{{"signal", added.type}};
  if (!added.id.empty()) detail["id"] = added.id;
  changes_.record(event_kind::signal_received, std::move(detail));
  changes_.change().signals_added.push_back(added);
  add_signal(run, std::move(added));
}

bool run_signals::has(std::string_view type) const noexcept {
  return changes_.run().inbox.find(type) != nullptr;
}

std::uint64_t run_signals::find(std::string_view type) const noexcept {
  const signal* const found = changes_.run().inbox.find(type);
  return found == nullptr ? 0 : found->number;
}

std::uint64_t run_signals::find(std::string_view type,
                                const std::function<bool(const json&)>& fits) const {
  const inbox& signals = changes_.run().inbox;
  const auto& numbers = signals.of_type(type);
  const auto found = std::find_if(numbers.begin(), numbers.end(), [&](std::uint64_t number) {
    return fits(signals.all().at(number).payload);
  });
  return found == numbers.end() ? 0 : *found;
}

json run_signals::claim(const token& t, std::uint64_t number) {
  run_state& run = changes_.run();
  const signal& found = run.inbox.all().at(number);
  json detail{{"signal", found.type}};
  if (!found.id.empty()) detail["id"] = found.id;
  changes_.record(event_kind::signal_claimed, t, std::move(detail));
  json payload = found.payload;
  changes_.change().signals_claimed.push_back(number);
  run.inbox.remove(number);
  return payload;
}

}  // namespace pawl::flow
