#include <bit>
#include <string>
#include <utility>

#include <pawl/assert.hpp>

#include "persistence/codec/fields.hpp"
#include "persistence/codec/parts.hpp"
#include "persistence/codec/payload.hpp"

namespace pawl::persistence::codec {
namespace {

/// What most tokens do not have, in the order of its encoding. Bits are stored.
struct token_has {
  enum part : std::uint32_t {
    branch = 1u << 0,
    writes = 1u << 1,
    task = 1u << 2,
    timer = 1u << 3,
    tries = 1u << 4,  // other than 1
    condition_result = 1u << 5,
    inherited = 1u << 6,
    first_try_at = 1u << 7,
    child = 1u << 8,
    question = 1u << 9,
    answer = 1u << 10,
    in_doubt = 1u << 11,     // nothing follows
    compensates = 1u << 12,  // nothing follows
    replaced_children = 1u << 13,
    repeated_calls = 1u << 14,
    rules_time = 1u << 15,
    failures_of = 1u << 16,
    all_v1 = (1u << 17) - 1,
    stopping = 1u << 17,  // nothing follows
    exit = 1u << 18,
    tries_limit = 1u << 19,
    retry_numbers = 1u << 20,
    all = (1u << 21) - 1,
  };
};

std::uint32_t parts_of(const flow::token& t, bool with_writes) noexcept {
  return when(!t.branch.empty(), token_has::branch) |
         when(with_writes && !t.writes.empty(), token_has::writes) |
         when(t.task.has_value(), token_has::task) | when(t.timer.has_value(), token_has::timer) |
         when(t.tries != 1, token_has::tries) |
         when(t.condition_result.has_value(), token_has::condition_result) |
         when(!t.inherited.empty(), token_has::inherited) |
         when(t.first_try_at.has_value(), token_has::first_try_at) |
         when(t.child.has_value(), token_has::child) |
         when(t.question.has_value(), token_has::question) |
         when(t.answer.has_value(), token_has::answer) | when(t.in_doubt, token_has::in_doubt) |
         when(t.compensates, token_has::compensates) |
         when(t.replaced_children > 0, token_has::replaced_children) |
         when(t.repeated_calls > 0, token_has::repeated_calls) |
         when(t.rules_time.has_value(), token_has::rules_time) |
         when(!t.failures_of.empty(), token_has::failures_of) |
         when(t.stopping, token_has::stopping) | when(t.exit.has_value(), token_has::exit) |
         when(t.tries_limit.count() != 0, token_has::tries_limit) |
         when(!t.retry_numbers.empty(), token_has::retry_numbers);
}

void encode_task(byte_writer& to, const flow::remote_task& t, time_point base) {
  to.text(t.queue);
  to.text(t.code_ref);
  to.time(t.since, base);
  to.varint(t.lost);
  to.flag(t.lease != 0);
  if (t.lease == 0) return;
  to.fixed64(t.lease);
  to.text(t.worker);
  to.time(t.leased_at, base);
  to.signed_varint(t.lease_time.count());
}

flow::remote_task decode_task(byte_reader& from, time_point base) {
  flow::remote_task t;
  t.queue = from.text();
  t.code_ref = from.text();
  t.since = from.time(base);
  t.lost = from.varint32();
  if (!from.flag()) return t;
  t.lease = from.fixed64();
  t.worker = from.text();
  t.leased_at = from.time(base);
  t.lease_time = std::chrono::milliseconds{from.signed_varint()};
  return t;
}

/// The forks of a token and the edges that it took at them, in pairs.
void encode_branch(byte_writer& to, const flow::token& t) {
  PAWL_ASSERT_RUN(t.forks.size() == t.branch.size(), "a token has an edge for each fork");
  to.varint(t.branch.size());
  for (std::size_t i = 0; i < t.branch.size(); ++i) {
    to.varint(t.branch[i]);
    to.varint(t.forks[i]);
  }
}

void decode_branch(byte_reader& from, flow::token& t) {
  const std::size_t forks = from.count(2);
  t.branch.reserve(forks);
  t.forks.reserve(forks);
  for (std::size_t i = 0; i < forks && from.ok(); ++i) {
    t.branch.push_back(from.varint32());
    t.forks.push_back(from.varint32());
  }
}

void decode_inherited(byte_reader& from, flow::token& t) {
  for (std::size_t keys = from.count(2); keys > 0 && from.ok(); --keys) {
    std::string key{from.text()};
    t.inherited[std::move(key)] = from.varint32();
  }
}

void encode_token(byte_writer& to, const flow::token& t, bool with_writes, time_point base) {
  const std::uint32_t parts = parts_of(t, with_writes);
  const auto has = [parts](token_has::part part) { return (parts & part) != 0; };
  to.varint(t.id);
  to.varint(t.node);
  to.enumerator(t.phase);
  to.varint(t.visit);
  to.varint(t.attempt);
  to.varint(parts);
  if (has(token_has::branch)) encode_branch(to, t);
  if (has(token_has::writes)) encode_payload(to, *t.writes);
  if (has(token_has::task)) encode_task(to, *t.task, base);
  if (has(token_has::timer)) {
    to.flag(t.timer->wall_clock);
    to.time(t.timer->due, base);
  }
  if (has(token_has::tries)) to.varint(t.tries);
  if (has(token_has::condition_result)) to.flag(*t.condition_result);
  if (has(token_has::inherited)) {
    encode_list(to, t.inherited, [](byte_writer& out, const auto& entry) {
      out.text(entry.first);
      out.varint(entry.second);
    });
  }
  if (has(token_has::first_try_at)) to.time(*t.first_try_at, base);
  if (has(token_has::child)) {
    encode_id(to, t.child->id);
    to.flag(t.child->started);
  }
  if (has(token_has::question)) encode_payload(to, *t.question);
  if (has(token_has::answer)) encode_payload(to, *t.answer);
  if (has(token_has::replaced_children)) to.varint(t.replaced_children);
  if (has(token_has::repeated_calls)) to.varint(t.repeated_calls);
  if (has(token_has::rules_time)) to.time(*t.rules_time, base);
  if (has(token_has::failures_of))
    encode_list(to, t.failures_of, [](byte_writer& out, std::uint32_t n) { out.varint(n); });
  if (has(token_has::exit)) {
    encode_optional(to, t.exit->edge, [](byte_writer& out, std::uint32_t n) { out.varint(n); });
    encode_optional(to, t.exit->error, encode_payload);
  }
  if (has(token_has::tries_limit)) to.signed_varint(t.tries_limit.count());
  if (has(token_has::retry_numbers)) {
    encode_list(to, t.retry_numbers, [](byte_writer& out, double number) {
      out.fixed64(std::bit_cast<std::uint64_t>(number));
    });
  }
}

flow::token decode_token(byte_reader& from, time_point base, std::uint32_t known) {
  flow::token t;
  t.id = from.varint32();
  t.node = from.varint32();
  t.phase = from.enumerator(flow::token_phase::gathering);
  t.visit = from.varint32();
  t.attempt = from.varint32();
  const std::uint32_t parts = from.bits(known);
  const auto has = [parts](token_has::part part) { return (parts & part) != 0; };
  if (has(token_has::branch)) decode_branch(from, t);
  if (has(token_has::writes)) t.writes = decode_object(from);
  if (has(token_has::task)) t.task = decode_task(from, base);
  if (has(token_has::timer)) {
    const bool wall_clock = from.flag();
    t.timer = flow::timer{from.time(base), wall_clock};
  }
  t.tries = has(token_has::tries) ? from.varint32() : 1;
  if (has(token_has::condition_result)) t.condition_result = from.flag();
  if (has(token_has::inherited)) decode_inherited(from, t);
  if (has(token_has::first_try_at)) t.first_try_at = from.time(base);
  if (has(token_has::child)) {
    t.child = flow::child_run{decode_id<run_id>(from)};
    t.child->started = from.flag();
  }
  if (has(token_has::question)) t.question = decode_payload(from);
  if (has(token_has::answer)) t.answer = decode_payload(from);
  t.in_doubt = has(token_has::in_doubt);
  t.compensates = has(token_has::compensates);
  if (has(token_has::replaced_children)) t.replaced_children = from.varint32();
  if (has(token_has::repeated_calls)) t.repeated_calls = from.varint32();
  if (has(token_has::rules_time)) t.rules_time = from.time(base);
  if (has(token_has::failures_of)) {
    t.failures_of =
        decode_list<std::uint32_t>(from, 1, [](byte_reader& in) { return in.varint32(); });
  }
  t.stopping = has(token_has::stopping);
  if (has(token_has::exit)) {
    auto& exit = t.exit.emplace();
    exit.edge = decode_optional(from, [](byte_reader& in) { return in.varint32(); });
    exit.error = decode_optional(from, decode_payload);
  }
  if (has(token_has::tries_limit)) t.tries_limit = std::chrono::milliseconds{from.signed_varint()};
  if (has(token_has::retry_numbers)) {
    t.retry_numbers = decode_list<double>(
        from, 8, [](byte_reader& in) { return std::bit_cast<double>(in.fixed64()); });
  }
  return t;
}

}  // namespace

void encode_tokens(byte_writer& to, const flow::token_list& tokens, time_point base) {
  encode_list(to, tokens,
              [&](byte_writer& out, const flow::token& t) { encode_token(out, t, true, base); });
}

void encode_tokens(byte_writer& to, const std::vector<flow::token>& tokens, time_point base) {
  encode_list(to, tokens,
              [&](byte_writer& out, const flow::token& t) { encode_token(out, t, false, base); });
}

std::vector<flow::token> decode_tokens(byte_reader& from, time_point base, std::uint8_t version) {
  const std::uint32_t known = version == 1 ? token_has::all_v1 : token_has::all;
  return decode_list<flow::token>(from, 6,
                                  [&](byte_reader& in) { return decode_token(in, base, known); });
}

}  // namespace pawl::persistence::codec
