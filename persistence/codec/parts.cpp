#include "persistence/codec/parts.hpp"

#include <algorithm>
#include <utility>

#include "persistence/codec/fields.hpp"
#include "persistence/codec/payload.hpp"

namespace pawl::persistence::codec {
namespace {

/// In the low bits of an event's kind.
struct event_has {
  enum part : std::uint32_t { node = 1u << 0, detail = 1u << 1 };
  static constexpr int bits = 2;
};

void encode_event(byte_writer& to, const flow::event& e) {
  to.varint(std::uint32_t{static_cast<std::uint8_t>(e.kind)} << event_has::bits |
            when(e.node.has_value(), event_has::node) |
            when(!e.detail.is_null(), event_has::detail));
  if (e.node) {
    to.varint(*e.node);
    to.varint(e.visit);
    to.varint(e.attempt);
  }
  if (!e.detail.is_null()) encode_payload(to, e.detail);
}

flow::event decode_event(byte_reader& from) {
  const std::uint64_t head = from.varint();
  const std::uint64_t kind = head >> event_has::bits;
  if (kind > static_cast<std::uint8_t>(flow::last_event_kind))
    from.fail("has an unknown kind of event");
  flow::event e{static_cast<flow::event_kind>(kind), std::nullopt, 0, 0, nullptr};
  if ((head & event_has::node) != 0) {
    e.node = from.varint32();
    e.visit = from.varint32();
    e.attempt = from.varint32();
  }
  if ((head & event_has::detail) != 0) e.detail = decode_payload(from);
  return e;
}

void encode_map(byte_writer& to, const std::pair<const flow::token_id, flow::map_progress>& entry) {
  const auto& [id, m] = entry;
  to.varint(id);
  encode_payload(to, m.items);
  encode_payload(to, m.results);
  to.varint(m.next);
  to.varint(m.done);
  to.varint(m.failed);
  to.varint(m.bytes);
}

flow::map_progress decode_map(byte_reader& from) {
  flow::map_progress m;
  m.items = decode_payload(from);
  m.results = decode_payload(from);
  if (!m.items.is_array() || !m.results.is_array() || m.items.size() != m.results.size())
    from.fail("has a map whose items and results differ in number");
  m.next = from.varint32();
  m.done = from.varint32();
  m.failed = from.varint32();
  m.bytes = from.varint();
  return m;
}

void encode_map_change(byte_writer& to,
                       const std::pair<const flow::token_id, flow::map_change>& entry) {
  const auto& [id, c] = entry;
  to.varint(id);
  encode_optional(to, c.items, encode_payload);
  encode_list(to, c.results, [](byte_writer& out, const auto& result) {
    out.varint(result.first);
    encode_payload(out, result.second);
  });
  to.varint(c.next);
  to.varint(c.failed);
}

flow::map_change decode_map_change(byte_reader& from) {
  using item = std::pair<std::uint32_t, json>;
  flow::map_change c;
  c.items = decode_optional(from, decode_payload);
  c.results = decode_list<item>(from, 4, [](byte_reader& in) {
    const std::uint32_t number = in.varint32();
    return item{number, decode_payload(in)};
  });
  c.next = from.varint32();
  c.failed = from.varint32();
  return c;
}

/// Values by the token of their map.
template <class T>
std::map<flow::token_id, T> decode_by_token(byte_reader& from, T (*decode)(byte_reader&)) {
  std::map<flow::token_id, T> values;
  for (std::size_t items = from.count(2); items > 0 && from.ok(); --items) {
    const flow::token_id id = from.varint32();
    values[id] = decode(from);
  }
  return values;
}

}  // namespace

void encode_events(byte_writer& to, const std::vector<flow::event>& events) {
  encode_list(to, events, encode_event);
}

std::vector<flow::event> decode_events(byte_reader& from) {
  return decode_list<flow::event>(from, 1, decode_event);
}

void encode_compensations(byte_writer& to, const std::vector<flow::compensation>& steps) {
  encode_list(to, steps, [](byte_writer& out, const flow::compensation& c) {
    out.varint(c.node);
    out.varint(c.visit);
    encode_payload(out, c.args);
  });
}

std::vector<flow::compensation> decode_compensations(byte_reader& from) {
  return decode_list<flow::compensation>(from, 5, [](byte_reader& in) {
    flow::compensation c;
    c.node = in.varint32();
    c.visit = in.varint32();
    c.args = decode_payload(in);
    return c;
  });
}

bool have_branches(const std::vector<flow::compensation>& steps) noexcept {
  return std::any_of(steps.begin(), steps.end(),
                     [](const flow::compensation& c) { return !c.within.empty(); });
}

void encode_branches(byte_writer& to, const std::vector<flow::compensation>& steps) {
  for (const auto& step : steps) encode_numbers(to, step.within);
}

void decode_branches(byte_reader& from, std::vector<flow::compensation>& steps) {
  for (auto& step : steps) step.within = decode_numbers(from);
}

void encode_compensating(byte_writer& to, const flow::compensating& u) {
  to.enumerator(u.to);
  encode_optional(to, u.error, encode_error);
}

flow::compensating decode_compensating(byte_reader& from) {
  flow::compensating u;
  u.to = decode_status(from);
  u.error = decode_optional(from, decode_error);
  return u;
}

void encode_maps(byte_writer& to, const std::map<flow::token_id, flow::map_progress>& maps) {
  encode_list(to, maps, encode_map);
}

std::map<flow::token_id, flow::map_progress> decode_maps(byte_reader& from) {
  return decode_by_token(from, decode_map);
}

void encode_map_changes(byte_writer& to,
                        const std::map<flow::token_id, flow::map_change>& changes) {
  encode_list(to, changes, encode_map_change);
}

std::map<flow::token_id, flow::map_change> decode_map_changes(byte_reader& from) {
  return decode_by_token(from, decode_map_change);
}

void encode_signal(byte_writer& to, const flow::signal& s) {
  to.varint(s.number);
  to.text(s.id);
  to.text(s.type);
  encode_payload(to, s.payload);
}

std::vector<flow::signal> decode_signals(byte_reader& from) {
  return decode_list<flow::signal>(from, 6, [](byte_reader& in) {
    flow::signal s;
    s.number = in.varint();
    s.id = in.text();
    s.type = in.text();
    s.payload = decode_payload(in);
    return s;
  });
}

void encode_abandoned(byte_writer& to, const std::vector<flow::abandoned_child>& children) {
  encode_list(to, children, [](byte_writer& out, const flow::abandoned_child& a) {
    encode_id(out, a.child);
    out.enumerator(a.fate);
    out.varint(a.attempt);
  });
}

std::vector<flow::abandoned_child> decode_abandoned(byte_reader& from) {
  return decode_list<flow::abandoned_child>(from, 3, [](byte_reader& in) {
    flow::abandoned_child a;
    a.child = decode_id<run_id>(in);
    a.fate = in.enumerator(flow::child_fate::terminate);
    a.attempt = in.varint32();
    return a;
  });
}

}  // namespace pawl::persistence::codec
