#include <algorithm>

#include <pawl/detail/utf8.hpp>

#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {
namespace {

constexpr std::size_t max_id_bytes = 512;

result<void> check(const compiled_flow& flow, const run_state& run, const signal_command& s) {
  if (const auto good = check_signal_type(s.type); !good) return good;
  if (s.id.size() > max_id_bytes) {
    return error{errc::invalid_argument, "the id of a signal has at most " +
                                             std::to_string(max_id_bytes) + " bytes, not " +
                                             std::to_string(s.id.size())};
  }
  if (detail::valid_utf8_prefix(s.id) != s.id.size())
    return error{errc::invalid_argument, "the id of a signal must be UTF-8"};
  const auto refuse = [&](std::string what) {
    return error{errc::limit_exceeded, std::move(what) + "; the signal was refused"};
  };
  if (const auto good = check_value(s.payload, "the payload of the signal"); !good) return good;
  const auto& allowed = flow.allowed();
  const std::size_t bytes = json_size(s.payload);
  if (bytes > allowed.max_signal_bytes) {
    return refuse("the payload has about " + std::to_string(bytes) + " bytes, more than " +
                  std::to_string(allowed.max_signal_bytes) + " (run.max_signal_bytes)");
  }
  if (run.inbox.size() >= allowed.max_signals) {
    return refuse("run " + run.key.id.str() + " has " + std::to_string(run.inbox.size()) +
                  " unclaimed signals, which is the maximum (run.max_signals)");
  }
  const std::size_t inbox_bytes = run.inbox.bytes() + bytes;
  if (inbox_bytes > allowed.max_state_bytes) {
    return refuse("the unclaimed signals of run " + run.key.id.str() + " would have about " +
                  std::to_string(inbox_bytes) + " bytes, more than " +
                  std::to_string(allowed.max_state_bytes) + " (run.max_state_bytes)");
  }
  return {};
}

}  // namespace

result<void> check_signal_type(std::string_view type) {
  const bool printable =
      std::all_of(type.begin(), type.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  const bool is_text = detail::valid_utf8_prefix(type) == type.size();
  if (is_dot_segment(type))
    return error{errc::invalid_argument, "the type of a signal must not be \".\" or \"..\""};
  if (!type.empty() && type.size() <= max_signal_type_bytes && printable && is_text) return {};
  return error{errc::invalid_argument, "the type of a signal has 1 to " +
                                           std::to_string(max_signal_type_bytes) +
                                           " bytes of UTF-8 and no control characters"};
}

result<transition> handle(const compiled_flow& flow, run_state& run, signal_command&& signal,
                          const apply_context& context) {
  // A repeated signal has no effect, whatever the run has done since it arrived.
  if (!signal.id.empty() && run.signal_ids.contains(signal.id)) return transition{};
  if (run.status != run_status::running && run.status != run_status::paused)
    return illegal(run, "signal");
  if (const auto good = check(flow, run, signal); !good) return good.error();
  transition_builder builder{flow, run, context};
  const std::string type = signal.type;
  builder.signals().receive(std::move(signal));
  builder.deliver_signals(type);
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
