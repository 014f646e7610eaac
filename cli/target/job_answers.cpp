#include "cli/target/job_answers.hpp"

#include <string>
#include <utility>

#include "cli/target/decode.hpp"

namespace pawl::cli {
namespace {

/// Calls `read`, which throws what nlohmann_json throws for a member that is missing or of another
/// type.
template <class T, class Read>
result<T> decoded(const json& from, Read read) {
  try {
    return read(from);
  } catch (const json::exception& wrong) {
    return error{errc::not_supported, std::string{"invalid response about a job: "} + wrong.what() +
                                          "; the server has an incompatible version"};
  }
}

result<job_state> parse_job_state(const std::string& text) {
  for (const auto state : {job_state::selecting, job_state::running, job_state::finished,
                           job_state::aborted, job_state::failed})
    if (to_string(state) == text) return state;
  return error{errc::not_supported, "the server reports the unknown state of a job \"" + text +
                                        "\": it is newer than this program"};
}

std::string text_or_nothing(const json& from, const char* key) {
  const auto found = from.find(key);
  return found == from.end() || found->is_null() ? std::string{} : found->get<std::string>();
}

std::string next_of(const json& from) {
  return text_or_nothing(from, "next");
}

result<job_view> read_fields(const json& from) {
  job_view job;
  job.id = job_id{from.at("id").get<std::string>()};
  const auto command = parse_job_command(from.at("command").get<std::string>());
  if (!command) return error{errc::not_supported, command.error().message};
  job.request.command = *command;
  job.request.filter = from.at("filter").get<std::string>();
  job.request.reason = from.at("reason").get<std::string>();
  job.request.signal = text_or_nothing(from, "signal");
  job.request.rate = from.at("rate").get<std::uint32_t>();
  job.request.dry_run = from.at("dry_run").get<bool>();
  job.request.by = from.at("started_by").get<std::string>();
  const auto state = parse_job_state(from.at("state").get<std::string>());
  if (!state) return state.error();
  job.state = *state;
  job.counts = {from.at("matched").get<std::uint64_t>(), from.at("done").get<std::uint64_t>(),
                from.at("refused").get<std::uint64_t>(), from.at("failed").get<std::uint64_t>(),
                from.at("damaged").get<std::uint64_t>()};
  const auto created = parse_rfc3339(from.at("created_at").get<std::string>());
  if (!created) return error{errc::not_supported, created.error().message};
  job.created_at = *created;
  const auto updated = parse_rfc3339(from.at("updated_at").get<std::string>());
  if (!updated) return error{errc::not_supported, updated.error().message};
  job.updated_at = *updated;
  if (const std::string ended = text_or_nothing(from, "ended_at"); !ended.empty()) {
    const auto time = parse_rfc3339(ended);
    if (!time) return error{errc::not_supported, time.error().message};
    job.ended_at = *time;
  }
  job.error = text_or_nothing(from, "error");
  return job;
}

result<job_result> read_result(const json& from) {
  const auto outcome = parse_job_outcome(from.at("outcome").get<std::string>());
  if (!outcome) return error{errc::not_supported, outcome.error().message};
  return job_result{run_id{from.at("run").get<std::string>()}, *outcome,
                    from.at("message").get<std::string>()};
}

}  // namespace

json job_json(const job_request& what, const job_options& how) {
  json body{{"command", to_string(what.command)}, {"filter", what.filter}};
  if (!what.reason.empty()) body["reason"] = what.reason;
  if (what.command == job_command::signal) {
    body["signal"] = what.signal;
    body["payload"] = what.payload;
  }
  if (what.rate > 0) body["rate"] = what.rate;
  if (what.dry_run) body["dry_run"] = true;
  if (how.id) body["id"] = how.id->str();
  return body;
}

result<job_started> read_job_started(const json& from) {
  return decoded<job_started>(from, [](const json& job) {
    return job_started{job_id{job.at("id").get<std::string>()}, job.at("created").get<bool>()};
  });
}

result<job_view> read_job(const json& from) {
  return decoded<job_view>(from, read_fields);
}

result<job_page> read_job_page(const json& from) {
  return decoded<job_page>(from, [](const json& page) -> result<job_page> {
    auto jobs = read_list<job_view>(page, "jobs", read_fields);
    if (!jobs) return std::move(jobs).error();
    auto damaged = read_damaged(page);
    if (!damaged) return std::move(damaged).error();
    return job_page{*std::move(jobs), next_of(page), *std::move(damaged)};
  });
}

result<job_results> read_job_results(const json& from) {
  return decoded<job_results>(from, [](const json& page) -> result<job_results> {
    auto results = read_list<job_result>(page, "results", read_result);
    if (!results) return std::move(results).error();
    const json& next = page.at("next");
    auto damaged = read_damaged(page);
    if (!damaged) return std::move(damaged).error();
    return job_results{*std::move(results), next.is_null() ? 0 : next.get<std::uint64_t>(),
                       *std::move(damaged)};
  });
}

}  // namespace pawl::cli
