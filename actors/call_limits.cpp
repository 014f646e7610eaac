#include "actors/call_limits.hpp"

#include <string>
#include <string_view>

#include <pawl/code_ref.hpp>

namespace pawl::actors {
namespace {

struct kind_text {
  std::string_view calls;
  std::string_view setting;
};

kind_text text_of(call_kind kind) noexcept {
  switch (kind) {
    case call_kind::command:
      return {"commands in flight", "engine.max_commands_in_flight"};
    case call_kind::wait:
      return {"calls that wait for a run", "engine.max_waits"};
    case call_kind::poll:
      return {"waiting polls", "worker.max_polls"};
    case call_kind::query:
      return {"queries in flight", "engine.max_queries"};
  }
  return {};
}

error too_many(call_kind kind, std::uint64_t most) {
  const auto [calls, setting] = text_of(kind);
  return {errc::overloaded, "too many " + std::string{calls} + ": the maximum is " +
                                std::to_string(most) + " (" + std::string{setting} +
                                "); nothing was changed, try again later"};
}

error too_large(const call_place& wanted, std::uint64_t most) {
  return {errc::overloaded,
          "no room for a call of " + std::to_string(wanted.bytes) +
              " bytes: all calls in flight can have " + std::to_string(most) +
              " bytes (engine.max_bytes_in_flight), and the scope " +
              pawl::quoted(wanted.scope.str()) +
              " at most as much as is free; nothing was changed, try again later"};
}

}  // namespace

call_limits::call_limits(const settings& s)
    : places_{limiter{s.engine.max_commands_in_flight}, limiter{s.engine.max_waits},
              limiter{s.worker.max_polls}, limiter{s.engine.max_queries}},
      bytes_(s.engine.max_bytes_in_flight) {}

result<void> call_limits::try_take(const call_place& wanted) {
  limiter& places = places_[static_cast<std::size_t>(wanted.kind)];
  if (!places.try_take()) return too_many(wanted.kind, places.most());
  if (bytes_.try_take(wanted.scope.str(), wanted.bytes)) return {};
  places.give_back();
  return too_large(wanted, bytes_.most());
}

void call_limits::give_back(const call_place& taken) {
  places_[static_cast<std::size_t>(taken.kind)].give_back();
  bytes_.give_back(taken.scope.str(), taken.bytes);
}

}  // namespace pawl::actors
