#include "cli/old_engine/old_database.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/old_engine/python_json.hpp"

namespace pawl::cli {
namespace {

bool has_columns(const std::vector<std::string>& table, const std::vector<const char*>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const char* name) {
    return std::find(table.begin(), table.end(), name) != table.end();
  });
}

/// Reads columns of a row, and lists those that are not what they should be.
class row_reader {
 public:
  explicit row_reader(const sqlite_row& row) : row_(row) {}

  std::optional<time_point> time(int column, const char* name) {
    if (row_.is_null(column)) return std::nullopt;
    auto read = parse_old_time(row_.text(column));
    if (!read) note(column, name, "is not a time; taken as none");
    return read;
  }

  std::int64_t number(int column, const char* name) {
    const std::int64_t read = row_.number(column);
    if (row_.is_null(column) || row_.text(column) == std::to_string(read)) return read;
    note(column, name, ("is not an integer; taken as " + std::to_string(read)).c_str());
    return read;
  }

  [[nodiscard]] std::vector<std::string> take_unread() { return std::move(unread_); }

 private:
  void note(int column, const char* name, const char* why) {
    unread_.push_back("its " + std::string{name} + " " +
                      json(valid_text(row_.text(column))).dump() + " " + why);
  }

  const sqlite_row& row_;
  std::vector<std::string> unread_;
};

error other_schema(const std::filesystem::path& file, const std::string& missing) {
  return {errc::invalid_argument,
          file.string() + " is not a database of the previous engine: " + missing};
}

/// What a value of a checkpoint says, in the encoding that its row names.
result<json> decode_value(const std::string& type, const std::string& bytes,
                          value_changes* changed = nullptr) {
  if (type == "msgpack") return decode_msgpack(bytes, changed);
  if (type == "json") return parse_python_json(bytes, changed);
  return json{};
}

std::string text_of_value(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// What an interrupt asked for: the `value` of the first one in a list, or the value itself.
json asked_in(const json& written) {
  const json& first = written.is_array() && !written.empty() ? written.front() : written;
  const json& asked = first.is_object() && first.contains("value") ? first.at("value") : first;
  return asked;
}

}  // namespace

result<old_database> old_database::open(const std::filesystem::path& file) {
  auto opened = sqlite_file::open(file);
  if (!opened) return std::move(opened).error();
  old_database made{*std::move(opened)};
  struct table {
    const char* name;
    std::vector<const char*> columns;
  };
  const table tables[] = {
      {"flows", {"id", "name"}},
      {"flow_versions", {"id", "flow_id", "version", "dsl_json", "published", "created_at"}},
      {"runs",
       {"thread_id", "flow_version_id", "status", "started_at", "finished_at", "last_event_at",
        "run_metadata"}}};
  for (const auto& wanted : tables) {
    const auto found = made.file_.columns_of(wanted.name);
    if (!found) return found.error();
    if (found->empty()) return other_schema(file, std::string{"it has no table "} + wanted.name);
    if (!has_columns(*found, wanted.columns))
      return other_schema(file,
                          std::string{"columns of its table "} + wanted.name + " are missing");
  }
  const auto signals = made.file_.columns_of("signals");
  if (!signals) return signals.error();
  made.has_signals_ = has_columns(*signals, {"id", "thread_id", "type", "ts"});
  return made;
}

result<std::uint64_t> old_database::count(const std::string& table) const {
  std::uint64_t rows = 0;
  auto done =
      file_.query("SELECT count(*) FROM " + table, {}, [&](const sqlite_row& row) -> result<void> {
        rows = static_cast<std::uint64_t>(row.number(0));
        return {};
      });
  if (!done) return std::move(done).error();
  return rows;
}

result<std::vector<std::string>> old_database::flows_without_version() const {
  std::vector<std::string> names;
  auto done = file_.query(
      "SELECT name FROM flows WHERE id NOT IN (SELECT flow_id FROM flow_versions WHERE flow_id IS "
      "NOT NULL) ORDER BY id",
      {}, [&](const sqlite_row& row) -> result<void> {
        names.push_back(row.text(0));
        return {};
      });
  if (!done) return std::move(done).error();
  return names;
}

result<void> old_database::visit_versions(
    const std::function<result<void>(const old_version&)>& visit) const {
  return file_.query(
      "SELECT v.id, v.flow_id, f.name, v.version, v.dsl_json, v.published, v.created_at FROM "
      "flow_versions v LEFT JOIN flows f ON f.id = v.flow_id ORDER BY v.created_at, v.id",
      {}, [&](const sqlite_row& row) {
        row_reader in{row};
        old_version read{row.number(0),
                         row.number(1),
                         row.text(2),
                         row.text(3),
                         row.text(4),
                         in.number(5, "published") != 0,
                         in.time(6, "created_at"),
                         {}};
        read.unread = in.take_unread();
        return visit(read);
      });
}

result<void> old_database::visit_runs(
    const std::function<result<void>(const old_run&)>& visit) const {
  // The signals are grouped once: a query for each run would read all of them each time.
  const std::string signals =
      has_signals_
          ? "s.list FROM runs r LEFT JOIN (SELECT thread_id, json_group_array(json_object("
            "'type', type, 'at', ts)) AS list FROM (SELECT * FROM signals ORDER BY ts, id) "
            "GROUP BY thread_id) s ON s.thread_id = r.thread_id"
          : "NULL FROM runs r";
  return file_.query(
      "SELECT r.thread_id, r.flow_version_id, r.status, r.started_at, r.finished_at, "
      "r.last_event_at, r.run_metadata, " +
          signals + " ORDER BY r.thread_id",
      {}, [&](const sqlite_row& row) {
        row_reader in{row};
        old_run read{row.text(0),
                     in.number(1, "flow_version_id"),
                     row.text(2),
                     in.time(3, "started_at"),
                     in.time(4, "finished_at"),
                     in.time(5, "last_event_at"),
                     row.text(6),
                     row.text(7),
                     {}};
        read.unread = in.take_unread();
        return visit(read);
      });
}

result<std::uint64_t> old_database::signals_without_run() const {
  std::uint64_t rows = 0;
  if (!has_signals_) return rows;
  auto done = file_.query(
      "SELECT count(*) FROM signals WHERE thread_id IS NULL OR thread_id NOT IN (SELECT thread_id "
      "FROM runs WHERE thread_id IS NOT NULL)",
      {}, [&](const sqlite_row& row) -> result<void> {
        rows = static_cast<std::uint64_t>(row.number(0));
        return {};
      });
  if (!done) return std::move(done).error();
  return rows;
}

result<old_checkpoints> old_checkpoints::open(const std::filesystem::path& file) {
  auto opened = sqlite_file::open(file);
  if (!opened) return std::move(opened).error();
  old_checkpoints made{*std::move(opened)};
  const auto columns = made.file_.columns_of("checkpoints");
  if (!columns) return columns.error();
  if (!has_columns(*columns, {"thread_id", "checkpoint_ns", "checkpoint_id", "type", "checkpoint"}))
    return other_schema(file, "it has no table of checkpoints");
  const auto writes = made.file_.columns_of("writes");
  if (!writes) return writes.error();
  made.has_writes_ = has_columns(
      *writes, {"thread_id", "checkpoint_ns", "checkpoint_id", "channel", "type", "value"});
  return made;
}

result<std::optional<old_checkpoint>> old_checkpoints::last_of(const std::string& run) const {
  std::optional<old_checkpoint> last;
  std::string id;
  auto done = file_.query(
      "SELECT type, checkpoint, checkpoint_id FROM checkpoints WHERE thread_id = ? AND "
      "checkpoint_ns = '' ORDER BY checkpoint_id DESC LIMIT 1",
      {run}, [&](const sqlite_row& row) -> result<void> {
        last.emplace();
        const auto decoded = decode_value(row.text(0), row.text(1), &last->changed);
        id = row.text(2);
        if (!decoded || !decoded->is_object()) return {};
        const auto values = decoded->find("channel_values");
        if (values == decoded->end() || !values->is_object()) return {};
        for (const auto& [channel, value] : values->items()) {
          constexpr std::string_view branch = "branch:to:";
          if (channel.starts_with(branch)) last->next.push_back(channel.substr(branch.size()));
          if (channel == "current_node" && value.is_string())
            last->current = value.get<std::string>();
          if (channel == "data" && value.is_object()) last->data = value;
        }
        // Nothing else of a checkpoint is kept.
        std::erase_if(last->changed, [](const std::string& change) {
          return !change.starts_with("/channel_values/data/");
        });
        for (auto& change : last->changed)
          change.erase(0, std::string_view{"/channel_values"}.size());
        return {};
      });
  if (!done) return std::move(done).error();
  if (!last || !has_writes_) return last;
  // A run that went on after an error, or an answer, has newer checkpoints.
  done = file_.query(
      "SELECT type, value, channel FROM writes WHERE thread_id = ? AND checkpoint_ns = '' AND "
      "checkpoint_id = ? AND channel IN ('__error__', '__interrupt__')",
      {run, id}, [&](const sqlite_row& row) -> result<void> {
        const auto decoded = decode_value(row.text(0), row.text(1));
        if (!decoded || decoded->is_null()) return {};
        if (row.text(2) == "__error__") {
          // The previous engine raises an exception to interrupt a run.
          const std::string text = text_of_value(*decoded);
          if (!text.starts_with("WorkflowInterrupt")) last->error = text;
        } else {
          last->interrupt_value = asked_in(*decoded);
        }
        return {};
      });
  if (!done) return std::move(done).error();
  return last;
}

result<std::vector<std::string>> old_checkpoints::runs() const {
  std::vector<std::string> ids;
  auto done = file_.query("SELECT DISTINCT thread_id FROM checkpoints ORDER BY thread_id", {},
                          [&](const sqlite_row& row) -> result<void> {
                            ids.push_back(row.text(0));
                            return {};
                          });
  if (!done) return std::move(done).error();
  return ids;
}

}  // namespace pawl::cli
