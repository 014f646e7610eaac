#include "persistence/jobs.hpp"

#include <algorithm>
#include <utility>

#include <pawl/detail/utf8.hpp>

#include "persistence/codec/fields.hpp"
#include "persistence/codec/payload.hpp"
#include "persistence/keys.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {

using namespace codec;

namespace {

constexpr std::uint8_t started_job_version = 1;
constexpr std::uint8_t job_progress_version = 1;
constexpr std::uint8_t job_page_version = 1;

/// The optional parts of a request, in the order of their encoding. Bits are stored.
struct job_request_has {
  enum part : std::uint32_t {
    reason = 1u << 0,
    signal = 1u << 1,
    rate = 1u << 2,
    dry_run = 1u << 3,
    by = 1u << 4,
    all = (1u << 5) - 1,
  };
};

/// The optional parts of a progress, as above.
struct job_progress_has {
  enum part : std::uint32_t {
    removing = 1u << 0,
    ended_at = 1u << 1,
    error = 1u << 2,
    all = (1u << 3) - 1,
  };
};

started_job decode_started_job_v1(byte_reader& from) {
  started_job job;
  job.created_at = from.time();
  job.request.command = from.enumerator(job_command::remove, job_command::pause);
  job.request.filter = from.text();
  const std::uint32_t parts = from.bits(job_request_has::all);
  if ((parts & job_request_has::reason) != 0) job.request.reason = from.text();
  if ((parts & job_request_has::signal) != 0) {
    job.request.signal = from.text();
    job.request.payload = decode_payload(from);
  }
  if ((parts & job_request_has::rate) != 0) job.request.rate = from.varint32();
  job.request.dry_run = (parts & job_request_has::dry_run) != 0;
  if ((parts & job_request_has::by) != 0) job.request.by = from.text();
  return job;
}

job_progress decode_job_progress_v1(byte_reader& from) {
  job_progress progress;
  progress.state = from.enumerator(job_state::failed, job_state::selecting);
  progress.counts.matched = from.varint();
  progress.counts.done = from.varint();
  progress.counts.refused = from.varint();
  progress.counts.failed = from.varint();
  progress.counts.damaged = from.varint();
  progress.position = from.varint();
  progress.updated_at = from.time();
  const std::uint32_t parts = from.bits(job_progress_has::all);
  progress.removing = (parts & job_progress_has::removing) != 0;
  if ((parts & job_progress_has::ended_at) != 0) progress.ended_at = from.time();
  if ((parts & job_progress_has::error) != 0) progress.error = from.text();
  return progress;
}

job_result decode_job_result(byte_reader& from) {
  job_result result;
  result.run = decode_id<run_id>(from);
  result.outcome = from.enumerator(job_outcome::failed);
  result.message = from.text();
  return result;
}

std::vector<job_result> decode_job_page_v1(byte_reader& from) {
  return decode_list<job_result>(from, 3, decode_job_result);
}

result<std::optional<job_record>> decode_job(const job_key& key, std::string_view request,
                                             std::string_view progress) {
  auto started = decode_started_job(request);
  if (!started) return std::move(started).error();
  auto far = decode_job_progress(progress);
  if (!far) return std::move(far).error();
  return std::optional{job_record{key, *std::move(started), *std::move(far)}};
}

}  // namespace

std::string encode_started_job(const started_job& job) {
  std::string record;
  record_writer out{record, record_kind::job_request, started_job_version};
  const job_request& what = job.request;
  out.time(job.created_at);
  out.enumerator(what.command);
  out.text(what.filter);
  out.varint(when(!what.reason.empty(), job_request_has::reason) |
             when(what.command == job_command::signal, job_request_has::signal) |
             when(what.rate > 0, job_request_has::rate) |
             when(what.dry_run, job_request_has::dry_run) |
             when(!what.by.empty(), job_request_has::by));
  if (!what.reason.empty()) out.text(what.reason);
  if (what.command == job_command::signal) {
    out.text(what.signal);
    encode_payload(out, what.payload);
  }
  if (what.rate > 0) out.varint(what.rate);
  if (!what.by.empty()) out.text(what.by);
  out.finish();
  return record;
}

result<started_job> decode_started_job(std::string_view bytes) {
  return decode_record<started_job>(record_kind::job_request, bytes, {decode_started_job_v1});
}

std::string encode_job_progress(const job_progress& progress) {
  std::string record;
  record_writer out{record, record_kind::job_progress, job_progress_version};
  out.enumerator(progress.state);
  out.varint(progress.counts.matched);
  out.varint(progress.counts.done);
  out.varint(progress.counts.refused);
  out.varint(progress.counts.failed);
  out.varint(progress.counts.damaged);
  out.varint(progress.position);
  out.time(progress.updated_at);
  out.varint(when(progress.removing, job_progress_has::removing) |
             when(progress.ended_at.has_value(), job_progress_has::ended_at) |
             when(!progress.error.empty(), job_progress_has::error));
  if (progress.ended_at) out.time(*progress.ended_at);
  if (!progress.error.empty()) out.text(progress.error);
  out.finish();
  return record;
}

result<job_progress> decode_job_progress(std::string_view bytes) {
  return decode_record<job_progress>(record_kind::job_progress, bytes, {decode_job_progress_v1});
}

std::string encode_job_page(const std::vector<job_result>& page) {
  std::string record;
  record_writer out{record, record_kind::job_page, job_page_version};
  encode_list(out, page, [](byte_writer& item, const job_result& each) {
    encode_id(item, each.run);
    item.enumerator(each.outcome);
    const std::string_view text{each.message};
    item.text(
        text.substr(0, pawl::detail::valid_utf8_prefix(text.substr(0, max_job_message_bytes))));
  });
  out.finish();
  return record;
}

result<std::vector<job_result>> decode_job_page(std::string_view bytes) {
  return decode_record<std::vector<job_result>>(record_kind::job_page, bytes, {decode_job_page_v1});
}

void create_job(batch& to, const job_record& job) {
  to.put(column::indexes, keys::job_request(job.key), encode_started_job(job.started));
  store_progress(to, job);
}

void store_progress(batch& to, const job_record& job) {
  to.put(column::indexes, keys::job_progress(job.key), encode_job_progress(job.progress));
  if (job.progress.is_unfinished()) {
    to.put(column::indexes, keys::unfinished_job(job.key), {});
  } else {
    to.erase(column::indexes, keys::unfinished_job(job.key));
  }
}

void store_page(batch& to, const job_key& job, std::uint64_t page,
                const std::vector<job_result>& runs) {
  to.put(column::indexes, keys::job_page(job, page), encode_job_page(runs));
}

result<bool> erase_job(batch& to, const view& from, const job_key& job, std::size_t limit) {
  view::range pages{keys::job_page(job, 0), keys::records_of_job(job).to};
  std::size_t erased = 0;
  const auto scanned = from.scan(column::indexes, pages, [&](std::string_view key, auto) {
    to.erase(column::indexes, std::string{key});
    return ++erased < limit ? view::next::more : view::next::stop;
  });
  if (!scanned) return scanned.error();
  if (erased == limit) return false;
  to.erase(column::indexes, keys::job_request(job));
  to.erase(column::indexes, keys::job_progress(job));
  to.erase(column::indexes, keys::unfinished_job(job));
  return true;
}

result<std::optional<job_record>> load_job(const view& from, const job_key& key) {
  const auto request = from.get(column::indexes, keys::job_request(key));
  if (!request) return request.error();
  const auto progress = from.get(column::indexes, keys::job_progress(key));
  if (!progress) return progress.error();
  if (!*request && !*progress) return std::optional<job_record>{};
  if (!*request || !*progress)
    return error{errc::corrupt, "job " + key.id.str() + " lacks one of its records"};
  return decode_job(key, **request, **progress);
}

result<listed_jobs> load_jobs(const view& from, const scope_name& in) {
  listed_jobs all;
  view::range left = keys::jobs(in);
  while (true) {
    std::optional<job_key> key;
    const auto scanned = from.scan(column::indexes, left, [&](std::string_view bytes, auto) {
      key = keys::job_of(bytes);
      return view::next::stop;
    });
    if (!scanned) return scanned.error();
    if (!key) break;
    left.from = keys::records_of_job(*key).to;  // past its pages
    auto job = load_job(from, *key);
    if (!job && job.error().code != errc::corrupt) return std::move(job).error();
    if (!job) {
      all.damaged.push_back("job " + key->id.str() + ": " + job.error().message);
      continue;
    }
    if (!*job || (*job)->progress.removing) continue;
    (*job)->started.request.payload = nullptr;
    all.jobs.push_back(**std::move(job));
  }
  std::sort(all.jobs.begin(), all.jobs.end(), [](const job_record& a, const job_record& b) {
    return std::pair{b.started.created_at, a.key.id} < std::pair{a.started.created_at, b.key.id};
  });
  return all;
}

result<std::vector<job_key>> load_unfinished_jobs(const view& from) {
  std::vector<job_key> all;
  bool readable = true;
  const auto scanned =
      from.scan(column::indexes, keys::unfinished_jobs(), [&](std::string_view key, auto) {
        auto job = keys::job_of(key);
        readable = readable && job.has_value();
        if (job) all.push_back(*std::move(job));
        return view::next::more;
      });
  if (!scanned) return scanned.error();
  if (!readable) return error{errc::corrupt, "an index entry does not name a job"};
  return all;
}

result<std::vector<job_result>> load_page(const view& from, const job_key& job,
                                          std::uint64_t page) {
  const auto bytes = from.get(column::indexes, keys::job_page(job, page));
  if (!bytes) return bytes.error();
  if (!*bytes) {
    return error{errc::corrupt,
                 "job " + job.id.str() + " lacks page " + std::to_string(page) + " of its runs"};
  }
  return decode_job_page(**bytes);
}

result<void> check_job_record(std::string_view key, std::string_view value) {
  const auto part = keys::job_part_of(key);
  if (!part) return error{errc::corrupt, "an index entry does not name a job"};
  const auto checked = [](const auto& read) { return read ? result<void>{} : read.error(); };
  switch (*part) {
    case keys::job_part::request:
      return checked(decode_started_job(value));
    case keys::job_part::progress:
      return checked(decode_job_progress(value));
    case keys::job_part::page:
      return checked(decode_job_page(value));
  }
  return {};
}

job_view view_of(const job_record& job) {
  job_view shown;
  shown.id = job.key.id;
  shown.request = job.started.request;
  shown.request.payload = nullptr;
  shown.state = job.progress.state;
  shown.counts = job.progress.counts;
  shown.created_at = job.started.created_at;
  shown.updated_at = job.progress.updated_at;
  shown.ended_at = job.progress.ended_at;
  shown.error = job.progress.error;
  return shown;
}

error no_such_job(const job_id& id) {
  return {errc::not_found, "no such job: " + id.str()};
}

}  // namespace pawl::persistence
