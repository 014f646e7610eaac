#include <algorithm>

#include <pawl/detail/utf8.hpp>

#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {
namespace {

constexpr std::size_t max_id_bytes = 512;

result<void> check(const compiled_flow& flow, const run_state& run, const signal_command& s) {
  if (const auto good = check_signal_type(s.type); !good) return good;
  if (s.id.size() > max_id_bytes) {
    return error{errc::invalid_argument, "a signal's id has at most " +
                                             std::to_string(max_id_bytes) + " bytes, not " +
                                             std::to_string(s.id.size())};
  }
  if (detail::valid_utf8_prefix(s.id) != s.id.size())
    return error{errc::invalid_argument, "a signal's id is text in UTF-8"};
  const auto too_much = [&](std::string what) {
    return error{errc::limit_exceeded, std::move(what) + "; the signal was not taken"};
  };
  if (const auto good = check_value(s.payload, "the signal's payload"); !good) return good;
  const auto& allowed = flow.allowed();
  const std::size_t bytes = approximate_bytes(s.payload);
  if (bytes > allowed.max_signal_bytes) {
    return too_much("the signal carries about " + std::to_string(bytes) + " bytes; at most " +
                    std::to_string(allowed.max_signal_bytes) +
                    " are allowed (run.max_signal_bytes)");
  }
  if (run.inbox.size() >= allowed.max_signals) {
    return too_much("run " + run.key.id.str() + " has " + std::to_string(run.inbox.size()) +
                    " signals that no node has taken up, as many as are allowed (run.max_signals)");
  }
  std::size_t kept = bytes;
  for (const auto& waiting : run.inbox) kept += approximate_bytes(waiting.payload);
  if (kept > allowed.max_state_bytes) {
    return too_much("the signals that no node of run " + run.key.id.str() +
                    " has taken up would have about " + std::to_string(kept) + " bytes; at most " +
                    std::to_string(allowed.max_state_bytes) + " are allowed (run.max_state_bytes)");
  }
  return {};
}

}  // namespace

result<void> check_signal_type(std::string_view type) {
  const bool printable =
      std::all_of(type.begin(), type.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  const bool is_text = detail::valid_utf8_prefix(type) == type.size();
  if (!type.empty() && type.size() <= max_signal_type_bytes && printable && is_text) return {};
  return error{errc::invalid_argument, "a signal's type has 1 to " +
                                           std::to_string(max_signal_type_bytes) +
                                           " bytes of UTF-8 and no control characters"};
}

result<transition> handle(const compiled_flow& flow, run_state& run, signal_command&& signal,
                          const apply_context& context) {
  if (run.status != run_status::running && run.status != run_status::paused)
    return illegal(run, "signal");
  if (const auto good = check(flow, run, signal); !good) return good.error();
  const auto& seen = run.signal_ids;
  if (!signal.id.empty() && std::find(seen.begin(), seen.end(), signal.id) != seen.end())
    return transition{};
  transition_builder edit{flow, run, context};
  edit.receive(std::move(signal));
  edit.deliver_signals();
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
