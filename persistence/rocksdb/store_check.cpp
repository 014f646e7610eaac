#include "persistence/rocksdb/store_check.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <rocksdb/sst_file_reader.h>
#include <rocksdb/write_batch.h>

#include <pawl/detail/placement.hpp>

#include "persistence/blob_check.hpp"
#include "persistence/blob_leftovers.hpp"
#include "persistence/jobs.hpp"
#include "persistence/keys.hpp"
#include "persistence/rocksdb/database.hpp"
#include "persistence/rocksdb/manifest.hpp"
#include "persistence/rocksdb/rocksdb_store.hpp"
#include "persistence/rocksdb/snapshot_view.hpp"
#include "persistence/rocksdb/status.hpp"
#include "persistence/rocksdb/tuning.hpp"
#include "persistence/rocksdb/wal_reader.hpp"
#include "persistence/rocksdb/wal_recovery.hpp"
#include "persistence/runs.hpp"
#include "persistence/values/keys_in_use.hpp"
#include "persistence/values/value_codec.hpp"

namespace pawl::persistence {
namespace rocks {
namespace {

namespace fs = std::filesystem;

/// The run in a key of `column::runs`: scope 0 run 0
std::optional<run_key> run_in(std::string_view key) {
  const auto scope = key.find('\0');
  if (scope == std::string_view::npos) return std::nullopt;
  const auto run = key.find('\0', scope + 1);
  if (run == std::string_view::npos) return std::nullopt;
  return run_key{scope_name{std::string{key.substr(0, scope)}},
                 run_id{std::string{key.substr(scope + 1, run - scope - 1)}}};
}

/// The table that a message of RocksDB names, such as "000012.sst"; empty if it names none. Of a
/// missing table it names the last name that it tried, with the suffix of LevelDB.
std::string table_in(std::string_view text) {
  const auto end = std::min(text.find(".sst"), text.find(".ldb"));
  if (end == std::string_view::npos) return {};
  const auto slash = text.rfind('/', end);
  const auto begin = slash == std::string_view::npos ? 0 : slash + 1;
  return std::string{text.substr(begin, end - begin)} + ".sst";
}

using damaged_runs = std::map<std::string, damaged_run>;  // by key, so in order and once each

void add_run(damaged_runs& to, const std::optional<run_key>& run, const std::string& what) {
  if (run) to.emplace(keys::run(*run), damaged_run{*run, what});
}

/// The run whose input a record is.
std::optional<run_key> run_of_input(std::string_view bytes) {
  auto input = decode_input(bytes);
  return input ? std::optional{std::move(input->key)} : std::nullopt;
}

constexpr auto lost_changes = "lost its changes after the damage";

/// Collects the runs that the batches of a log change, from those records that were skipped: by
/// name, or by the hash that the keys of their checkpoints begin with.
class dropped_runs final : public wal_sink, private rocksdb::WriteBatch::Handler {
 public:
  dropped_runs(const database& of, std::uint64_t log, const wal_check::record_set& skipped,
               damaged_runs& into, std::set<std::string>& hashes_into)
      : codec_(of.codec()),
        runs_(of.column_handle(column::runs)->GetID()),
        checkpoints_(of.column_handle(column::checkpoints)->GetID()),
        log_(log),
        skipped_(skipped),
        into_(into),
        hashes_into_(hashes_into) {}

  void on_record(std::uint64_t, std::string_view content) override {
    const auto entry = parse_entry(content);
    if (!entry || !skipped_.contains({log_, entry->first_sequence})) return;
    rocksdb::WriteBatch changes{std::string{content}};
    changes.Iterate(this).PermitUncheckedError();  // what it cannot read is not named
  }
  void on_damage(const wal_damage&) override {}

 private:
  rocksdb::Status PutCF(std::uint32_t family, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    if (family == runs_) add_run(into_, run_in(key.ToStringView()), lost_changes);
    if (family == checkpoints_) {
      const auto at = key.ToStringView();
      hashes_into_.emplace(at.substr(0, keys::run_hash_bytes));
      if (keys::is_input(at)) {
        const auto input =
            codec_.from_stored({column::checkpoints, at}, value.ToStringView(), buffer_);
        add_run(into_, run_of_input(input), lost_changes);
      }
    }
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(std::uint32_t, const rocksdb::Slice&) override {
    return rocksdb::Status::OK();
  }
  rocksdb::Status MergeCF(std::uint32_t, const rocksdb::Slice&, const rocksdb::Slice&) override {
    return rocksdb::Status::OK();
  }
  void LogData(const rocksdb::Slice&) override {}

  const values::value_codec& codec_;
  std::string buffer_;
  const std::uint32_t runs_, checkpoints_;
  const std::uint64_t log_;
  const wal_check::record_set& skipped_;
  damaged_runs& into_;
  std::set<std::string>& hashes_into_;
};

/// A damaged table and the keys that it may hold.
struct damaged_table {
  column where = column::meta;
  std::string smallest, largest;
};

/// One examination of a folder that this process has locked.
class examination {
 public:
  examination(claimed_folder folder, values::codec_ptr codec)
      : folder_(std::move(folder)), path_(folder_.path), columns_(describe_columns({})) {
    options_.codec = std::move(codec);
  }

  result<store_report> run() {
    if (folder_.state != folder_state::ready) {
      report_.opens = true;
      return finish();
    }
    auto tables = examine_manifest();
    if (!tables) return std::move(tables).error();
    if (!report_.damage.empty()) return finish();
    auto logs = examine_logs(*tables);
    if (!logs) return std::move(logs).error();
    auto opened = database::open_read_only(std::move(folder_), options_, logs->skipped);
    if (!opened) {
      report_.names_all_runs = false;
      const auto table = table_in(opened.error().message);
      add_damage(table, std::nullopt, "", is_missing(table) ? "missing" : opened.error().message);
      return finish();
    }
    report_.opens = !logs->loss;
    database_ = std::move(opened).value();
    // A damaged list is in a damaged table, which is reported below.
    if (auto keys = values::check_keys(snapshot_view{database_}, database_->codec());
        !keys && keys.error().code == errc::invalid_argument)
      return std::move(keys).error();
    if (logs->loss) name_dropped_runs(*logs);
    examine_tables();
    examine_runs();
    examine_jobs();
    examine_blobs();
    return finish();
  }

 private:
  void add_damage(std::string file, std::optional<std::uint64_t> offset, std::string where,
                  std::string what) {
    report_.damage.push_back({std::move(file), offset, std::move(where), std::move(what)});
  }

  [[nodiscard]] bool is_missing(const std::string& file) const {
    std::error_code failed;
    return !file.empty() && !fs::exists(path_ / file, failed) && !failed;
  }

  store_report finish() {
    for (auto& entry : runs_) report_.runs.push_back(std::move(entry.second));
    return std::move(report_);
  }

  result<manifest_contents> examine_manifest() {
    auto found = read_manifest(path_);
    if (!found && found.error().code == errc::corrupt) {
      report_.names_all_runs = false;
      add_damage("CURRENT", std::nullopt, "", found.error().message);
      return manifest_contents{};
    }
    if (!found) return found;
    const auto mark = synced_end::read(path_);
    if (auto removed = remove_unsynced_end(path_, *found, mark); !removed) {
      if (removed.error().code != errc::corrupt) return std::move(removed).error();
      report_.names_all_runs = false;
      add_damage(found->name, found->damage, "", "synced bytes are damaged or missing");
      return found;
    }
    return found->damage ? read_manifest(path_) : found;
  }

  result<wal_check_result> examine_logs(const manifest_contents& tables) {
    const auto known =
        known_of_logs(path_, tables, synced_end::read(path_), database_options({}), columns_);
    auto checked = check_logs(path_, known);
    if (checked && checked->loss) {
      const auto& loss = *checked->loss;
      report_.names_all_runs = false;
      add_damage(log_name(loss.log), loss.offset, "",
                 !loss.is_certain ? "damaged; acknowledged records may have been here"
                 : loss.damaged   ? "acknowledged records are damaged"
                                  : "acknowledged records are missing after this place");
    }
    return checked;
  }

  void name_dropped_runs(const wal_check_result& logs) {
    std::set<std::uint64_t> numbers;
    for (const auto& record : logs.skipped) numbers.insert(record.first);
    for (const auto number : numbers) {
      dropped_runs sink{*database_, number, logs.skipped, runs_, changed_};
      if (auto read = read_wal(path_ / log_name(number), sink); !read)
        add_damage(log_name(number), std::nullopt, "", read.error().message);
    }
  }

  /// Reads every block of every table.
  void examine_tables() {
    std::vector<rocksdb::LiveFileMetaData> files;
    database_->db().GetLiveFilesMetaData(&files);
    for (const auto& file : files) {
      const auto found = std::find_if(columns_.begin(), columns_.end(), [&](const auto& column) {
        return column.name == file.column_family_name;
      });
      if (found == columns_.end()) continue;
      rocksdb::SstFileReader table{rocksdb::Options{database_options({}), found->options}};
      auto status = table.Open(path_.string() + file.name);
      if (status.ok()) status = table.VerifyChecksum();
      if (status.ok()) continue;
      add_damage(file.name.substr(file.name.find_first_not_of('/')), std::nullopt,
                 file.column_family_name, status.ToString());
      for (const column where : all_columns)
        if (family_name(where) == file.column_family_name)
          tables_.push_back({where, file.smallestkey, file.largestkey});
    }
  }

  /// Reads every record of a job. A damaged one keeps its job from going on, but no run.
  void examine_jobs() {
    const snapshot_view now{database_};
    scan_around_damage(now, column::indexes, [&](auto key, auto value) {
      if (!key.starts_with('w')) return;
      const auto read = check_job_record(key, value);
      if (read) return;
      const auto job = keys::job_of(key);
      add_damage("", std::nullopt, std::string{to_string(column::indexes)},
                 (job ? "job " + job->id.str() + ": " : std::string{}) + read.error().message);
    });
  }

  /// Reads every blob, and counts anew who holds it. What a damaged table hides is reported with
  /// it.
  void examine_blobs() {
    auto found = check_all_blobs(snapshot_view{database_});
    const std::string where{to_string(column::blobs)};
    if (!found) {
      if (tables_.empty()) add_damage("", std::nullopt, where, found.error().message);
      return;
    }
    report_.blobs_checked = found->blobs;
    report_.blobs_unknown = found->unknown;
    if (!tables_.empty()) return;
    for (auto& each : found->damage) add_damage("", std::nullopt, where, std::move(each));
    for (auto& each : found->leftovers)
      report_.damage.push_back({"", std::nullopt, where, std::move(each), true});
  }

  /// Loads every run. What a damaged table hides of one column is found in the others.
  void examine_runs() {
    const snapshot_view now{database_};
    std::map<std::string, run_key> all;
    const auto note = [&](const std::optional<run_key>& run) {
      if (run) all.emplace(keys::run(*run), *run);
    };
    scan_around_damage(now, column::runs, [&](auto key, auto) { note(run_in(key)); });
    scan_around_damage(now, column::checkpoints, [&](auto key, auto value) {
      if (keys::is_input(key)) note(run_of_input(value));
    });
    scan_around_damage(now, column::indexes, [&](auto key, auto) {
      if (key.starts_with('m') || key.starts_with('s')) note(keys::run_of(key));
    });
    report_.runs_checked = all.size();
    for (const auto& entry : all) {
      const auto& run = entry.second;
      if (!changed_.empty() && changed_.contains(pawl::detail::run_hash(run)))
        add_run(runs_, run, lost_changes);
      const auto record = load_record(now, run);
      const auto state = load_run(now, run);
      if (!record) {
        add_run(runs_, run, record.error().message);
      } else if (!state && state.error().code == errc::not_supported) {
        ++report_.runs_given_up;  // their key was dropped on purpose: this is not damage
      } else if (!state) {
        add_run(runs_, run, state.error().message);
      } else if (!*record || !*state) {
        add_run(runs_, run,
                "its " + std::string{*record ? "checkpoints are" : "record is"} + " missing");
      }
    }
  }

  /// Visits the keys that can be read. After damage it continues behind the damaged table.
  void scan_around_damage(const view& now, column where,
                          const std::function<void(std::string_view, std::string_view)>& visit) {
    view::range keys;
    while (true) {
      std::string last = keys.from;
      const auto scanned = now.scan(where, keys, [&](std::string_view key, std::string_view value) {
        last.assign(key);
        visit(key, value);
        return view::next::more;
      });
      if (scanned) return;
      std::string next;
      for (const auto& table : tables_) {
        if (table.where != where || table.largest < last) continue;
        if (next.empty() || table.largest < next) next = table.largest;
      }
      if (next.empty()) {
        report_.names_all_runs = false;
        return;
      }
      keys.from = next + '\0';
    }
  }

  claimed_folder folder_;
  const fs::path path_;
  const descriptors columns_;
  rocksdb_options options_;
  std::shared_ptr<database> database_;
  std::vector<damaged_table> tables_;
  damaged_runs runs_;
  std::set<std::string> changed_;  ///< hashes of runs that lost changes
  store_report report_;
};

}  // namespace
}  // namespace rocks

namespace {

bool is_repairable(const store_damage& part) {
  return part.is_leftover || part.file.ends_with(".log");
}

}  // namespace

bool store_report::can_be_repaired() const noexcept {
  return !damage.empty() && std::all_of(damage.begin(), damage.end(), is_repairable);
}

bool store_report::has_only_leftovers() const noexcept {
  return runs.empty() && !damage.empty() &&
         std::all_of(damage.begin(), damage.end(),
                     [](const store_damage& part) { return part.is_leftover; });
}

result<store_report> check_rocksdb_store(const std::filesystem::path& folder,
                                         values::codec_ptr codec) {
  auto claimed = rocks::claim_existing_folder(folder);
  if (!claimed && claimed.error().code == errc::corrupt) {
    std::error_code failed;
    const bool has_current = std::filesystem::exists(folder / "CURRENT", failed);
    store_report report;
    report.damage.push_back({has_current ? "PAWL" : "CURRENT", std::nullopt, "",
                             has_current ? claimed.error().message : "missing"});
    report.names_all_runs = false;
    return report;
  }
  if (!claimed) return std::move(claimed).error();
  return rocks::examination{std::move(claimed).value(), std::move(codec)}.run();
}

namespace {

/// Opens a store at its state before the damage of its log.
result<void> accept_log_loss(const std::filesystem::path& folder, const rocksdb_options& options) {
  auto claimed = rocks::claim_existing_folder(folder);
  if (!claimed) return std::move(claimed).error();
  const auto opened = rocks::database::open(std::move(claimed).value(), options,
                                            rocks::database::on_log_loss::accept);
  if (!opened) return opened.error();
  return opened.value()->flush(rocks::flush_mode::finish);
}

}  // namespace

result<store_report> repair_rocksdb_store(const std::filesystem::path& folder,
                                          values::codec_ptr codec) {
  auto report = check_rocksdb_store(folder, codec);
  if (!report || report->damage.empty()) return report;
  if (!report->can_be_repaired()) {
    const auto beyond =
        std::find_if_not(report->damage.begin(), report->damage.end(), is_repairable);
    return error{errc::not_supported,
                 "repairing the store in " + folder.string() + ": " + to_text(*beyond) +
                     ". Only a damaged log, and records of blobs that belong to nothing, can be "
                     "repaired; nothing was changed. Restore the "
                     "folder from a backup"};
  }
  rocksdb_options options;
  options.codec = std::move(codec);
  if (!report->has_only_leftovers()) {
    if (auto done = accept_log_loss(folder, options); !done) return std::move(done).error();
  }
  const bool has_leftovers = std::any_of(report->damage.begin(), report->damage.end(),
                                         [](const store_damage& part) { return part.is_leftover; });
  if (has_leftovers) {
    const auto opened = open_rocksdb_store(folder, options);
    if (!opened) return opened.error();
    if (const auto erased = erase_blob_leftovers(**opened); !erased) return erased.error();
  }
  report->opens = true;
  return report;
}

std::string to_text(const store_damage& damage) {
  std::string text = damage.file.empty() ? "the store" : damage.file;
  if (!damage.column.empty()) text += " (" + damage.column + ")";
  if (damage.offset) text += ", byte " + std::to_string(*damage.offset);
  return text + ": " + damage.what;
}

}  // namespace pawl::persistence
