#include "persistence/transfer/transfer_lines.hpp"

#include <utility>

#include <pawl/detail/base64_decoded.hpp>
#include <pawl/detail/encoding.hpp>

namespace pawl::persistence {
namespace {

error bad_line(const std::string& what) {
  return {errc::invalid_argument, what};
}

/// The fields of a line. Remembers the first error.
class line_fields {
 public:
  explicit line_fields(const json& line) : line_(line) {}

  [[nodiscard]] bool has(const char* key) const { return line_.contains(key); }
  std::string text(const char* key) {
    const json* const found = find(key);
    if (found == nullptr) return {};
    if (found->is_string()) return found->get<std::string>();
    return fail<std::string>(key, "must be a text");
  }
  std::uint64_t number(const char* key) {
    const json* const found = find(key);
    if (found == nullptr) return 0;
    if (found->is_number_unsigned()) return found->get<std::uint64_t>();
    return fail<std::uint64_t>(key, "must be a number that is not negative");
  }
  bool flag(const char* key) {
    const json* const found = find(key);
    if (found == nullptr) return false;
    if (found->is_boolean()) return found->get<bool>();
    return fail<bool>(key, "must be true or false");
  }
  std::string bytes(const char* key) {
    auto decoded = pawl::detail::base64_decoded(text(key));
    if (decoded) return *std::move(decoded);
    return fail<std::string>(key, "is not base64");
  }
  /// The value that a parser makes of a text.
  template <class Parse>
  auto parsed(const char* key, Parse parse) {
    auto made = parse(text(key));
    using value = typename decltype(made)::value_type;
    if (made) return *std::move(made);
    return fail<value>(key, made.error().message.c_str());
  }
  template <class T>
  T fail(const char* key, const char* what) {
    if (!failure_) failure_ = bad_line(std::string{"the field \""} + key + "\": " + what);
    return T{};
  }
  template <class T>
  result<T> finish(T made) {
    if (failure_) return *std::move(failure_);
    return made;
  }

 private:
  const json* find(const char* key) {
    const auto found = line_.find(key);
    if (found != line_.end()) return &*found;
    fail<bool>(key, "is missing");
    return nullptr;
  }

  const json& line_;
  std::optional<error> failure_;
};

result<flow_version_id> parse_flow_version(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == text.npos) return bad_line("must be NAME@VERSION");
  auto name = parse_flow_name(text.substr(0, at));
  if (!name) return std::move(name).error();
  const auto number = parse_version(text.substr(at + 1));
  if (!number) return number.error();
  return flow_version_id{*std::move(name), *number};
}

json marks_json(const run_marks& marks) {
  json set = json::array();
  if (marks.kept) set.push_back("kept");
  if (marks.ended) set.push_back("ended");
  if (marks.resumed) set.push_back("resumed");
  if (marks.pruned) set.push_back("pruned");
  return set;
}

json error_json(const run_error& of) {
  return {{"type", of.type}, {"message", of.message}, {"node", of.node}, {"attempt", of.attempt}};
}

}  // namespace

json to_json(const transfer_header& header) {
  json line{
      {"format", transfer_format}, {"version", transfer_version}, {"scope", header.scope.str()}};
  if (header.clock_lead_us != 0) line["clock_lead_us"] = header.clock_lead_us;
  return line;
}

result<transfer_header> read_header(const json& line) {
  const auto format = line.find("format");
  if (format == line.end() || *format != transfer_format)
    return bad_line("this is not a file of exported runs: its first line must have \"format\": \"" +
                    std::string{transfer_format} + "\"");
  line_fields fields{line};
  const auto version = fields.number("version");
  if (version > transfer_version) {
    return error{errc::schema_newer, "the file has version " + std::to_string(version) +
                                         " of the format; this version of Pawl reads up to " +
                                         std::to_string(transfer_version) +
                                         ". Use the newer Pawl that wrote it"};
  }
  transfer_header header;
  header.scope = fields.parsed("scope", parse_scope_name);
  if (const auto lead = line.find("clock_lead_us"); lead != line.end()) {
    if (!lead->is_number_integer())
      return bad_line("the field \"clock_lead_us\": must be a number");
    header.clock_lead_us = lead->get<std::int64_t>();
  }
  return fields.finish(std::move(header));
}

json flow_line(const flow_version_id& id, const flow_record& flow, bool published,
               std::string_view record) {
  json line{{"flow", to_string(id)},
            {"published", published},
            {"created_at", to_rfc3339(flow.created_at)},
            {"definition", flow.definition},
            {"record", pawl::detail::base64(record)}};
  if (flow.written) line["written"] = *flow.written;
  return line;
}

result<read_flow_line> read_flow(const json& line) {
  line_fields fields{line};
  read_flow_line read;
  read.id = fields.parsed("flow", parse_flow_version);
  read.published = fields.flag("published");
  read.record = fields.bytes("record");
  return fields.finish(std::move(read));
}

json run_line(const run_heading& heading, const flow::run_input& input,
              const flow::run_state& state) {
  json line{{"run", heading.id.str()},
            {"flow", to_string(heading.flow)},
            {"status", to_string(state.status)},
            {"created_at", to_rfc3339(state.created_at)},
            {"input", *input.data},
            {"data", *state.data},
            {"metadata", state.metadata},
            {"records", heading.records}};
  if (heading.is_root) line["subflows"] = heading.subflows;
  if (state.finished_at) line["finished_at"] = to_rfc3339(*state.finished_at);
  if (state.parent) line["parent"] = state.parent->str();
  if (state.restarted_from) line["restarted_from"] = state.restarted_from->str();
  if (state.error) line["error"] = error_json(*state.error);
  if (state.output) line["output"] = *state.output;
  if (json marks = marks_json(heading.marks); !marks.empty()) line["marks"] = std::move(marks);
  if (!heading.marks.orphaned.empty())
    line["orphaned"] = pawl::detail::base64(heading.marks.orphaned);
  return line;
}

result<run_heading> read_run(const json& line) {
  line_fields fields{line};
  run_heading read;
  read.id = fields.parsed("run", parse_run_id);
  read.flow = fields.parsed("flow", parse_flow_version);
  read.records = fields.number("records");
  read.is_root = fields.has("subflows");
  if (read.is_root) read.subflows = fields.number("subflows");
  if (fields.has("orphaned")) read.marks.orphaned = fields.bytes("orphaned");
  if (const auto marks = line.find("marks"); marks != line.end() && marks->is_array()) {
    for (const auto& mark : *marks) {
      if (mark == "kept") {
        read.marks.kept = true;
      } else if (mark == "ended") {
        read.marks.ended = true;
      } else if (mark == "resumed") {
        read.marks.resumed = true;
      } else if (mark == "pruned") {
        read.marks.pruned = true;
      } else {
        fields.fail<bool>("marks", "has an unknown mark");
      }
    }
  }
  return fields.finish(std::move(read));
}

json state_line(std::string_view record) {
  return {{"part", "state"}, {"record", pawl::detail::base64(record)}};
}

json input_line(std::string_view record) {
  return {{"part", "input"}, {"record", pawl::detail::base64(record)}};
}

json base_state_line(std::string_view record) {
  return {{"part", "base_state"}, {"record", pawl::detail::base64(record)}};
}

json checkpoint_line(const flow::delta& change, std::string_view record) {
  json events = json::array();
  for (const auto& event : change.events) events.push_back(to_string(event.kind));
  return {{"part", "checkpoint"},
          {"number", change.sequence},
          {"at", to_rfc3339(change.at)},
          {"events", std::move(events)},
          {"record", pawl::detail::base64(record)}};
}

json log_chunk_line(std::uint64_t number, std::size_t lines, std::string_view record) {
  return {{"part", "log_chunk"},
          {"number", number},
          {"lines", lines},
          {"record", pawl::detail::base64(record)}};
}

result<read_record_line> read_record(const json& line) {
  line_fields fields{line};
  read_record_line read;
  const std::string part = fields.text("part");
  read.record = fields.bytes("record");
  if (part == "checkpoint") {
    read.part = run_part::checkpoint;
    read.number = fields.number("number");
  } else if (part == "input") {
    read.part = run_part::input;
  } else if (part == "state") {
    read.part = run_part::state;
  } else if (part == "base_state") {
    read.part = run_part::base_state;
  } else if (part == "log_chunk") {
    read.part = run_part::log_chunk;
    read.number = fields.number("number");
  } else {
    fields.fail<bool>("part", "must be state, input, checkpoint, base_state or log_chunk");
  }
  return fields.finish(std::move(read));
}

json end_line(const transfer_totals& totals) {
  return {
      {"end", true}, {"flows", totals.flows}, {"runs", totals.runs}, {"records", totals.records}};
}

result<transfer_totals> read_end(const json& line) {
  line_fields fields{line};
  transfer_totals read;
  read.flows = fields.number("flows");
  read.runs = fields.number("runs");
  read.records = fields.number("records");
  return fields.finish(read);
}

}  // namespace pawl::persistence
