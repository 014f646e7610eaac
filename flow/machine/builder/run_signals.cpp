#include "flow/machine/builder/run_signals.hpp"

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

std::optional<json> run_signals::claim(const token& t, const std::string& type) {
  run_state& run = changes_.run();
  const signal* const found = run.inbox.find(type);
  if (found == nullptr) return std::nullopt;
  json detail{{"signal", type}};
  if (!found->id.empty()) detail["id"] = found->id;
  changes_.record(event_kind::signal_claimed, t, std::move(detail));
  json payload = found->payload;
  const auto number = found->number;
  changes_.change().signals_claimed.push_back(number);
  run.inbox.remove(number);
  return payload;
}

}  // namespace pawl::flow
